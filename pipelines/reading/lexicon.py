"""Finds names in running text: models, vendors, benchmarks, abilities, segments, companies.

Names are read as on a day: a model's name means what it pointed to then, and the longest name goes
first. A name no version is known for is found too and means nothing: its figures must not go to
another model. What a sentence says of a name is not read here.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

ALWAYS, NEVER = date(1, 1, 1), date(9999, 12, 31)

#: What stands between the words of one name.
_GAP = re.compile(r"(?:| |-|_|\.|/|:|\n| \(|\)|\) |'| - )")
_TOKEN = re.compile(r"[a-z]+|\d+|(?<=[a-z0-9])\+", re.IGNORECASE)
#: Endings by which hosts and vendors tell builds apart that prose calls by one name.
_DATED = re.compile(
    r"(?:-v\d+(?::\d+)?|:\d+k?|-(?:20\d{6}|20\d\d-\d\d-\d\d|(?:0[1-9]|1[0-2])[0-3]\d|latest"
    r"|\d{2}-\d{2}))$"
)
_BUILD = re.compile(
    r"[- ](?:preview|exp|experimental|beta|instruct|chat|it|hf|maas)$", re.IGNORECASE
)
_PARENTHESIS = re.compile(r"\s*\([^()]*\)$")
#: Words that follow a name to name another model; joined by a hyphen they always do.
VARIANT_WORDS = {
    "mini", "nano", "pro", "turbo", "lite", "ultra", "preview", "plus", "codex", "vision", "audio",
    "realtime", "instruct", "experimental", "exp", "air", "coder", "micro", "max", "flash",
    "thinking", "large", "small", "medium", "fast", "image", "live",
}  # fmt: skip
#: Of these, English words that count only with a capital.
ENGLISH_TOO = {"max", "plus", "fast", "large", "small", "medium", "live", "image", "air", "vision",
               "audio", "thinking", "preview", "flash", "ultra", "instruct"}  # fmt: skip
#: Last words of names that alone say too little to call a model by.
SAYS_LITTLE = {
    "pro", "mini", "nano", "max", "plus", "large", "small", "medium", "turbo", "preview", "lite",
    "instruct", "chat", "base", "beta", "exp", "fast", "live", "air", "it", "image", "vision",
}  # fmt: skip
#: Letters of a name at least so many count as a word of their own.
WORD = 4


@dataclass(frozen=True)
class Name:
    """A name in a text. `kind` is model, vendor, benchmark, ability, segment, company or companies.

    `ids` are readings, the likeliest first; a model without one is a version nobody has recorded.
    `reading` says how a model's name was read: exact, dated (an alias of the day), version (one of
    several of that name), context (short for a name of the same text) or family (no version named).
    """

    kind: str
    ids: tuple[str, ...]
    start: int
    end: int
    words: str
    reading: str = "exact"
    key: tuple[str, ...] = ()
    also: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def ids_as(self, kind: str) -> tuple[str, ...]:
        """What the words mean as a name of a kind: some name an ability and a segment."""
        return self.ids if kind == self.kind else dict(self.also).get(kind, ())


@dataclass
class _Pointing:
    model_id: str
    since: date
    until: date
    is_dated: bool


@dataclass
class _Entry:
    """What one sequence of words means."""

    models: list[_Pointing] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)
    cased: dict[str, str] = field(default_factory=dict)


@lru_cache(maxsize=1 << 16)
def tokens_of(name: str) -> tuple[str, ...]:
    """The words and numbers of a name, in lower case."""
    return tuple(map(str.lower, _TOKEN.findall(name)))


@lru_cache(maxsize=1 << 16)
def stem_of(name: str) -> str:
    """A name without the date or parenthesis that tells the builds of one version apart."""
    name = _PARENTHESIS.sub("", name)
    before = ""
    while before != name:
        before, name = name, _DATED.sub("", name)
    return name


@lru_cache(maxsize=1 << 16)
def keys_of(tokens: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """A name's words as written, and with its number and its kind the other way round."""
    if not tokens or (len(tokens) == 1 and tokens[0].isalpha() and len(tokens[0]) < WORD):
        return ()
    family, rest = tokens[0], tokens[1:]
    numbers = tuple(filter(str.isdigit, rest))
    # Most names have too many numbers, none, or nothing else.
    if not 0 < len(numbers) <= 2 or len(numbers) == len(rest) or not family.isalpha():
        return (tokens,)
    words = tuple(t for t in rest if not t.isdigit())
    if any(len(n) > 2 for n in numbers) or any(len(w) < WORD and w != "pro" for w in words):
        return (tokens,)
    turned = ((family, *numbers, *words), (family, *words, *numbers))
    return (tokens, *(key for key in turned if key != tokens))


class Lexicon:
    """All names known by a day. Build it from rows, then ask it to `read` blocks of text."""

    def __init__(
        self,
        models: Sequence[Mapping[str, Any]],
        aliases: Sequence[Mapping[str, Any]],
        vendors: Sequence[Mapping[str, Any]],
        benchmarks: Sequence[Mapping[str, Any]],
        terms: Sequence[Mapping[str, Any]],
        companies: Sequence[Mapping[str, Any]],
        known_by: date | None = None,
    ):
        """Rows are those of `core`; `known_by` leaves out what became known later."""
        known = known_by or NEVER
        self.entries: dict[tuple[str, ...], _Entry] = {}
        self.vendor_words: set[str] = set()
        self.trie: dict[str, Any] = {}
        self.seen: dict[str, date] = {}
        self.vendor_of = {m["model_id"]: m["vendor_id"] for m in models}
        for model in models:
            if model["known_since"] and _day(model["known_since"]) > known:
                continue
            self.seen[model["model_id"]] = _day(model["first_seen_on"]) or ALWAYS
        self.same_name: dict[tuple[str, ...], set[str]] = {}
        self._add_models(models, aliases, known)
        self._add_vendors(vendors)
        self.rated = {b["benchmark_id"] for b in benchmarks if b["unit"] == "elo"}
        for benchmark in benchmarks:
            self._add(benchmark["name"], "benchmark", benchmark["benchmark_id"])
        for term in terms:
            self._add(term["term"], term["kind"], term["id"])
        for company in companies:
            for part in _PARENTHESIS.sub("", company["name"]).split("|")[:1]:
                self._add(part, "company", company["company_id"])
            self._add(company["name"], "company", company["company_id"])
        for key in self.entries:
            node = self.trie
            for token in key:
                node = node.setdefault(token, {})
            node[""] = key

    # -------------------------------------------------------------- filling

    def _entry(self, name: str) -> _Entry | None:
        key = tokens_of(name)
        if not key:
            return None
        return self.entries.setdefault(key, _Entry())

    def _add(self, name: str, kind: str, id_: str) -> None:
        entry = self._entry(name)
        if entry is None:
            return
        ids = entry.others.setdefault(kind, [])
        if id_ not in ids:
            ids.append(id_)
        letters = re.sub(r"[^A-Za-z]", "", name)
        if (
            kind in {"vendor", "company"}
            or (letters.isupper() and len(letters) <= 5)
            or (kind == "benchmark" and len(tokens_of(name)) == 1)
        ):
            entry.cased[kind] = name
        if kind == "vendor":
            self.vendor_words.add(name.lower())

    def _add_vendors(self, vendors: Sequence[Mapping[str, Any]]) -> None:
        for vendor in vendors:
            for name in re.split(r"[()]", vendor["name"]):
                name = name.strip()
                for written in {name, re.sub(r" (?:AI|Labs)$", "", name)} - {""}:
                    self._add(written, "vendor", vendor["vendor_id"])

    def _add_models(
        self,
        models: Sequence[Mapping[str, Any]],
        aliases: Sequence[Mapping[str, Any]],
        known: date,
    ) -> None:
        families: Counter[str] = Counter()
        exact: dict[str, list[_Pointing]] = {}
        stems: dict[str, list[_Pointing]] = {}
        builds: dict[str, list[_Pointing]] = {}
        for alias in aliases:
            if _day(alias["known_on"]) > known or alias["model_id"] not in self.seen:
                continue
            until = alias["valid_to"]
            ended = alias["ended_known_on"]
            if ended is None or _day(ended) > known:
                until = NEVER
            bare = alias["alias"].rsplit("/", 1)[-1]
            pointing = _Pointing(
                alias["model_id"], _day(alias["valid_from"]), _day(until),
                alias["alias"] != alias["model_id"],
            )  # fmt: skip
            exact.setdefault(bare, []).append(pointing)
            if bare != stem_of(bare):
                stems.setdefault(stem_of(bare), []).append(replace(pointing, is_dated=False))
        for model in models:
            model_id = model["model_id"]
            if model_id not in self.seen:
                continue
            bare = model_id.split("/", 1)[1]
            pointing = _Pointing(model_id, self.seen[model_id], NEVER, False)
            families[tokens_of(bare)[0]] += 1
            for name in (bare, model["name"]):
                exact.setdefault(name, []).append(pointing)
            for name in (stem_of(bare), _PARENTHESIS.sub("", model["name"]),
                         stem_of(model["name"])):  # fmt: skip
                stems.setdefault(name, []).append(pointing)
                builds.setdefault(_BUILD.sub("", name), []).append(pointing)
        self.families = families
        taken: set[tuple[str, ...]] = set()
        for names in (exact, stems, builds):
            added: set[tuple[str, ...]] = set()
            for name, pointings in names.items():
                for key in keys_of(tokens_of(name)):
                    if key in taken and names is builds:
                        continue
                    if key in taken and names is stems:
                        # A stem joins the versions of an undated name; it never takes one over.
                        pointings = [p for p in pointings if not p.is_dated]
                    entry = self.entries.setdefault(key, _Entry())
                    entry.models.extend(pointings)
                    added.add(key)
            taken |= added
        for key in [k for k, e in self.entries.items() if e.models]:
            ids = {p.model_id for p in self.entries[key].models}
            self.same_name.setdefault(key, set()).update(ids)
        self._add_short_names()

    def _add_short_names(self) -> None:
        """Names without their family, where only one vendor's models can be meant."""
        shorts: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
        for key, entry in self.entries.items():
            if entry.models and len(key) > 2 and self.families[key[0]] > 1:
                shorts.setdefault(key[1:], set()).add(key)
        for short, keys in shorts.items():
            if short in self.entries or len({k[0] for k in keys}) > 1:
                continue
            has_word = any(t.isalpha() and len(t) >= WORD and t not in SAYS_LITTLE for t in short)
            if not (any(t.isdigit() for t in short) and has_word):
                continue
            [key] = keys
            self.entries[short] = self.entries[key]
            self.same_name[short] = self.same_name.get(key, set())

    # -------------------------------------------------------------- reading

    def read(self, blocks: Sequence[str], days: Sequence[date]) -> list[list[Name]]:
        """The names of each block as of its day, in order, none overlapping another."""
        found = [self._scan(text, day) for text, day in zip(blocks, days, strict=True)]
        return self._with_short_forms(blocks, found, days)

    def _scan(self, text: str, as_of: date) -> list[Name]:
        tokens = [(m.group(0).lower(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
        names: list[Name] = []
        at = 0
        while at < len(tokens):
            match = self._longest(text, tokens, at)
            if match:
                key, after = match
                name = self._name(text, tokens, at, after, key, as_of)
                if name:
                    names.append(name)
                    at = after if name.ids else self._past(tokens, after, name.end)
                    continue
            unknown = self._unknown(text, tokens, at)
            if unknown:
                names.append(unknown)
                at = self._past(tokens, at + 1, unknown.end)
                continue
            at += 1
        return names

    @staticmethod
    def _past(tokens: list[tuple[str, int, int]], at: int, end: int) -> int:
        while at < len(tokens) and tokens[at][1] < end:
            at += 1
        return at

    def _longest(
        self, text: str, tokens: list[tuple[str, int, int]], at: int
    ) -> tuple[tuple[str, ...], int] | None:
        start = tokens[at][1]
        if start and (text[start - 1].isalnum() or (text[start - 1] in "_.$€£" and
                      text[start - 1 : start + 1].strip("_.$€£").isdigit())):  # fmt: skip
            return None
        node: dict[str, Any] = self.trie
        here, best = at, None
        while here < len(tokens):
            word, begins, _ = tokens[here]
            if here > at:
                gap = text[tokens[here - 1][2] : begins]
                glued = len(tokens[here - 1][0]) == 1 and tokens[here - 1][0].isalpha()
                if not _GAP.fullmatch(gap) or (glued and word.isdigit() and gap not in {"", "-"}):
                    break
            if word not in node:
                break
            node = node[word]
            here += 1
            if "" in node and self._ends_well(text, tokens, here):
                best = (node[""], here)
        return best

    @staticmethod
    def _ends_well(text: str, tokens: list[tuple[str, int, int]], after: int) -> bool:
        """Whether a name may end before token `after`: the word or number does not go on."""
        end = tokens[after - 1][2]
        if end >= len(text):
            return True
        tail = text[end : end + 2]
        if tail[0].isalnum() or tail[0] == "_" or (tail[0] == "+" and tail[1:2] != " "):
            return False
        if tail[0] in "./" and tail[1:2].isdigit() and text[end - 1].isdigit():
            return False
        return tail[0] != "%"

    def _name(
        self, text: str, tokens: list[tuple[str, int, int]], at: int, after: int,
        key: tuple[str, ...], as_of: date,
    ) -> Name | None:  # fmt: skip
        start, end = tokens[at][1], tokens[after - 1][2]
        if text.count("(", start, end) > text.count(")", start, end) and text[end : end + 1] == ")":
            end += 1
        words = text[start:end]
        entry = self.entries[key]
        kinds = [
            (kind, tuple(ids))
            for kind, ids in entry.others.items()
            if kind not in entry.cased or _same_case(words, entry.cased[kind])
        ]
        kinds.sort(key=lambda k: k[0] not in entry.cased)
        if kinds and not entry.models:
            if kinds[0][0] in {"vendor", "company"} and re.match(r"-[a-z]", text[end : end + 2]):
                return None
            return Name(kinds[0][0], kinds[0][1], start, end, words, "exact", key,
                        tuple(kinds[1:]))  # fmt: skip
        if not entry.models or not self._is_written_as_a_name(text, words, key, start):
            return None
        further = self._goes_on(text, end)
        if further:
            return Name("model", (), start, further, text[start:further], "unknown", key)
        ids, reading = self.resolve(key, as_of)
        return Name("model", ids, start, end, words, reading, key)

    def _is_written_as_a_name(
        self, text: str, words: str, key: tuple[str, ...], start: int
    ) -> bool:
        """Whether words that are English too stand here as a model's name."""
        if any(token.isdigit() for token in key):
            return len(key) > 2 or len(key[0]) > 1 or words[0] in "oO" or words[0].isupper()
        if len(key) == 1:
            before = text[max(0, start - 24) : start].rstrip("' s").lower()
            return before.endswith(tuple(self.vendor_words)) and words[0].isupper()
        return self.families[key[0]] >= 3 and (words[0].isupper() or "-" in words)

    @staticmethod
    def _goes_on(text: str, end: int) -> int | None:
        """End of the longer, unrecorded name that these words begin, if they do."""
        match = re.compile(r"([ -])([A-Za-z]+)").match(text, end)
        if match is None:
            hyphen = re.compile(r"-\d[\w.-]{0,20}").match(text, end)
            return hyphen.end() if hyphen else None
        gap, word = match.groups()
        lower = word.lower()
        if gap == "-":
            return match.end() if lower in VARIANT_WORDS or not word.islower() else None
        if lower not in VARIANT_WORDS or (lower in ENGLISH_TOO and word.islower()):
            return None
        return match.end()

    def _unknown(self, text: str, tokens: list[tuple[str, int, int]], at: int) -> Name | None:
        """A name of a known family with a version nobody has recorded."""
        word, start, end = tokens[at]
        if not self.families.get(word) or at + 1 >= len(tokens):
            return None
        if start and text[start - 1].isalnum():
            return None
        if self.families[word] < 5 and (
            len(word) == 1 or (len(word) <= 5 and text[start].islower())
        ):
            return None
        after = re.compile(
            r"(?:[ -]?[vVkKrRmM]?\d{1,3}(?:\.\d{1,2})?[a-z]?)(?![\d%])(?:[ -](?:"
            + "|".join(sorted(VARIANT_WORDS)) + r"|\d{1,4}[bB]))*",
            re.IGNORECASE,
        ).match(text, end)  # fmt: skip
        if after is None or (len(word) == 1 and text[end] in " -"):
            return None
        if text[after.end() : after.end() + 1].isalnum():
            return None
        return Name("model", (), start, after.end(), text[start : after.end()], "unknown", (word,))

    def resolve(self, key: tuple[str, ...], as_of: date) -> tuple[tuple[str, ...], str]:
        """Versions a name may mean on a day, the likeliest first, and how it was read.

        An alias of the day goes first, then the newest version seen by then, then the others.
        """
        pointings = self.entries[key].models
        dated = [p for p in pointings if p.is_dated and p.since <= as_of < p.until]
        seen = sorted(
            (p for p in pointings if self.seen[p.model_id] <= as_of),
            key=lambda p: (self.seen[p.model_id], p.model_id), reverse=True,
        )  # fmt: skip
        later = sorted(
            (p for p in pointings if self.seen[p.model_id] > as_of),
            key=lambda p: (self.seen[p.model_id], p.model_id),
        )
        ids = tuple(dict.fromkeys(p.model_id for p in (*dated, *seen, *later)))
        if len(ids) == 1:
            return ids, "exact"
        return ids, "dated" if dated else "version"

    # -------------------------------------------------------------- names short for others

    def _with_short_forms(
        self, blocks: Sequence[str], found: list[list[Name]], days: Sequence[date]
    ) -> list[list[Name]]:
        """Read what is short for a name of the same text: its last words, or an ellipsis."""
        full = [name for names in found for name in names if name.kind == "model" and name.ids]
        shorts: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for name in full:
            for form in self._short_forms(name.key):
                if name.key not in shorts.setdefault(form, []):
                    shorts[form].append(name.key)
        often = Counter(name.key for name in full)
        said = " ".join(blocks).lower() if len(blocks) < 20_000 else ""
        for form, (keys, families) in self._short_by_vendor().items():
            if form not in shorts and any(family in said for family in families):
                shorts[form] = keys
        words = self._family_words(max(days, default=NEVER))
        read: list[list[Name]] = []
        latest: dict[tuple[str, ...], tuple[str, ...]] = {}
        for text, names, as_of in zip(blocks, found, days, strict=True):
            names = [n for n in names if n.reading != "unknown" or tokens_of(n.words) not in shorts]
            names = self._with_ellipses(text, names, as_of)
            taken = [(n.start, n.end) for n in names]
            tokens = [(m.group(0).lower(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
            place = 0
            extra: list[Name] = []
            at = 0
            while at < len(tokens):
                start = tokens[at][1]
                while place < len(names) and names[place].end <= start:
                    for form in self._short_forms(names[place].key):
                        if names[place].kind == "model" and names[place].ids:
                            best = latest.get(form)
                            if best is None or often[names[place].key] >= often[best]:
                                latest[form] = names[place].key
                    place += 1
                if place < len(taken) and taken[place][0] <= start:
                    at += 1
                    continue
                limit = taken[place][0] if place < len(taken) else len(text)
                short = self._short_at(text, tokens, at, limit, shorts, words)
                if short is None:
                    at += 1
                    continue
                end = tokens[at + len(short) - 1][2]
                if at and self._belongs(text, tokens[at - 1], start, taken[:place]):
                    start = tokens[at - 1][1]
                known = latest.get(short) or (shorts.get(short) or [()])[0]
                if known:
                    ids, reading = self.resolve(known, as_of)
                    others = [i for k in shorts.get(short, []) for i in self.resolve(k, as_of)[0]]
                    if set(others) - set(ids):
                        ids, reading = tuple(dict.fromkeys((*ids, *others))), "context"
                    extra.append(Name("model", ids, start, end, text[start:end], reading, known))
                else:
                    ids = words[short]
                    extra.append(Name("model", ids, start, end, text[start:end], "family", short))
                at += len(short)
            read.append(sorted((*names, *extra), key=lambda n: n.start))
        return read

    def _belongs(
        self, text: str, word: tuple[str, int, int], start: int, taken: list[tuple[int, int]]
    ) -> bool:
        """Whether the word before a short name is its family: "Family Kind" without a number."""
        is_free = not taken or taken[-1][1] <= word[1]
        return bool(self.families.get(word[0])) and text[word[2] : start] in {" ", "-"} and is_free

    def _short_at(
        self, text: str, tokens: list[tuple[str, int, int]], at: int, limit: int,
        shorts: Mapping[tuple[str, ...], Any], words: Mapping[tuple[str, ...], Any],
    ) -> tuple[str, ...] | None:  # fmt: skip
        start = tokens[at][1]
        if start and (text[start - 1].isalnum() or text[start - 1] in "-$."):
            return None
        best: tuple[str, ...] | None = None
        for length in range(1, 5):
            if at + length > len(tokens) or tokens[at + length - 1][2] > limit:
                break
            if length > 1 and not _GAP.fullmatch(
                text[tokens[at + length - 2][2] : tokens[at + length - 1][1]]
            ):
                break
            short = tuple(token for token, _, _ in tokens[at : at + length])
            if short not in shorts and short not in words:
                continue
            if not self._ends_well(text, tokens, at + length):
                continue
            if self._goes_on(text, tokens[at + length - 1][2]):
                continue
            written = text[start : tokens[at + length - 1][2]]
            if short[0].isalpha() and not written[0].isupper():
                continue
            if len(short) == 1 and short[0] in SAYS_LITTLE:
                continue
            best = short
        return best

    def _short_forms(self, key: tuple[str, ...]) -> list[tuple[str, ...]]:
        """What a text may call a model after its full name: the words after its family."""
        found = []
        for cut in range(1, len(key)):
            short = key[cut:]
            word = short[0].isalpha() and len(short[0]) >= WORD and short[0] not in SAYS_LITTLE
            mixed = any(t.isdigit() for t in short) and any(t.isalpha() for t in short)
            if (len(short) == 1 and word) or (mixed and len(short) >= 2):
                found.append(short)
        return found

    def _short_by_vendor(
        self,
    ) -> dict[tuple[str, ...], tuple[list[tuple[str, ...]], tuple[str, ...]]]:
        """Short names such as a letter with a number, good where their family is named at all."""
        if not hasattr(self, "_by_vendor"):
            found: dict[tuple[str, ...], tuple[list[tuple[str, ...]], tuple[str, ...]]] = {}
            for key, entry in self.entries.items():
                if entry.models and len(key) == 3 and key[2].isdigit() and len(key[1]) == 1:
                    found.setdefault(key[1:], ([], (key[0],)))[0].append(key)
            self._by_vendor = {s: k for s, k in found.items() if len({key[0] for key in k[0]}) == 1}
        return self._by_vendor

    def _family_words(self, as_of: date) -> dict[tuple[str, ...], tuple[str, ...]]:
        """Words that name one family's kind without a version: its versions, newest first."""
        if not hasattr(self, "_kinds"):
            owners: dict[str, Counter[str]] = {}
            members: dict[str, set[str]] = {}
            for key, entry in self.entries.items():
                ids = {p.model_id for p in entry.models}
                if not ids or not self.families.get(key[0]):
                    continue
                for token in key[1:]:
                    if token.isalpha() and len(token) >= WORD and token not in SAYS_LITTLE:
                        owners.setdefault(token, Counter())[key[0]] += 1
                        members.setdefault(token, set()).update(ids)
            self._kinds = {
                word: members[word]
                for word, families in owners.items()
                if len(families) == 1 and len(members[word]) >= 3
            }
        return {
            (word,): tuple(sorted((m for m in ids if self.seen[m] <= as_of),
                                  key=lambda m: (self.seen[m], m), reverse=True))
            for word, ids in self._kinds.items()
        }  # fmt: skip

    def _with_ellipses(self, text: str, names: list[Name], as_of: date) -> list[Name]:
        """Read "X 8B, 70B and 405B" or "X mini and nano": the words in common stand once."""
        added: list[Name] = []
        starts = {n.start for n in names}
        for index, name in enumerate(names):
            if name.kind != "model" or not name.ids:
                continue
            limit = names[index + 1].start if index + 1 < len(names) else len(text)
            end, key = name.end, name.key
            for _ in range(6):
                joint = re.compile(r",? (?:and|or|&) -?|, -?|/-?").match(text, end)
                if joint is None:
                    break
                found = _TOKEN.finditer(text, joint.end(), joint.end() + 24)
                tokens = [(m.group(0).lower(), m.start(), m.end()) for m in found]
                hit = None
                for length in range(min(4, len(tokens)), 0, -1):
                    part = tuple(t for t, _, _ in tokens[:length])
                    stop = tokens[length - 1][2]
                    if tokens[0][1] != joint.end() or stop > limit or joint.end() in starts:
                        continue
                    gaps = all(
                        _GAP.fullmatch(text[tokens[i][2] : tokens[i + 1][1]])
                        for i in range(length - 1)
                    )
                    if not gaps or not self._ends_well(text, tokens, length):
                        continue
                    for keep in (len(key) - length, len(key), len(key) - 1, len(key) - 2):
                        whole = (*key[: max(keep, 1)], *part)
                        if keep >= 1 and whole in self.entries and self.entries[whole].models:
                            hit = (whole, stop)
                            break
                    if hit:
                        break
                if hit is None:
                    break
                whole, stop = hit
                ids, reading = self.resolve(whole, as_of)
                added.append(Name("model", ids, joint.end(), stop, text[joint.end() : stop],
                                  reading, whole))  # fmt: skip
                end = stop
        return sorted((*names, *added), key=lambda n: n.start)


def _day(value: Any) -> date:
    if value is None or value != value:  # NaT
        return ALWAYS
    day: date = value.date() if hasattr(value, "date") else value
    return day


def _same_case(words: str, spelling: str) -> bool:
    """Whether a name is written with the capitals it needs."""
    letters = re.sub(r"[^A-Za-z]", "", words)
    wanted = re.sub(r"[^A-Za-z]", "", spelling)
    if wanted.isupper() and len(wanted) <= 5:
        return letters == wanted
    return letters[:1].isupper() == wanted[:1].isupper()
