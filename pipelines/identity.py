"""Which model version a source's spelling means: rules, then a dated alias table, never a guess.

A *model version* is what a vendor serves under one dated name. A vendor's own listing registers
versions that the edition does not hold; hosts and aggregators only map to one. A spelling that
neither rules nor aliases decide stays unresolved, with the nearest names as suggestions.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd
from rapidfuzz import fuzz, process

#: Suffixes after a colon that name a way of serving, not a build (`-v1:0` is a build).
SERVING_VARIANTS = {
    "batch", "beta", "exacto", "extended", "fast", "flex", "floor", "free", "nitro", "online",
    "priority", "thinking",
}  # fmt: skip
REGION_PREFIX = re.compile(
    r"^(us|eu|apac|au|jp|ca|us-gov|global|regional)\.(?=[a-z0-9-]+\.)", re.IGNORECASE
)
VENDOR_WORDS = {
    "ai21": "ai21", "ai21labs": "ai21", "alibaba": "qwen", "amazon": "amazon",
    "anthropic": "anthropic", "cohere": "cohere", "cohereforai": "cohere",
    "deepseek": "deepseek", "deepseek-ai": "deepseek", "google": "google",
    "inception": "inception", "meta": "meta", "meta-llama": "meta", "microsoft": "microsoft",
    "minimax": "minimax", "minimaxai": "minimax", "mistral": "mistral", "mistralai": "mistral",
    "moonshot": "moonshotai", "moonshotai": "moonshotai", "openai": "openai", "qwen": "qwen",
    "stepfun": "stepfun", "stepfun-ai": "stepfun", "upstage": "upstage", "x-ai": "xai",
    "xai": "xai", "xiaomi": "xiaomi", "xiaomimimo": "xiaomi", "z-ai": "zai", "zai": "zai",
    "zai-org": "zai", "zhipuai": "zai",
}  # fmt: skip
#: Words in a path that say how or where it is served.
SERVING_PATH = re.compile(r"^([a-z]{2}(-gov)?-[a-z]+-\d|us|eu|global|\d-month-commitment|\*)$")
#: Feeds that list what a vendor's own API serves under the vendor's own names. Other collections
#: have ids of their own making, which would register versions nobody sells.
LISTS_VENDORS_NAMES = {"genai_prices", "litellm", "models_dev"}
#: Feeds whose names begin with the host; elsewhere the first part is the model's vendor.
PREFIX_IS_HOST = {"litellm", "models_dev"}
#: What sources join to a version's name to say how it was asked, and the words for it. `-medium`
#: and `-max` are parts of names too, so without an underscore or parentheses they count behind a
#: date only. A whole name that is known always goes first.
EFFORT = "none|minimal|low|medium|high|xhigh|max"
CONFIGURATIONS = (
    (re.compile(r"_unknown$|\s*\(n=\d+\)$", re.IGNORECASE), None),
    (re.compile(rf"_({EFFORT})$|\s*\(({EFFORT})( effort)?\)$", re.IGNORECASE), "effort {}"),
    (re.compile(rf"(?<=\d\d\d\d|\d-\d\d)-({EFFORT})$|-(high|low)$", re.IGNORECASE), "effort {}"),
    (re.compile(r"\s*\((med)\)$", re.IGNORECASE), "effort medium"),
    (re.compile(r"_(\d+k)$|[ -]\(?thinking-(\d+k)\)?$", re.IGNORECASE), "thinking {}"),
    (re.compile(r"\s*\((\d+k) (?:thinking tokens|think)\)$", re.IGNORECASE), "thinking {}"),
    (re.compile(r"-no-thinking$|\s*\(no[ -]think(?:ing)?\)$", re.IGNORECASE), "no thinking"),
    (re.compile(r"_thinking$|\s*\(thinking\)$", re.IGNORECASE), "thinking"),
    (re.compile(r"\s*\((non-reasoning|reasoning|adaptive reasoning)\)$", re.IGNORECASE), "{}"),
)
#: Lineages whose permanent names end in the day of their own listing, no version of the vendor's.
DATES_ITS_LISTINGS = {"openrouter_rankings_daily"}
#: A day behind a vendor's undated name. Months and four digits are left out: where vendors use
#: them, version numbers come between (`-1-2-2509`), and the newest version lacks the bare name.
DATED = re.compile(r"-(20\d{2}-\d{2}-\d{2}|20\d{6})$")
SUGGESTIONS = 3
#: When the edition's own models became known to us: before anything else.
ALWAYS = datetime(1970, 1, 1)

READS = {
    "spellings": (
        "with said as ("
        "select p.source, p.spelling, p.host_spelling, p.first_seen_at, "
        "p.quarantine_reason is null as is_priced from core.price_observations as p "
        "union all select r.source, r.spelling, null, r.first_seen_at, false "
        "from staging.every_results as r where r.quarantine_reason is null "
        "union all select l.source, l.spelling, null, l.first_seen_at, false "
        "from staging.every_releases as l where l.quarantine_reason is null "
        "union all select t.source, t.spelling, t.host_spelling, t.first_seen_at, false "
        "from staging.every_retirements as t where t.quarantine_reason is null "
        "union all select t.source, t.replacement_spelling, null, t.first_seen_at, false "
        "from staging.every_retirements as t where t.quarantine_reason is null "
        "union all select u.source, u.spelling, null, u.first_seen_at, false "
        "from staging.every_usage as u "
        "where u.quarantine_reason is null and u.spelling <> 'other'"
        ") select s.source, s.spelling, "
        "arg_min(s.host_spelling, s.first_seen_at) as host_spelling, "
        "min(s.first_seen_at) as first_seen_at, count(*) as observations, "
        "min(case when s.is_priced then s.first_seen_at end) as priced_since "
        "from said as s where s.spelling is not null group by s.source, s.spelling"
    ),
    "models": "select * from seeds.models",
    "aliases": "select * from seeds.aliases",
    "hosts": "select * from seeds.hosts",
    "host_spellings": "select * from seeds.host_spellings",
    "vendors": "select * from seeds.vendors",
    "sources": "select s.source, s.lineage from raw.sources as s",
}


def normalise(name: str) -> str:
    """A spelling reduced to what all sources agree on: case, separators, dates, build suffixes.

    >>> normalise("us.anthropic.claude-3-5-sonnet-20240620-v1:0")
    'claude-3-5-sonnet-20240620'
    >>> normalise("gpt-4o-2024-08-06") == normalise("GPT-4o 20240806")
    True
    """
    text = name.strip().lower()
    text = REGION_PREFIX.sub("", text)
    head, _, tail = text.partition(".")
    if head in VENDOR_WORDS and tail:
        text = tail
    text = re.sub(r"-v\d+(:\d+)?(:\d+k)?$", "", text) if re.search(r"-v\d+:", text) else text
    text = re.sub(r"[@_\s./]+", "-", text)
    text = re.sub(r"(\d{4})-(\d{2})-(\d{2})(?!\d)", r"\1\2\3", text)
    # Hosts whose deployment names cannot hold a dot write 3.5 as 35.
    text = re.sub(r"^([a-z]+)-(\d)(\d)(?=-|$)", r"\1-\2-\3", text)
    return re.sub(r"-+", "-", re.sub(r"[()]", "", text)).strip("-")


def word_bag(name: str) -> str:
    """A normalised name with its words sorted and its numbers kept in turn.

    Sources order the words of a name as they like, but nobody turns the numbers of a version round.
    """
    parts = name.split("-")
    words = sorted(part for part in parts if not part[:1].isdigit())
    return "-".join(words + [part for part in parts if part[:1].isdigit()])


def without_configuration(name: str) -> tuple[str, str | None]:
    """A name without what a source joins to it to say how the model was asked, and that in words.

    `X (N=1) (Low)` is `X`, asked with `effort low`.
    """
    found: list[str] = []
    stripped = True
    while stripped:
        stripped = False
        for pattern, words in CONFIGURATIONS:
            match = pattern.search(name)
            if match and match.start() > 0:
                name, stripped = name[: match.start()].rstrip(), True
                value = next(filter(None, match.groups()), "")
                value = value.upper() if value[:1].isdigit() else value.lower()
                if words:
                    found.insert(0, words.format(value))
    return name, "; ".join(found) or None


@dataclass(frozen=True)
class Address:
    """A spelling taken apart: who serves it, how, whose model, and the bare name."""

    host_id: str
    variant: str
    vendor_hint: str | None
    name: str


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


class Registry:
    """Model versions and aliases, ready to be asked."""

    def __init__(
        self,
        models: pd.DataFrame,
        aliases: pd.DataFrame,
        hosts: pd.DataFrame,
        host_spellings: pd.DataFrame,
        vendors: pd.DataFrame,
        sources: pd.DataFrame,
    ):
        self.lineage_of = {row.source: row.lineage for row in sources.itertuples()}
        self.host_of = {
            (row.source, row.spelling): row.host_id for row in host_spellings.itertuples()
        }
        self.host_ids = set(hosts.host_id)
        self.own_host = {
            row.list_price_host_id: row.vendor_id
            for row in vendors.itertuples()
            if isinstance(row.list_price_host_id, str)
        }
        self.vendor_ids = set(vendors.vendor_id)
        self.by_name: dict[str, set[str]] = {}
        self.by_words: dict[str, set[str]] = {}
        self.family_vendors: dict[str, set[str]] = {}
        for model_id in models.model_id:
            self._index(model_id)
        self.meanings: dict[str, set[str]] = {}
        self.aliases: dict[tuple[str, str], str] = {}
        self.implied: dict[str, str] = {}
        self.alias_names: dict[str, set[str]] = {}
        for row in aliases.itertuples():
            source = row.source if isinstance(row.source, str) else ""
            alias = f"{row.spelling} in {source}" if source else row.spelling
            self.aliases[(source, self._alias_key(row.spelling))] = alias
            self.meanings.setdefault(alias, set()).add(row.model_id)
            if isinstance(row.configuration, str):
                self.implied[alias] = row.configuration
            if not source:
                bare = normalise(row.spelling.rsplit("/", 1)[-1])
                self.alias_names.setdefault(bare, set()).add(row.spelling)
                self.by_words.setdefault(word_bag(bare), set()).add(bare)

    def _index(self, model_id: str) -> None:
        vendor, version = model_id.split("/", 1)
        self.by_name.setdefault(normalise(version), set()).add(model_id)
        self.by_words.setdefault(word_bag(normalise(version)), set()).add(normalise(version))
        self.family_vendors.setdefault(self._family(version), set()).add(vendor)

    @staticmethod
    def _family(name: str) -> str:
        return normalise(name).partition("-")[0]

    def _vendor_by_family(self, name: str) -> str | None:
        """Vendor of the only family this name can be of: clouds list other vendors' models too."""
        vendors = self.family_vendors.get(self._family(name), set())
        return next(iter(vendors)) if len(vendors) == 1 else None

    @staticmethod
    def _alias_key(spelling: str) -> str:
        vendor, slash, name = spelling.lower().rpartition("/")
        return f"{vendor}{slash}{normalise(name)}"

    def register(self, model_id: str) -> None:
        """Add a version that a vendor's own listing shows."""
        self._index(model_id)

    def point(self, undated: str, model_id: str) -> None:
        """Let an undated name mean the version it is the name of."""
        self.by_name[normalise(undated.split("/", 1)[1])] = {model_id}

    def address(self, source: str, spelling: str, host_spelling: str | None) -> Address:
        """Take a feed's spelling apart."""
        text = spelling.split("@20", 1)[0] if source == "genai_prices" else spelling
        parts = [part for part in text.split("/") if part]
        variant = "standard"
        host_id = None
        if len(parts) > 1 and source in PREFIX_IS_HOST:
            host_id = self.host_of.get((source, parts[0].lower()))
            if host_id is not None:
                parts = parts[1:]
        if host_id is None and isinstance(host_spelling, str):  # a null comes as NaN
            given = host_spelling.lower()
            host_id = self.host_of.get((source, given)) or re.sub(r"[^a-z0-9]+", "_", given)
            if len(parts) > 1 and parts[0].lower() == given:
                parts = parts[1:]
        served = [part.lower() for part in parts[:-1] if SERVING_PATH.match(part.lower())]
        parts = [p for p in parts[:-1] if not SERVING_PATH.match(p.lower())] + parts[-1:]
        if served:
            variant = "/".join(served)
        name = parts[-1]
        base, colon, suffix = name.rpartition(":")
        if colon and suffix.lower() in SERVING_VARIANTS:
            name, variant = base, suffix.lower()
        region = REGION_PREFIX.match(name.lower())
        if region:
            variant = region.group(1)
        hint = VENDOR_WORDS.get(parts[-2].lower()) if len(parts) > 1 else None
        if hint is None:
            dotted = REGION_PREFIX.sub("", name.lower()).partition(".")
            hint = VENDOR_WORDS.get(dotted[0]) if dotted[1] else None
        host_id = host_id or "unknown"
        hint = hint or self._vendor_by_family(name) or self.own_host.get(host_id)
        return Address(host_id, variant, hint, name)

    def resolve(self, source: str, spelling: str, host_spelling: str | None = None) -> Identity:
        """Say which version or alias a spelling means. Never guesses.

        The whole name goes first, then the name without a recognised configuration, which for a
        price makes a variant: asked so, a model may cost more.
        """
        whole = self._in_any_order(source, self.address(source, spelling, host_spelling))
        if whole.status != "unknown":
            return whole
        name, configuration = without_configuration(spelling)
        if self.lineage_of.get(source) in DATES_ITS_LISTINGS:
            base, colon, served = name.partition(":")
            name = DATED.sub("", base) + colon + served
        if name == spelling:
            return self._with_suggestions(whole, spelling)
        found = self._in_any_order(source, self.address(source, name, host_spelling))
        # What a moving name meant is a question of the day, which a listing's own date is not.
        is_moving = configuration is None and len(self.meanings.get(found.target or "", ())) > 1
        if found.status == "unknown" or is_moving:
            return self._with_suggestions(whole, spelling)
        joined = "; ".join(filter(None, (found.configuration, configuration))) or None
        variant = joined if joined and found.variant == "standard" else found.variant
        return replace(
            found, configuration=joined, variant=variant, way=f"{found.way}, without its suffix"
        )

    def _in_any_order(self, source: str, address: Address) -> Identity:
        """Look up a name, then the only known name of the same words and numbers."""
        found = self._look_up(source, address)
        if found.status != "unknown":
            return found
        same = self.by_words.get(word_bag(normalise(address.name)), set())
        if len(same) != 1:
            return found
        other = self._look_up(source, replace(address, name=next(iter(same))))
        return other if other.status == "resolved" else found

    def _with_suggestions(self, identity: Identity, spelling: str) -> Identity:
        return replace(identity, candidates=self.suggest(normalise(spelling.rsplit("/", 1)[-1])))

    def _look_up(self, source: str, address: Address) -> Identity:
        name = normalise(address.name)

        def found(target: str, way: str) -> Identity:
            return Identity(
                "resolved", target, address.host_id, address.variant, way,
                configuration=self.implied.get(target),
            )  # fmt: skip

        # What a source's own lineage calls it counts as the source's own word.
        for where in dict.fromkeys((source, self.lineage_of.get(source, source), "")):
            for vendor in filter(None, (address.vendor_hint, None)):
                alias = self.aliases.get((where, f"{vendor}/{name}"))
                if alias:
                    return found(alias, f"alias {alias} of {where or 'any source'}")
            alias = self.aliases.get((where, name))
            if alias:
                return found(alias, f"alias {alias} of {where or 'any source'}")
        matches = self.by_name.get(name, set())
        if address.vendor_hint:
            matches = {m for m in matches if m.startswith(f"{address.vendor_hint}/")} or matches
        if len(matches) == 1:
            return found(next(iter(matches)), f"version name {name}")
        if len(matches) > 1:
            scores = tuple((match, 100.0) for match in sorted(matches))
            return Identity(
                "ambiguous", None, address.host_id, address.variant, "several vendors", scores
            )
        aliased = self.alias_names.get(name, set())
        if address.vendor_hint:
            aliased = {a for a in aliased if a.startswith(f"{address.vendor_hint}/")}
        if len(aliased) == 1 and address.vendor_hint is None:
            alias = next(iter(aliased))
            return found(alias, f"alias {alias}, the only one of this name")
        return Identity("unknown", None, address.host_id, address.variant, "no version, no alias")

    def suggest(self, name: str) -> tuple[tuple[str, float], ...]:
        """Nearest names with their scores of 100; suggestions only, for a person to decide."""
        names = {**{n: sorted(m)[0] for n, m in self.by_name.items()}}
        names |= {n: sorted(a)[0] for n, a in self.alias_names.items()}
        best = process.extract(name, list(names), scorer=fuzz.ratio, limit=SUGGESTIONS)
        return tuple((names[match], round(score, 1)) for match, score, _ in best)


#: A vendor's listing registers only what looks like one version: no route, fine-tune or pointer.
NOT_A_VERSION = re.compile(
    r"(latest|^ft:|^ft-|\.ft-|router|-auto$|\*|audio|realtime|tts|transcribe|search|image)"
)


def other_maker(name: str) -> bool:
    """Whether a cloud's dotted name says another firm made it (`writer.` of Amazon's listing)."""
    maker, dot, rest = name.lower().partition(".")
    return bool(dot) and maker.isalpha() and rest[:1].isalpha() and maker not in VENDOR_WORDS


def compute(
    spellings: pd.DataFrame,
    models: pd.DataFrame,
    aliases: pd.DataFrame,
    hosts: pd.DataFrame,
    host_spellings: pd.DataFrame,
    vendors: pd.DataFrame,
    sources: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Tables `models`, `names`, `undated_names` and `unresolved_names` of the core layer."""
    registry = Registry(models, aliases, hosts, host_spellings, vendors, sources)
    registered: dict[str, dict[str, Any]] = {}
    ordered = spellings.sort_values(["first_seen_at", "source", "spelling"])
    rows = [tuple(row) for row in ordered[["source", "spelling", "host_spelling", "first_seen_at",
                                           "observations"]].itertuples(index=False)]  # fmt: skip
    # A listing registers from its first credible price on: what comes later must not change what
    # was known before.
    listed = spellings[spellings["source"].isin(LISTS_VENDORS_NAMES)].dropna(
        subset=["priced_since"]
    )
    for row in listed.sort_values(["priced_since", "source", "spelling"]).itertuples():
        source, spelling = row.source, row.spelling
        host_spelling, priced_since = row.host_spelling, row.priced_since
        address = registry.address(source, spelling, host_spelling)
        vendor = registry.own_host.get(address.host_id)
        if vendor != address.vendor_hint:
            continue
        if vendor is None or "/" in address.name or NOT_A_VERSION.search(address.name.lower()):
            continue
        if address.variant != "standard" or other_maker(address.name):
            continue
        if registry.resolve(source, spelling, host_spelling).status != "unknown":
            continue
        model_id = f"{vendor}/{address.name.lower()}"
        registry.register(model_id)
        registered[model_id] = {
            "model_id": model_id, "vendor_id": vendor, "name": address.name,
            "is_reasoning": None, "is_open_weights": None, "context_tokens": None,
            "is_released": True, "registered_by": source, "known_since": priced_since,
        }  # fmt: skip
    undated = dated_siblings(registered, models.model_id)
    for name, model_id in undated.items():
        registry.point(name, model_id)
        since = registered.pop(name)["known_since"]
        if model_id in registered:
            registered[model_id]["known_since"] = min(since, registered[model_id]["known_since"])
    edition = models.assign(registered_by="edition", known_since=ALWAYS)
    all_models = [tuple(row) for row in edition[MODEL_COLUMNS].itertuples(index=False)]
    all_models += [tuple(row[column] for column in MODEL_COLUMNS) for row in registered.values()]
    names, unresolved = [], []
    for source, spelling, host_spelling, first_seen_at, observations in rows:
        identity = registry.resolve(source, spelling, host_spelling)
        since = registered.get(identity.target or "", {}).get("known_since")
        names.append(
            (source, spelling, identity.target, identity.host_id, identity.variant,
             identity.configuration, identity.status, identity.way,
             since if since is not None else first_seen_at)
        )  # fmt: skip
        if identity.status != "resolved":
            best = "; ".join(f"{name} ({score:.0f})" for name, score in identity.candidates)
            unresolved.append((source, spelling, identity.status, best or None, observations))
    return {
        "models": _frame(all_models, MODEL_COLUMNS),
        "names": _frame(names, NAME_COLUMNS),
        "undated_names": _frame(undated.items(), ["alias", "model_id"]),
        "unresolved_names": _frame(unresolved, UNRESOLVED_COLUMNS),
    }


def dated_siblings(registered: Iterable[str], edition: Iterable[str]) -> dict[str, str]:
    """Registered undated names whose vendor lists exactly one dated version of that very name.

    Such a name is the vendor's pointer to that version. With two it would be a guess which of them
    it means when; then it stays a version of its own until somebody dates it in `seeds.aliases`.
    """
    dated: dict[str, set[str]] = {}
    for model_id in {*registered, *edition}:
        stem = DATED.sub("", model_id)
        if stem != model_id:
            dated.setdefault(stem, set()).add(model_id)
    return {
        name: next(iter(dated[name])) for name in registered if len(dated.get(name, set())) == 1
    }


MODEL_COLUMNS = ["model_id", "vendor_id", "name", "is_reasoning", "is_open_weights",
                 "context_tokens", "is_released", "registered_by", "known_since"]  # fmt: skip
NAME_COLUMNS = ["source", "spelling", "target", "host_id", "variant", "configuration", "status",
                "way", "known_since"]  # fmt: skip
UNRESOLVED_COLUMNS = ["source", "spelling", "status", "candidates", "observations"]


def _frame(rows: Iterable[tuple[Any, ...]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns, dtype=object)
