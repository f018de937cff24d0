"""The model versions, aliases and vendors known so far, and what a spelling means among them.

Lookup only: which version is registered when, and what is decided for good, is
`pipelines.identity`'s; how a spelling is taken apart is `pipelines.spelling`'s. Needs no pandas, as
single questions are asked too.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from pipelines.shelf import Shelf
from pipelines.spelling import (
    Suffix,
    Suffixes,
    Taken,
    coded,
    day_in,
    joined_words,
    month_in,
    normalise,
    taken_apart,
    weights_of,
    with_split_numbers,
    without_build,
    without_vendor,
    word_bag,
)
from pipelines.warehouse import Connection

#: Suffixes after a colon that name a way of serving, not a build (`-v1:0` is a build).
SERVING_VARIANTS = {
    "batch", "beta", "discounted", "exacto", "extended", "fast", "flex", "floor", "free", "nitro",
    "online", "priority",
}  # fmt: skip
REGION_PREFIX = re.compile(
    r"^(us|eu|apac|au|jp|ca|us-gov|global|regional)\.(?=[a-z0-9-]+\.)", re.IGNORECASE
)
#: Parts of a path that say how or where it is served, which makes a variant.
SERVING_PATH = re.compile(
    r"^([a-z]{2}(-gov)?-[a-z]+-\d|us|eu|global|global-standard|\d-month-commitment"
    r"|tee|\*)$"
)
#: Parts of a path that say nothing of the model.
EMPTY_PATH = {
    "accounts", "chat-completion", "completion", "@cf", "@hf", "invoke", "main", "models",
    "openrouter", "preset", "ps", "public", "workers-ai",
}  # fmt: skip
#: Feeds whose names begin with the host; elsewhere the first part is the model's maker.
PREFIX_IS_HOST = {"litellm", "models_dev"}
#: Sources whose entries are agent systems; of a name without source it may be one.
LISTS_SYSTEMS = {"", "swebench"}
#: Lineages whose permanent names end in the day of their own listing, no version of the vendor's.
DATES_ITS_LISTINGS = {"openrouter_rankings_daily"}
#: A day behind a vendor's undated name. Months and four digits are left out: where vendors use
#: them, version numbers come between (`-1-2-2509`), and the newest version lacks the bare name.
DATED = re.compile(r"-(20\d{2}-\d{2}-\d{2}|20\d{6})$")
#: How makers say in a name that the weights were tuned to be asked.
TUNED = ("instruct", "it", "chat")
#: Published weights come in sizes; of a name without one the tuned words are names of others.
SIZE = re.compile(r"\d+b(?![a-z0-9])", re.IGNORECASE)
SUGGESTIONS = 3
#: Spellings of which the kind, and spellings of vendors of which the key, is not found out twice.
_CACHED = 100_000

Row = Mapping[str, Any]
#: Index, scope (none: anybody's) and key, as `placed` joins them: where a name is looked for.
Place = str


# ------------------------------------------------------------------ vendors


@lru_cache(_CACHED)
def vendor_key(spelling: str) -> str:
    """A vendor's spelling without case, separators and the words firms add to a name.

    >>> vendor_key("Reka AI") == vendor_key("rekaai")
    True
    """
    text = re.sub(r"[^a-z0-9]", "", spelling.lower())
    return re.sub(r"(?<=.)(ai|labs?|org|inc|research)$", "", text) or text


def slug(spelling: str) -> str:
    """A spelling as the vendor's or the version's part of a model id."""
    return re.sub(r"-+", "-", re.sub(r"[^a-z0-9._:+-]+", "-", spelling.strip().lower())).strip("-")


class Vendors:
    """How vendors are spelled; those of no seed name themselves."""

    def __init__(self, spellings: Iterable[Row]):
        self.known: dict[str, str] = {}
        self.words: dict[str, set[str]] = {}
        #: Words that are no part of the vendor's models' names, and those that are.
        self.firm_words: dict[str, set[str]] = {}
        self.product_words: dict[str, set[str]] = {}
        for row in spellings:
            self.known.setdefault(vendor_key(row["spelling"]), row["vendor_id"])
            words = self.words.setdefault(row["vendor_id"], set())
            if "-" not in row["spelling"]:
                words.add(row["spelling"])
                kind = self.product_words if row["is_product"] else self.firm_words
                kind.setdefault(row["vendor_id"], set()).add(row["spelling"])
        self.word_of = {word: v for v, words in self.words.items() for word in words}
        self.seeded = frozenset(self.known)

    def find(self, spelling: str) -> str | None:
        """The vendor spelled so, if it is one that is known; gateways number what they collect."""
        key = vendor_key(spelling)
        return self.known.get(key) or self.known.get(vendor_key(key.rstrip("0123456789")))

    def is_seeded(self, spelling: str) -> bool:
        """Whether a seed says which vendor is spelled so; what came to be known changes nothing."""
        key = vendor_key(spelling)
        return key in self.seeded or vendor_key(key.rstrip("0123456789")) in self.seeded

    def of(self, spelling: str) -> str:
        """The vendor spelled so; one not known yet is named after its spelling from now on."""
        return self.find(spelling) or self.known.setdefault(vendor_key(spelling), slug(spelling))

    def of_organisations(self, spelling: str) -> str | None:
        """The first known vendor of several named in one cell, else the first named."""
        parts = [part.strip() for part in re.split(r"[,/]", spelling) if part.strip()]
        names = [re.sub(r"\s*\(.*?\)", "", part) for part in parts]
        found = (self.find(name) for name in [*parts, *names])
        return next(filter(None, found), None) or (self.of(names[0]) if names else None)

    def leading(self, normal: str) -> str | None:
        """The vendor whose own word a normalised name begins with."""
        return self.word_of.get(normal.partition("-")[0])

    def short(self, vendor_id: str, normal: str) -> str:
        """A normalised name without the words in front that say its vendor only."""
        return without_vendor(normal, self.firm_words.get(vendor_id, ()))


# ------------------------------------------------------------------ what is found


@dataclass(frozen=True)
class Address:
    """A spelling taken apart: who serves it, how, whose model it says it is, and the bare name."""

    host_id: str
    variant: tuple[str, ...]
    #: Owner or maker as written, if the spelling names one.
    maker: str | None
    name: str
    #: Written as in a public hub of models, `Organisation/Name`.
    is_repository: bool = False


@dataclass(frozen=True)
class Identity:
    """What a spelling was found to mean, and by which way."""

    status: str
    target: str | None
    host_id: str
    variant: str
    way: str
    candidates: tuple[tuple[str, float], ...] = ()
    configuration: str | None = None
    system: str | None = None


#: Known names, the most alike first, each with its score of 100.
Nearest = Sequence[tuple[str, float]]


class Reading(NamedTuple):
    """One way to read a spelling: where to look for which name, and what was taken off it."""

    where: str
    scope: str | None
    name: str
    taken: Taken
    way: str


class Registry:
    """Model versions and aliases known so far, ready to be asked.

    `names` is asked by (vendor or None, words of the name) and answers with the spelled forms.
    """

    def __init__(
        self,
        models: Iterable[Row],
        aliases: Iterable[Row],
        hosts: Iterable[Row],
        host_spellings: Iterable[Row],
        vendors: Iterable[Row],
        vendor_spellings: Iterable[Row],
        name_suffixes: Iterable[Row],
        name_kinds: Iterable[Row],
        sources: Iterable[Row],
    ):
        self.lineage_of = {row["source"]: row["lineage"] for row in sources}
        self.vendors = Vendors(vendor_spellings)
        self.suffixes = Suffixes(
            Suffix(r["word"], r["kind"], r["meaning"], r["vendor_id"], r["source"], r["host_id"])
            for r in name_suffixes
        )
        self.kinds = [(r["kind"], re.compile(r["pattern"], re.IGNORECASE)) for r in name_kinds]
        self.kind_by_spelling: dict[str, str] = {}
        self.host_of: dict[tuple[str, str], str] = {}
        self.own_models_of: dict[tuple[str, str], str] = {}
        for row in host_spellings:
            self.host_of[row["source"], row["spelling"]] = row["host_id"]
            if row["own_models_of"]:
                self.own_models_of[row["source"], row["spelling"]] = row["own_models_of"]
        hosts = list(hosts)
        self.own_host = {
            r["host_id"]: r["vendor_id"] for r in hosts if r["vendor_id"] and r["lists"] == "own"
        }
        self.sells_tuned = {r["host_id"] for r in hosts if r["sells_tuned"]}
        self.own_slugs = {r["host_id"] for r in hosts if r["lists"] == "slugs"}
        self.host_vendor = {r["host_id"]: r["vendor_id"] for r in hosts if r["vendor_id"]}
        self.name_prefix = {r["host_id"]: r["name_prefix"] for r in hosts if r["name_prefix"]}
        #: host, or source, -> the source whose names it uses
        self.names_like = {r["host_id"]: r["names_like"] for r in hosts if r["names_like"]}
        #: sources whose names others use
        self.copied = {"openrouter", *self.names_like.values()}
        self.names_like |= {s: "openrouter" for s in self.lineage_of if s.startswith("openrouter_")}
        self.host_words = {h for r in hosts for h in (r["host_id"], r["host_id"].replace("_", "-"))}
        self.host_words |= {spelling for _, spelling in self.host_of}
        #: place -> normalised name -> targets
        self.indices: Shelf[dict[str, set[str]]] = Shelf(_targets_in, _targets_as)
        #: Every normalised name, whoever's, in the order in which they became known.
        self.names: list[str] = []
        self.family_vendors: dict[str, set[str]] = {}
        self.vendor_of: dict[str, str] = {}
        self.meanings: dict[str, set[str]] = {}
        self.implied: dict[str, str] = {}
        self.said_with: dict[tuple[str, str], str] = {}
        self.on_new: Callable[[Place], None] = lambda key: None
        self.awaited: dict[str, list[Row]] = {}
        for row in aliases:
            self.awaited.setdefault(row["model_id"], []).append(row)
        for row in models:
            self.register(row["model_id"])

    def means(self, target: str) -> frozenset[str]:
        """The versions a target may stand for, whatever the day."""
        return frozenset(self.meanings.get(target, {target}))

    # -------------------------------------------------------------- growing

    def learnt(self) -> dict[str, Any]:
        """All that it knows beside its seeds and `indices`, as JSON has it."""
        return {
            "vendors": self.vendors.known, "names": self.names,
            "family_vendors": {name: sorted(v) for name, v in self.family_vendors.items()},
            "vendor_of": self.vendor_of,
            "meanings": {name: sorted(targets) for name, targets in self.meanings.items()},
            "implied": self.implied,
            "said_with": [[*key, said] for key, said in self.said_with.items()],
            "awaited": list(self.awaited),
        }  # fmt: skip

    def learn(self, learnt: Mapping[str, Any], indices: Mapping[Place, str]) -> None:
        """Know what a registry of the same seeds knew, and nothing else."""
        self.vendors.known, self.names = learnt["vendors"], learnt["names"]
        self.family_vendors = {name: set(v) for name, v in learnt["family_vendors"].items()}
        self.vendor_of = learnt["vendor_of"]
        self.meanings = {name: set(targets) for name, targets in learnt["meanings"].items()}
        self.implied = learnt["implied"]
        self.said_with = {(source, name): said for source, name, said in learnt["said_with"]}
        self.awaited = {model_id: self.awaited[model_id] for model_id in learnt["awaited"]}
        self.indices.unpack(indices)

    def call(self, vendor: str, name: str, target: str) -> None:
        """Let a known version be found by another name of its vendor's."""
        self._name(vendor, name, target)

    def mean(self, alias: str, targets: Iterable[str], vendor: str | None = None) -> None:
        """Let a name that moves stand for these versions too, and be this vendor's."""
        self.meanings.setdefault(alias, set()).update(targets)
        if vendor:
            self.vendor_of[alias] = vendor

    def register(self, model_id: str) -> None:
        """Add a version."""
        vendor, name = model_id.split("/", 1)
        self._name(vendor, name, model_id)
        self.family_vendors.setdefault(_family(normalise(name)), set()).add(vendor)
        # An alias counts once there is a version for it to point to.
        for row in self.awaited.pop(model_id, ()):
            self._add_alias(row)

    def point(self, undated: str, target: str) -> None:
        """Let a vendor's moving name, `vendor/name`, stand for its meanings from now on."""
        vendor, name = undated.split("/", 1)
        self._name(vendor, name, target)

    def say(self, source: str, spelling: str, target: str, configuration: str | None) -> None:
        """Let others who use this source's spellings mean what the source means by them."""
        self._put("said", source, spelling.lower(), spelling.lower(), target)
        if configuration:
            self.said_with[source, spelling.lower()] = configuration

    def _name(self, vendor: str, name: str, target: str) -> None:
        self.vendor_of[target] = vendor
        # A mark that says nothing of the serving (`-v1` of Amazon's) may be left out.
        forms = [name, *self._unmarked(name, vendor)]
        for normal in dict.fromkeys(normalise(form) for form in forms):
            short = self.vendors.short(vendor, normal)
            for scope, form in dict.fromkeys([(vendor, short), (None, normal), (None, short)]):
                self._put("names", scope, word_bag(form), form, target)
                self._put("joined", scope, joined_words(form), joined_words(form), target)
                if code := coded(form):
                    self._put("coded", scope, code, form, target)
        normal = normalise(name)
        short = self.vendors.short(vendor, normal)
        day = day_in(short)
        if day and day.is_whole:
            for scope, stem in ((vendor, day.stem), (None, day_in(normal).stem)):  # type: ignore[union-attr]
                for digits in (day.digits[4:], day.digits[:6], day.digits[4:6]):
                    key = f"{word_bag(stem)}|{digits}"
                    self._put("days", scope, key, key, target)

    def _unmarked(self, name: str, vendor: str) -> Iterator[str]:
        for form in taken_apart(name, self.suffixes):
            is_vendors = form.vendors is not None and vendor in form.vendors
            if is_vendors and set(form.variant) == {"standard"}:
                yield form.name

    def _put(self, index: str, scope: str | None, key: str, name: str, target: str) -> None:
        where = placed(index, scope, key)
        names = self.indices.get(where)
        if names is None:
            names = self.indices.put(where, {})
        if index == "names" and scope is None and name not in names:
            self.names.append(name)
        names.setdefault(name, set()).add(target)
        self.on_new(where)

    def _add_alias(self, row: Row) -> None:
        source = row["source"] or ""
        spelling = row["spelling"]
        alias = f"{spelling} in {source}" if source else spelling
        self.meanings.setdefault(alias, set()).add(row["model_id"])
        if row["configuration"]:
            self.implied[alias] = row["configuration"]
        owner, _, name = spelling.rpartition("/")
        key = f"{owner}/{normalise(name)}" if owner else normalise(name)
        self._put("aliases", source, key, key, alias)
        if not source:
            vendor = row["model_id"].split("/", 1)[0]
            if not owner or self.vendors.find(owner) == vendor:
                self._name(vendor, name, alias)

    # -------------------------------------------------------------- taking a spelling apart

    def kind_of(self, spelling: str) -> str:
        """What sort of thing a spelling says it names: `model`, or a kind of the seed."""
        kind = self.kind_by_spelling.get(spelling)
        if kind is None:
            kind = next((k for k, pattern in self.kinds if pattern.search(spelling)), "model")
            self.kind_by_spelling[spelling] = kind
        return kind

    def bases(self, address: Address) -> Iterator[Place]:
        """Where names with a size would stand that a host's name of no maker has more words than.

        So gateways list what many people made of one firm's weights: if any is known, it is of it.
        """
        if address.maker or address.host_id == "unknown" or address.host_id in self.own_host:
            return
        parts = normalise(address.name).split("-")
        for end in range(len(parts) - 1, 1, -1):
            start, rest = "-".join(parts[:end]), parts[end:]
            is_sized = any(SIZE.fullmatch(part) for part in parts[:end])
            if is_sized and any(part.isalpha() for part in rest):
                for name in (start, *(f"{start}-{word}" for word in TUNED)):
                    yield placed("names", None, word_bag(name))

    def address(self, source: str, spelling: str, host_spelling: str | None = None) -> Address:
        """Take a feed's spelling apart."""
        text = spelling.strip().removeprefix("Model: ").removeprefix("~")
        text = re.sub(r"^https?://huggingface\.co/", "", text).replace("%2F", "/")
        if source == "genai_prices":
            text = text.split("@20", 1)[0]
        parts = [part.removeprefix("hf:") for part in text.split("/") if part]
        host_id = None
        if len(parts) > 1 and source in PREFIX_IS_HOST:
            host_id = self.host_of.get((source, parts[0].lower()))
            if host_id is not None:
                parts = parts[1:]
        if host_id is None and host_spelling:
            given = host_spelling.lower()
            host_id = self.host_of.get((source, given)) or re.sub(r"[^a-z0-9]+", "_", given)
            if len(parts) > 1 and parts[0].lower() == given:
                parts = parts[1:]
        host_id = host_id or "unknown"
        path = [part.lower() for part in parts[:-1]]
        variant = ["/".join(part for part in path if SERVING_PATH.match(part))]
        owners = [p for p in parts[:-1] if not SERVING_PATH.match(p.lower())]
        owners = [p for p in owners if p.lower() not in EMPTY_PATH]
        name = parts[-1] if parts else text
        base, colon, suffix = name.rpartition(":")
        if colon and suffix.lower() in SERVING_VARIANTS:
            name, variant = base, [*variant, suffix.lower()]
        prefix = self.name_prefix.get(host_id)
        if prefix and name.lower().startswith(prefix):
            name = name[len(prefix) :]
        region = REGION_PREFIX.match(name.lower())
        if region:
            name, variant = name[region.end() :], [region.group(1)]
        # A word before an owner we know says how it is served: `Pro/zai-org/`.
        place = next((i for i, o in enumerate(owners) if i and self.vendors.is_seeded(o)), 0)
        variant += [o.lower() for o in owners[:place] if o.lower() not in self.host_words]
        maker = owners[place] if owners else None
        # A host as owner says where it is served, unless it makes models too.
        if maker and maker.lower() in self.host_words and not self.vendors.is_seeded(maker):
            maker = None
        head, dot, tail = name.partition(".")
        if maker is None and dot and tail and self.vendors.word_of.get(head.lower()):
            # A cloud writes the maker before a dot, and its own build behind a dash.
            maker, name = head, tail
        is_repository = (
            maker is not None
            and len(owners) == 1
            and text.lower() != text
            and host_id not in self.own_slugs
            and re.fullmatch(r"[\w.-]{2,}", maker) is not None
        )
        return Address(host_id, tuple(filter(None, variant)), maker, name, is_repository)

    def maker_in(self, address: Address) -> str | None:
        """The vendor an address names, by its owner or the word before the name."""
        if address.maker:
            return self.vendors.find(address.maker)
        return self.vendors.leading(normalise(address.name))

    def may_be_of(self, vendor: str, address: Address) -> bool:
        """Whether a name in a vendor's own listing is of a model of its own.

        Clouds and vendors list others' models too: those whose maker is said, or whose first word
        begins only others' names so far.
        """
        normal = normalise(address.name)
        if set(normal.split("-")) & self.vendors.words.get(vendor, set()):
            return True
        maker = self.maker_in(address)
        if maker is not None:
            return maker == vendor
        family = self.family_vendors.get(_family(normal), set())
        return not family or vendor in family

    def is_known_of(self, vendor: str, address: Address) -> bool:
        """Whether a name says that it is this vendor's: by owner, by its word, or by its family."""
        maker = self.maker_in(address)
        family = self.family_vendors.get(_family(normalise(address.name)), set())
        return maker == vendor or (maker is None and family == {vendor})

    # -------------------------------------------------------------- reading

    def readings(self, source: str, address: Address) -> Iterator[Reading]:
        """All ways to read an address, the surest first.

        The whole name goes first, then the name without a word that is known to name no version.
        """
        lineage = self.lineage_of.get(source, source)
        forms = list(taken_apart(address.name, self.suffixes, source, address.host_id))
        if lineage in DATES_ITS_LISTINGS:
            forms += [
                replace(form, name=DATED.sub("", form.name), lost_its_day=True)
                for form in forms
                if DATED.search(form.name)
            ]
        if like := self.names_like.get(address.host_id) or self.names_like.get(source):
            base = f"{address.maker}/{address.name}" if address.maker else address.name
            yield Reading("said", like, base.lower(), forms[0], f"as {like} names it")
        explicit = self.vendors.find(address.maker) if address.maker else None
        host, dash, rest = address.name.partition("-")
        is_other = host.lower() in self.host_words and host.lower() != address.host_id
        if dash and is_other and not address.maker:
            forms.append(Taken(rest, variant=(f"via {host.lower()}",)))
        if address.host_id in self.sells_tuned:
            # Where a version has tuned weights too, these are what is sold.
            bare = [replace(form, name=without_build(form.name)) for form in forms]
            tuned = [
                replace(form, name=f"{form.name}-{word}")
                for form in bare
                if SIZE.search(form.name)
                for word in TUNED
            ]
            forms = [*tuned, *forms]
        for taken in forms:
            normal = normalise(taken.name)
            whole = normalise(address.name)
            way = f"name {normal}" if normal == whole else f"name {normal}, for {whole}"
            # What a source's own lineage calls it counts as the source's own word.
            for where in dict.fromkeys((source, lineage, "")):
                owners = [address.maker.lower()] if address.maker else []
                owners += [explicit] if explicit else []
                for owner in dict.fromkeys(owners):
                    yield Reading("aliases", where, f"{owner}/{normal}", taken, "alias {}")
                if where or not address.maker:
                    yield Reading("aliases", where, normal, taken, "alias {}")
            for scope, name in self._scopes(address, explicit, normal, taken):
                yield Reading("names", scope, name, taken, f"version {way}")
                joined, split, day = joined_words(name), with_split_numbers(name), day_in(name)
                yield Reading("joined", scope, joined, taken, f"version {way}, words joined")
                if coded(name):
                    yield Reading("coded", scope, name, taken, f"version {way}, by its code")
                if split:
                    yield Reading("names", scope, split, taken, f"version {way}, 45 read as 4.5")
                if day and day.is_whole:
                    short = f"{day.stem}-{day.digits[4:]}"
                    yield Reading("names", scope, short, taken, f"version {way}, year left out")
                elif day:
                    key = f"{word_bag(day.stem)}|{day.digits}"
                    yield Reading("days", scope, key, taken, f"version {way}, only one of that day")
            month = month_in(taken.name)
            if month:
                for scope, stem in self._scopes(address, explicit, normalise(month[0]), taken):
                    key = f"{word_bag(stem)}|{month[1]}"
                    yield Reading(
                        "days", scope, key, taken, f"version {way}, only one of the month"
                    )

    def _scopes(
        self, address: Address, explicit: str | None, normal: str, taken: Taken
    ) -> Iterator[tuple[str | None, str]]:
        """Among whose versions to look for a name: its maker's, or anybody's."""
        if address.maker:
            vendor = explicit or slug(address.maker)
            short = self.vendors.short(vendor, normal)
            yield vendor, short
            # A cloud that says the maker may leave the product's word out: `deepseek.v3.2`.
            if explicit and len(self.vendors.product_words.get(vendor, ())) == 1:
                (word,) = self.vendors.product_words[vendor]
                if not short.startswith(f"{word}-"):
                    yield vendor, f"{word}-{short}"
            # Others than the maker mirror and convert weights; hosts stand where makers do.
            is_host = address.maker.lower() in self.host_words
            if explicit and not taken.is_recast and not is_host:
                return
        leading = self.vendors.leading(normal)
        if leading:
            yield leading, self.vendors.short(leading, normal)
        # The owner joined to the name by a dash: `zai-org-glm-4.6`.
        first, _, rest = normal.partition("-")
        second, dash, rest = rest.partition("-")
        owner = self.vendors.find(f"{first}-{second}") if dash else None
        if owner:
            yield owner, self.vendors.short(owner, rest)
        yield None, normal

    def place_of(self, reading: Reading) -> Place:
        """Where a reading looks."""
        key = reading.name
        if reading.where == "names":
            key = word_bag(key)
        elif reading.where == "coded":
            key = coded(key) or key
        return placed(reading.where, reading.scope, key)

    def found_at(self, reading: Reading, address: Address) -> set[str]:
        """Targets a reading finds; of the same words in another order only if no other is so."""
        spelled = self.indices.get(self.place_of(reading))
        if spelled is None:
            return set()
        if reading.where == "coded":
            spelled = {n: found for n, found in spelled.items() if weights_of(n, reading.name)}
        targets = spelled.get(reading.name) or set().union(*spelled.values())
        if reading.taken.vendors is not None:
            targets = {t for t in targets if self.vendor_of.get(t) in reading.taken.vendors}
        if reading.taken.lost_its_day:
            # What a moving name meant is a question of the day, which a listing's own is not.
            targets = {t for t in targets if len(self.meanings.get(t, ())) <= 1}
        if len(targets) > 1:
            own = self.own_host.get(address.host_id)
            targets = {t for t in targets if self.vendor_of.get(t) == own} or targets
        if len(targets) > 1:
            vendors = self.vendors.words
            targets = {t for t in targets if self.vendor_of.get(t) in vendors} or targets
        if len(targets) > 1 and len({self.means(target) for target in targets}) == 1:
            targets = {min(targets, key=lambda t: (t in self.meanings, t))}
        return targets

    def identify(self, source: str, address: Address, readings: Iterable[Reading]) -> Identity:
        """The first reading that finds exactly one target; of several targets none is chosen."""
        variant = " ".join(address.variant) or "standard"
        unknown = Identity("unknown", None, address.host_id, variant, "no version, no alias")
        for reading in readings:
            targets = self.found_at(reading, address)
            if len(targets) > 1:
                scores = tuple((target, 100.0) for target in sorted(targets))
                return replace(
                    unknown, status="ambiguous", way="several versions", candidates=scores
                )
            if targets:
                return self._identity(source, address, reading, next(iter(targets)))
        return unknown

    def _identity(self, source: str, address: Address, reading: Reading, target: str) -> Identity:
        taken = reading.taken
        served = [*address.variant, *(word for word in taken.variant if word != "standard")]
        said = self.said_with.get((reading.scope or "", reading.name))
        implied = self.implied.get(target) if reading.where != "said" else said
        asked = list(filter(None, (implied, *taken.configuration)))
        variant = " ".join(served) or "; ".join(asked) or "standard"
        way = reading.way.format(target)
        if reading.where == "aliases" and reading.scope:
            way += f" of {reading.scope}"
        return Identity(
            "resolved", target, address.host_id, variant, way,
            configuration="; ".join(dict.fromkeys(asked)) or None,
        )  # fmt: skip

    def resolve(self, source: str, spelling: str, host_spelling: str | None = None) -> Identity:
        """Say which version or alias a spelling means, of an agent system its model. Never guesses.

        >>> Registry([], [], [], [], [], [], [], [], []).resolve("", "SWE-agent + X").system
        'SWE-agent'
        """
        address = self.address(source, spelling, host_spelling)
        found = self.identify(source, address, self.readings(source, address))
        if found.status != "resolved":
            for system, model in systems_in(spelling) if source in LISTS_SYSTEMS else ():
                within = self.address(source, model)
                other = self.identify(source, within, self.readings(source, within))
                if other.status == "resolved":
                    return replace(other, system=system)
                found = replace(found, system=found.system or system)
            return replace(found, candidates=found.candidates or self.suggest(address.name))
        return found

    def suggest(self, name: str) -> tuple[tuple[str, float], ...]:
        """Nearest names' targets with scores of 100; suggestions only, for a person to decide."""
        return self.targets_of(nearest(normalise(name), sorted(self.names)))

    def targets_of(self, names: Nearest) -> tuple[tuple[str, float], ...]:
        """Of known names with their scores the first targets, and the scores to show."""
        return tuple((min(self._named(name)[name]), round(score, 1)) for name, score in names)

    def _named(self, name: str) -> dict[str, set[str]]:
        return self.indices.get(placed("names", None, word_bag(name))) or {}


def placed(index: str, scope: str | None, key: str) -> Place:
    """Index, scope and key as one text; no scope of a vendor or source is spelled `None`."""
    return f"{index}\x1f{scope}\x1f{key}"


def _targets_in(text: str) -> dict[str, set[str]]:
    return {name: set(targets) for name, targets in json.loads(text).items()}


def _targets_as(names: dict[str, set[str]]) -> str:
    return json.dumps({name: sorted(targets) for name, targets in names.items()})


def _family(normal: str) -> str:
    return normal.partition("-")[0]


def numbers_in(normal: str) -> set[str]:
    """Parts of a normalised name that hold a digit."""
    return {part for part in normal.split("-") if any(map(str.isdigit, part))}


def systems_in(spelling: str) -> Iterator[tuple[str, str]]:
    """(agent system, model) as names of systems say them: `SWE-agent + GPT 4`, `Kodu (claude-3)`.

    >>> list(systems_in("OpenHands + CodeAct v2.1 (claude-3-5-sonnet-20241022)"))
    [('OpenHands + CodeAct v2.1', 'claude-3-5-sonnet-20241022'), \
('OpenHands', 'CodeAct v2.1 (claude-3-5-sonnet-20241022)')]
    """
    inner = re.fullmatch(r"(.+\S)\s*\(([^()]*[a-z][^()]*)\)", spelling, re.IGNORECASE)
    if inner:
        yield inner.group(1), inner.group(2)
    outer, plus, model = spelling.rpartition(" + ")
    if plus:
        yield outer, model


def nearest(name: str, known: Sequence[str], so_far: Nearest = ()) -> Nearest:
    """The known names most like a normalised one, with scores of 100; of equals the first ones.

    `known` is in the order of the alphabet; `so_far` are the nearest of other names.
    """
    if not known:
        return so_far
    from rapidfuzz import fuzz, process  # slow to import, and rarely asked

    found = process.extract(name, known, scorer=fuzz.ratio, limit=SUGGESTIONS)
    best = sorted((-score, match) for match, score in [*so_far, *(f[:2] for f in found)])
    return tuple((match, -less) for less, match in best[:SUGGESTIONS])


# ------------------------------------------------------------------ from a warehouse

#: What a registry is made of, as queries on a warehouse.
SEEDS = {
    "models": "select * from seeds.models",
    "aliases": "select * from seeds.aliases",
    "hosts": "select * from seeds.hosts",
    "host_spellings": "select * from seeds.host_spellings",
    "vendors": "select * from seeds.vendors",
    "vendor_spellings": "select * from seeds.vendor_spellings",
    "name_suffixes": "select * from seeds.name_suffixes",
    "name_kinds": "select * from seeds.name_kinds as k order by k.position",
    "sources": "select s.source, s.lineage from raw.sources as s",
}


def known_registry(connection: Connection) -> Registry:
    """The registry as a built warehouse holds it, with all that listings have registered."""
    queries = SEEDS | {"models": "select m.model_id from core.models as m"}
    registry = Registry(**{name: rows_of(connection, q) for name, q in queries.items()})
    for row in rows_of(connection, "select v.vendor_id from core.registered_vendors as v"):
        registry.vendors.of(row["vendor_id"])
    for row in rows_of(connection, "select p.alias, p.source, p.model_id from core.pointings as p"):
        registry.mean(row["alias"], [row["model_id"]])
        if row["source"] is None and row["alias"] not in registry.vendor_of:
            registry.point(row["alias"], row["alias"])
    said = (
        "select n.source, n.spelling, n.target, n.configuration from core.names as n "
        "where n.target is not null and n.source = 'openrouter'"
    )
    for row in rows_of(connection, said):
        registry.say(row["source"], row["spelling"], row["target"], row["configuration"])
    return registry


def rows_of(connection: Connection, query: str) -> list[dict[str, Any]]:
    """Rows of a query by column name."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
