"""Takes a source's spelling of a model apart: a comparable form, and what was joined to the name.

Text only. Which model the parts mean is decided in `pipelines.identity`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import unquote

#: What a cloud joins to a name: a context window, and a build, the first or that of a day.
_WINDOW = re.compile(r"(?<=\d):\d+k$", re.IGNORECASE)
_BUILD = re.compile(r"(-v?1:0|(?<=\d{8})-v\d+:\d+|-\d{1,2}:\d+|@default|@latest)$", re.IGNORECASE)
_NUMBER = re.compile(r"-v(\d+):(\d+)$", re.IGNORECASE)
#: Ten thousand spellings hold some hundred words; the same word is taken apart once.
_CACHED = 100_000
_ISO_DAY = re.compile(r"(?<!\d)(20\d{2})-([01]\d)-([0-3]\d)(?!\d)")
_US_DAY = re.compile(r"(?<!\d)([01]\d)-([0-3]\d)-(20\d{2})(?!\d)")
_SHORT_DAY = re.compile(r"(?<![\d.])(2[3-9])(0[1-9]|1[0-2])([0-2]\d|3[01])(?![\d.])")
_SPLIT_DAY = re.compile(r"(?<!\d)(20\d{2})([01]\d)([0-3]\d)(?!\d)")
_MONTH_AND_DAY = re.compile(r"(?<=-)(0[1-9]|1[0-2])-([0-2]\d|3[01])(?=-|$)")
_DIGITS = re.compile(r"\d")
MONTHS = {
    month: number
    for number, words in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july",
         "aug august", "sep sept september", "oct october", "nov november", "dec december"), 1,
    )
    for month in words.split()
}  # fmt: skip
_MONTH = re.compile(
    rf"[\s(_-]+({'|'.join(MONTHS)})\.?(?:[\s_-]*'?(20\d{{2}}|2\d)?)?\)?$", re.IGNORECASE
)


@lru_cache(_CACHED)
def without_build(name: str) -> str:
    """A name without the build a cloud joins to it; where no build is meant, a version's number.

    >>> [without_build(n) for n in ("claude-3-haiku-20240307-v1:0:48k", "claude-v2:1", "nano-v2:0")]
    ['claude-3-haiku-20240307', 'claude-v2.1', 'nano-v2']
    """
    name = _BUILD.sub("", _WINDOW.sub("", name))
    return _NUMBER.sub(r"-v\1.\2", name).removesuffix(".0") if _NUMBER.search(name) else name


@lru_cache(_CACHED)
def normalise(name: str) -> str:
    """A name reduced to what all sources agree on: case, separators, dates, builds.

    >>> normalise("claude-3-5-sonnet-20240620-v1:0")
    'claude-3-5-sonnet-20240620'
    >>> normalise("gpt-4o-2024-08-06") == normalise("GPT-4o 20240806")
    True
    >>> normalise("Llama-v3p1-8B") == normalise("llama3.1 8b")
    True
    """
    text = unquote(name.strip()).lower().replace("β", "beta").replace("+", " plus ")
    text = without_build(text)
    # Where a dot is not allowed it is written as p: 3p1.
    text = re.sub(r"(?<=\d)p(?=\d)", ".", text)
    text = re.sub(r"(?<![a-z0-9])v(\d+)\.0(?![\d.])", r"\1", text)
    text = re.sub(r"[@_\s./:()\[\],'’\"]+", "-", text).strip("-")
    text = _ISO_DAY.sub(r"\1\2\3", text)
    text = _US_DAY.sub(r"\3\1\2", text)
    text = _SHORT_DAY.sub(r"20\1\2\3", text)
    text = _MONTH_AND_DAY.sub(r"\1\2", text)
    # With its day said, `latest` adds nothing.
    text = re.sub(r"-latest(?=-(20\d{6}|\d{4})$)", "", text)
    text = re.sub(r"(?<![a-z0-9])v(?=\d)", "", text)
    # `qwen3` and `qwen-3` are one; of a single letter (`r1`, `k2`, `a22b`) the number is a part.
    text = re.sub(r"(?<![a-z0-9])([a-z]{3,})(?=\d)", r"\1-", text)
    # Hosts whose deployment names cannot hold a dot write 3.5 as 35.
    text = re.sub(r"^([a-z]+)-(\d)(\d)(?=-|$)", r"\1-\2-\3", text)
    return re.sub(r"-+", "-", text).strip("-").removesuffix("-hf")


@lru_cache(_CACHED)
def word_bag(normal: str) -> str:
    """A normalised name with its words sorted and its numbers kept in turn.

    Sources order the words of a name as they like, but nobody turns the numbers of a version round.

    >>> word_bag(normalise("gemini-flash-1.5")) == word_bag(normalise("gemini-1.5-flash"))
    True
    """
    parts = normal.split("-")
    words = sorted(part for part in parts if not _DIGITS.search(part))
    return "-".join(words + [part for part in parts if _DIGITS.search(part)])


@lru_cache(_CACHED)
def joined_words(normal: str) -> str:
    """A normalised name whose words stand together: some write one word as two.

    Never across a number: 2.5-7b is not 2-57b.

    >>> joined_words("code-llama-34b-instruct")
    'codellama-34b-instruct'
    """
    return re.sub(r"(?<![a-z0-9])[a-z]+(-[a-z]+)+(?![a-z0-9])", _without_dashes, normal)


def _without_dashes(match: re.Match[str]) -> str:
    return match.group().replace("-", "")


#: What names of published weights say that the API's name of the same version leaves out.
INSTRUCT = "instruct"


@lru_cache(_CACHED)
def coded(normal: str) -> str | None:
    """Words and code of a name that ends in a vendor's code (`2507`), sizes left out; None without.

    >>> coded("mistral-small-3-2-24b-instruct-2506") == coded("mistral-small-2506")
    True
    """
    parts = normal.split("-")
    if len(parts) < 2 or not re.fullmatch(r"\d{4}|20\d{6}", parts[-1]):
        return None
    words = sorted(part for part in parts if not _DIGITS.search(part) and part != INSTRUCT)
    return "-".join([*words, parts[-1]])


def weights_of(normal: str, other: str) -> bool:
    """Whether of two names with one code one is the weights' name, the other the API's.

    The weights' name says `instruct`, and may say sizes and numbers the other leaves out, or not.

    >>> weights_of("gemini-1-5-flash-8b-exp-0827", "gemini-1-5-flash-exp-0827")
    False
    """
    own, others = set(normal.split("-")), set(other.split("-"))
    numbers = {part for part in own if _DIGITS.search(part)}
    other_numbers = {part for part in others if _DIGITS.search(part)}
    is_one_tuned = (INSTRUCT in own) != (INSTRUCT in others)
    return is_one_tuned and (numbers <= other_numbers or numbers >= other_numbers)


def without_vendor(normal: str, words: Iterable[str]) -> str:
    """A normalised name without the vendor's own words in front, if anything is left."""
    parts = normal.split("-")
    while len(parts) > 1 and parts[0] in words:
        parts = parts[1:]
    return "-".join(parts)


@dataclass(frozen=True)
class Day:
    """A day in a name: the name without it, and the day's digits, of which some may be missing."""

    stem: str
    digits: str

    @property
    def is_whole(self) -> bool:
        """Whether the year is said too."""
        return len(self.digits) == len("20240806")


def day_in(normal: str) -> Day | None:
    """The day at the end of a normalised name: whole (20240806), or month and day (0806).

    >>> day_in("gpt-4o-0806")
    Day(stem='gpt-4o', digits='0806')
    """
    stem, _, last = normal.rpartition("-")
    if not stem:
        return None
    if _SPLIT_DAY.fullmatch(last):
        return Day(stem, last)
    is_short = re.fullmatch(r"(0[1-9]|1[0-2])([0-2]\d|3[01])", last)
    return Day(stem, last) if is_short else None


def month_in(name: str) -> tuple[str, str] | None:
    """The name without the month behind it, and the month: `202409`, or `09` where no year is said.

    >>> month_in("O1 Preview (Sept 2024)")
    ('O1 Preview', '202409')
    """
    match = _MONTH.search(name)
    if not match or match.start() == 0:
        return None
    year = match.group(2) or ""
    year = f"20{year}" if len(year) == 2 else year
    return name[: match.start()], f"{year}{MONTHS[match.group(1).lower()]:02}"


def with_split_numbers(normal: str) -> str | None:
    """The name with its first number of two digits read as two (`opus-45`, `m21`); None if none.

    >>> with_split_numbers("claude-opus-45")
    'claude-opus-4-5'
    """
    split = re.sub(r"(?<=[a-z]-)([a-z]?[1-9])(\d)(?=-|$)", r"\1-\2", normal, count=1)
    return split if split != normal else None


# ------------------------------------------------------------------ what is joined to a name

#: What sources join to a version's name to say how it was asked, and the words for it. `-medium`
#: and `-max` are parts of names too, so without an underscore or parentheses they count behind a
#: date only. A whole name that is known always goes first.
EFFORT = "none|minimal|low|medium|high|xhigh|max"
CONFIGURATIONS = (
    (re.compile(r"_unknown$|\s*\(n=\d+\)$", re.IGNORECASE), None),
    (re.compile(rf"[_:]({EFFORT})$|\s*\(({EFFORT})( effort)?\)$", re.IGNORECASE), "effort {}"),
    (re.compile(rf"(?<=\d\d\d\d|\d-\d\d)-({EFFORT})$|-(high|low|xhigh|minimal)$", re.IGNORECASE),
     "effort {}"),
    (re.compile(r"\s*\((med)\)$", re.IGNORECASE), "effort medium"),
    (re.compile(r"_(\d+k)$|[ -]\(?thinking-(\d+k)\)?$|[-:]thinking:(\d+k?)$", re.IGNORECASE),
     "thinking {}"),
    (re.compile(r"\s*\((\d+k) (?:thinking tokens|think|thinking)\)$", re.IGNORECASE),
     "thinking {}"),
    (re.compile(r"[-:]no-?think(?:ing)?$|\s*\(no[ -]think(?:ing)?\)$", re.IGNORECASE),
     "no thinking"),
    (re.compile(r"[_:]thinking$|\s*\(thinking\)$", re.IGNORECASE), "thinking"),
    (re.compile(r"\s*\((non-reasoning|reasoning|adaptive reasoning)\)$", re.IGNORECASE), "{}"),
)  # fmt: skip


@dataclass(frozen=True)
class Suffix:
    """A word that some write behind a name, and what it says (`sql/seeds/name_suffixes.csv`).

    Of kind `variant` (how it is served), `recast` (weights compressed or converted, which others
    than the maker do too) or `configuration` (how it is asked).
    """

    word: str
    kind: str
    meaning: str
    vendor_id: str | None = None
    source: str | None = None
    host_id: str | None = None


class Suffixes:
    """All known suffixes, found at the end of a name in one step."""

    def __init__(self, suffixes: Iterable[Suffix]):
        self.by_word: dict[str, list[Suffix]] = {}
        for suffix in suffixes:
            self.by_word.setdefault(_only_letters(suffix.word), []).append(suffix)
        words = sorted({s.word.lower() for same in self.by_word.values() for s in same},
                       key=lambda word: (-len(word), word))  # fmt: skip
        loose = "|".join(re.escape(word).replace(r"\-", "[-_ .]?") for word in words)
        self.pattern = re.compile(rf"[-_ .:(@]+({loose or '(?!)'})\)?$", re.IGNORECASE)

    def at_end(self, name: str, source: str, host_id: str) -> tuple[str, list[Suffix]]:
        """The name without the word behind it, and all that may say here; none: no such word."""
        match = self.pattern.search(name)
        if not match or match.start() == 0:
            return name, []
        return name[: match.start()], [
            suffix
            for suffix in self.by_word[_only_letters(match.group(1))]
            if suffix.source in {None, source} and suffix.host_id in {None, host_id}
        ]


def _only_letters(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


@dataclass(frozen=True)
class Taken:
    """A name with something taken off it: what that says of the serving, or of the asking."""

    name: str
    variant: tuple[str, ...] = ()
    configuration: tuple[str, ...] = ()
    #: The vendors whose names may lose these words; None: anybody's.
    vendors: frozenset[str] | None = None
    #: The word says the weights were compressed, which others than the maker do and publish.
    is_recast: bool = False
    #: A day was taken off that was the listing's, not the version's.
    lost_its_day: bool = False


def taken_apart(
    name: str, suffixes: Suffixes, source: str = "", host_id: str = ""
) -> Iterator[Taken]:
    """The name whole, then without its last suffix, then without the last two, and so on."""
    taken: Taken | None = Taken(name)
    while taken is not None:
        yield taken
        taken = _without_one(taken, suffixes, source, host_id)


def _without_one(taken: Taken, suffixes: Suffixes, source: str, host_id: str) -> Taken | None:
    for pattern, words in CONFIGURATIONS:
        match = pattern.search(taken.name)
        if match and match.start() > 0:
            value = next((group for group in match.groups() if group), "")
            value = value.upper() if value[:1].isdigit() else value.lower()
            said: tuple[str, ...] = (words.format(value),) if words else ()
            rest = taken.name[: match.start()].rstrip()
            return replace(taken, name=rest, configuration=said + taken.configuration)
    rest, found = suffixes.at_end(taken.name, source, host_id)
    if not found:
        return None
    vendors = frozenset(suffix.vendor_id for suffix in found if suffix.vendor_id)
    if any(suffix.vendor_id is None for suffix in found):
        scope = taken.vendors
    else:
        scope = vendors if taken.vendors is None else taken.vendors & vendors
    kind, meaning = found[0].kind, found[0].meaning
    if kind == "configuration":
        said = (meaning, *taken.configuration)
        return replace(taken, name=rest, configuration=said, vendors=scope)
    is_recast = taken.is_recast or kind == "recast"
    said = (meaning, *taken.variant)
    return replace(taken, name=rest, variant=said, vendors=scope, is_recast=is_recast)
