"""Which model version a source's spelling means: rules, then a dated alias table, never a guess.

A *model version* is what a vendor serves under one dated name. A vendor's own listing registers
versions that the edition does not hold; hosts and aggregators only map to one. A spelling that
neither rules nor aliases decide stays unresolved, with the nearest names as suggestions.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from rapidfuzz import fuzz, process

#: Suffixes after a colon that name a way of serving, not a build (`-v1:0` is a build).
SERVING_VARIANTS = {
    "batch", "beta", "exacto", "extended", "fast", "flex", "floor", "free", "nitro", "online",
    "priority", "thinking",
}  # fmt: skip
REGION_PREFIX = re.compile(r"^(us|eu|apac|au|jp|ca|us-gov|global)\.(?=[a-z0-9-]+\.)")
VENDOR_WORDS = {
    "ai21": "ai21", "ai21labs": "ai21", "alibaba": "qwen", "amazon": "amazon",
    "anthropic": "anthropic", "cohere": "cohere", "cohereforai": "cohere",
    "deepseek": "deepseek", "deepseek-ai": "deepseek", "google": "google", "meta": "meta",
    "meta-llama": "meta", "microsoft": "microsoft", "mistral": "mistral", "mistralai": "mistral",
    "openai": "openai", "qwen": "qwen", "x-ai": "xai", "xai": "xai",
}  # fmt: skip
#: Words in a path that say how or where it is served.
SERVING_PATH = re.compile(r"^([a-z]{2}(-gov)?-[a-z]+-\d|us|eu|global|\d-month-commitment|\*)$")
#: Feeds that list what a vendor's own API serves under the vendor's own names. Other collections
#: have ids of their own making, which would register versions nobody sells.
LISTS_VENDORS_NAMES = {"genai_prices", "litellm", "models_dev"}
#: Feeds whose names begin with the host; elsewhere the first part is the model's vendor.
PREFIX_IS_HOST = {"litellm"}
SUGGESTIONS = 3
#: When the edition's own models became known to us: before anything else.
ALWAYS = datetime(1970, 1, 1)

READS = {
    "spellings": (
        "select p.source, p.spelling, arg_min(p.host_spelling, p.first_seen_at) as host_spelling, "
        "min(p.first_seen_at) as first_seen_at, count(*) as observations, "
        "min(case when p.quarantine_reason is null then p.first_seen_at end) as priced_since "
        "from core.price_observations as p group by p.source, p.spelling"
    ),
    "models": "select * from seeds.models",
    "aliases": "select * from seeds.aliases",
    "hosts": "select * from seeds.hosts",
    "host_spellings": "select * from seeds.host_spellings",
    "vendors": "select * from seeds.vendors",
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
    ):
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
        self.family_vendors: dict[str, set[str]] = {}
        for model_id in models.model_id:
            self._index(model_id)
        self.aliases: dict[tuple[str, str], str] = {}
        self.alias_names: dict[str, set[str]] = {}
        for row in aliases.itertuples():
            source = row.source if isinstance(row.source, str) else ""
            alias = f"{row.spelling} in {source}" if source else row.spelling
            self.aliases[(source, self._alias_key(row.spelling))] = alias
            if not source:
                bare = normalise(row.spelling.rsplit("/", 1)[-1])
                self.alias_names.setdefault(bare, set()).add(row.spelling)

    def _index(self, model_id: str) -> None:
        vendor, version = model_id.split("/", 1)
        self.by_name.setdefault(normalise(version), set()).add(model_id)
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
        """Say which version or alias a spelling means. Never guesses."""
        address = self.address(source, spelling, host_spelling)
        name = normalise(address.name)

        def found(target: str, way: str) -> Identity:
            return Identity("resolved", target, address.host_id, address.variant, way)

        for where in (source, ""):
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
        return Identity(
            "unknown", None, address.host_id, address.variant, "no version, no alias",
            self.suggest(name),
        )  # fmt: skip

    def suggest(self, name: str) -> tuple[tuple[str, float], ...]:
        """Nearest names with their scores of 100; suggestions only, for a person to decide."""
        names = {**{n: sorted(m)[0] for n, m in self.by_name.items()}}
        names |= {n: sorted(a)[0] for n, a in self.alias_names.items()}
        best = process.extract(name, list(names), scorer=fuzz.ratio, limit=SUGGESTIONS)
        return tuple((names[match], round(score, 1)) for match, score, _ in best)


#: A vendor's listing registers only what looks like one version: no route, fine-tune or pointer.
NOT_A_VERSION = re.compile(
    r"(latest|^ft:|^ft-|\.ft-|router|\*|audio|realtime|tts|transcribe|search|image)"
)


def compute(
    spellings: pd.DataFrame,
    models: pd.DataFrame,
    aliases: pd.DataFrame,
    hosts: pd.DataFrame,
    host_spellings: pd.DataFrame,
    vendors: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Tables `models`, `names` and `unresolved_names` of the core layer."""
    registry = Registry(models, aliases, hosts, host_spellings, vendors)
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
        if address.variant != "standard":
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
    edition = models.assign(registered_by="edition", known_since=ALWAYS)
    all_models = [tuple(row) for row in edition[MODEL_COLUMNS].itertuples(index=False)]
    all_models += [tuple(row[column] for column in MODEL_COLUMNS) for row in registered.values()]
    names, unresolved = [], []
    for source, spelling, host_spelling, first_seen_at, observations in rows:
        identity = registry.resolve(source, spelling, host_spelling)
        since = registered.get(identity.target or "", {}).get("known_since")
        names.append(
            (source, spelling, identity.target, identity.host_id, identity.variant,
             identity.status, identity.way, since if since is not None else first_seen_at)
        )  # fmt: skip
        if identity.status != "resolved":
            best = "; ".join(f"{name} ({score:.0f})" for name, score in identity.candidates)
            unresolved.append((source, spelling, identity.status, best or None, observations))
    return {
        "models": _frame(all_models, MODEL_COLUMNS),
        "names": _frame(names, NAME_COLUMNS),
        "unresolved_names": _frame(unresolved, UNRESOLVED_COLUMNS),
    }


MODEL_COLUMNS = ["model_id", "vendor_id", "name", "is_reasoning", "is_open_weights",
                 "context_tokens", "is_released", "registered_by", "known_since"]  # fmt: skip
NAME_COLUMNS = ["source", "spelling", "target", "host_id", "variant", "status", "way",
                "known_since"]  # fmt: skip
UNRESOLVED_COLUMNS = ["source", "spelling", "status", "candidates", "observations"]


def _frame(rows: Iterable[tuple[Any, ...]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns, dtype=object)
