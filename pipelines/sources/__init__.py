"""What a source is, and the list of them: one module here is one source.

A module says its terms and how to read one payload faithfully; judgement starts in
`sql/staging/`. Downloading lives in `pipelines.fetch`, keeping in `pipelines.raw`.
"""

import importlib
import json
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError


class PayloadError(Exception):
    """A payload that cannot be read as what it should be; the last good one stays in force."""


@dataclass(frozen=True)
class Observation:
    """One thing a payload says, under a key that is stable from payload to payload."""

    key: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Rejected:
    """One row of a payload that breaks the wire contract; quarantined with its reason."""

    key: str
    fields: Mapping[str, Any]
    reason: str
    #: Start of the keys it may have stood for, where the row does not say; none of them ends by
    #: being absent from this payload.
    holds: str | None = None
    #: A needed field is missing or of another type; other rows are held for what they say.
    breaks_contract: bool = False


#: Fields counted in one payload; a hostile one may have any number.
MOST_FIELDS = 2_000
#: How deep a row is looked into for its fields, and how far into a list.
FIELD_DEPTH, LIST_SAMPLE = 3, 20


#: What rows of one shape have in common: thing, path above, names read, depth left, names, types.
_Shape = tuple[str, str, frozenset[str] | bool, int, tuple[Any, ...], tuple[type, ...]]
#: A field as it is counted: thing, path, kind, whether the contract reads it.
_Field = tuple[str, str, str, bool]


@dataclass
class _Alike:
    """Rows of one shape: how many, which fields each carries, and what to look into below."""

    rows: int = 0
    carries: list[_Field] = field(default_factory=list)
    #: Name, path, and whether it is read, of what holds other fields.
    inside: list[tuple[str, str, bool]] = field(default_factory=list)


@dataclass
class Parsed:
    """All a payload says: things observed, by table, rows refused, and fields the rows carried."""

    things: dict[str, list[Observation]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    #: Fields in the order in which they were first seen, and rows by shape: most rows are alike,
    #: and what one carries need be found once.
    _listed: dict[_Field, _Field] = field(default_factory=dict)
    _shapes: dict[_Shape, _Alike] = field(default_factory=dict)

    @property
    def fields(self) -> Counter[tuple[str, str, str, bool]]:
        """Rows by (thing, path, kind, whether the contract reads it)."""
        counted = Counter(dict.fromkeys(self._listed, 0))
        for alike in self._shapes.values():
            for carried in alike.carries:
                counted[carried] += alike.rows
        return counted

    def notice(self, thing: str, row: Any, read: Collection[str] = ()) -> None:
        """Count the fields of a row as it stands in the payload; `read` are those used."""
        if isinstance(row, dict):
            self._notice(thing, "", row, frozenset(read), FIELD_DEPTH)

    def _notice(
        self, thing: str, above: str, row: dict[Any, Any], read: frozenset[str] | bool, depth: int
    ) -> None:
        """Count the fields of an object; `above` is the path to it, of whose fields all or none
        are `read`."""
        shape = (thing, above, read, depth, tuple(row), tuple(map(type, row.values())))
        alike = self._shapes.get(shape)
        if alike is not None:
            alike.rows += 1
            for name, path, is_read in alike.inside:
                self._look_into(thing, path, row[name], is_read, depth - 1)
            return
        alike = self._shapes[shape] = _Alike(1)
        for name, value in row.items():
            kind = _KINDS.get(type(value))
            if kind is None:  # null says nothing of the type
                continue
            path = f"{above}{name}"[:200]
            is_read = read if isinstance(read, bool) else name in read
            carried = (thing, path, kind, is_read)
            if carried not in self._listed and len(self._listed) >= MOST_FIELDS:
                carried = (thing, "...", "more than can be listed", False)
            alike.carries.append(self._listed.setdefault(carried, carried))
            if depth > 1 and kind not in _FLAT:
                alike.inside.append((name, path, is_read))
                self._look_into(thing, path, value, is_read, depth - 1)

    def _look_into(self, thing: str, path: str, value: Any, is_read: bool, depth: int) -> None:
        if isinstance(value, dict):
            self._notice(thing, f"{path}.", value, is_read, depth)
        elif isinstance(value, list):
            for inner in value[:LIST_SAMPLE]:
                if isinstance(inner, dict):
                    self._notice(thing, f"{path}[].", inner, is_read, depth)


@dataclass(frozen=True, kw_only=True)
class Source:
    """The terms of one source and its parser. Every field is required."""

    name: str
    title: str
    kind: str
    producer: str
    url: str
    licence: str
    licence_url: str
    citation: str
    cadence: timedelta
    #: The source it copies from, or itself. Agreement within a lineage confirms nothing.
    lineage: str
    #: 1 is the most trusted when nothing else decides.
    reliability_rank: int
    may_redistribute: bool
    may_use_commercially: bool
    #: Tables under `raw`: `<name>__<thing>`.
    things: tuple[str, ...]
    #: File names (patterns) the archive may hold for this source. Of a source of one file the
    #: first found is read; of a tree all are, each a part with its own history.
    file_names: tuple[str, ...]
    is_tree: bool
    #: Parts fetched live; the one empty part of a source of one file.
    live_parts: tuple[str, ...]
    #: False where only an archive exists: the endpoint is dead, or its terms forbid collecting.
    is_live: bool
    #: Environment variable that holds the key its API needs, if it needs one.
    key_variable: str | None
    #: Fewer rows than this share of the last good payload is a broken feed, not news.
    smallest_share_of_last: float
    #: `parse(payload, part)`; raises PayloadError.
    parse: Callable[[bytes, str], Parsed]
    #: Bytes to use without network, if the source comes with an installed package, and the day the
    #: package was published; None where that is not known.
    offline_edition: Callable[[], tuple[bytes, date | None]] | None
    #: The header that carries the key, where it needs one.
    key_header: str = "Authorization: Bearer {key}"
    #: `next_page(page)`: address of the page after this one, relative to it; null after the last.
    #: Raises PayloadError when the page does not say. None where a part is one document.
    next_page: Callable[[bytes], str | None] | None = None

    def suffix(self, part: str) -> str:
        """What a part's file name promises of its bytes; an address without one serves JSON."""
        return PurePosixPath(part or self.file_names[0]).suffix or ".json"

    def url_of(self, part: str) -> str:
        """Address of one part; `url` is the folder of a tree, or the file itself."""
        return f"{self.url}/{part}" if part else self.url


@cache
def sources() -> Mapping[str, Source]:
    """Every source by name, found by looking into this folder."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        source: Source = importlib.import_module(f"{__name__}.{module.name}").SOURCE
        found[source.name] = source
    return dict(sorted(found.items()))


# ------------------------------------------------------------------ helpers parsers share


class Listing(BaseModel):
    """What a source says of one of its names: whose model it is, and what else that is called.

    Kept apart from prices and scores, so that a word about a name makes no new run of those.
    """

    model_config = ConfigDict(extra="ignore")

    spelling: str = Field(min_length=1)
    #: The organisation that made it, as the source writes it.
    maker: str | None = None
    #: `organisation/name` in a public hub of models: the maker's own name for it.
    repository: str | None = None
    #: The source's own lasting name for the version that the spelling stands for today.
    permanent_name: str | None = None
    #: The source's own name for the version that a moving name stands for today.
    points_to: str | None = None
    #: The source's own name of the same version, of which this one says how it is asked or served.
    same_as: str | None = None
    #: How it is asked, in our words.
    asked_with: str | None = None


HUB = re.compile(r"^https?://huggingface\.co/([\w.-]+/[\w.-]+)/?$")


def repository_of(link: Any) -> str | None:
    """`organisation/name` of a link to a model in the public hub; None for any other link."""
    match = HUB.match(link.strip()) if isinstance(link, str) else None
    is_model = match is not None and match.group(1).split("/")[0] not in {
        "datasets",
        "papers",
        "spaces",
    }
    return match.group(1) if match and is_model else None


@cache
def fields_read(contract: type[BaseModel]) -> frozenset[str]:
    """Names under which a contract reads fields of a row."""
    names = set(contract.model_fields)
    for about in contract.model_fields.values():
        for alias in (about.alias, about.validation_alias):
            choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
            names |= {choice for choice in choices if isinstance(choice, str)}
    return frozenset(names)


#: USD per million tokens. A number beyond is no price in any unit and would not fit the columns:
#: one such row would stop the whole build.
UsdPerMtok = Annotated[Decimal, Field(gt=-1_000_000_000, lt=1_000_000_000)]
UsdPerToken = Annotated[Decimal, Field(gt=-1_000, lt=1_000)]


class RepeatedKeys(dict[str, Any]):
    """A JSON object in which a key stood twice with different values.

    `json` silently keeps the last; which one the publisher meant is not knowable.
    """

    repeated: frozenset[str] = frozenset()


_KINDS: Mapping[type, str] = {
    str: "string", int: "number", float: "number", Decimal: "number", bool: "boolean",
    list: "list", tuple: "list", dict: "object", RepeatedKeys: "object",
}  # fmt: skip
_FLAT = {"string", "number", "boolean"}
_NESTED = frozenset({list, dict, RepeatedKeys})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: dict[str, Any] = {}
    repeated = set()
    for key, value in pairs:
        if key in seen and seen[key] != value:
            repeated.add(key)
        seen[key] = value
    marked = RepeatedKeys(found)
    marked.repeated = frozenset(repeated)
    return marked


def repeats(value: Any) -> frozenset[str]:
    """Keys that stand twice with different values, at any depth of a row."""
    own: frozenset[str] = frozenset()
    inside: Iterable[Any] = ()
    if isinstance(value, dict):
        own = value.repeated if isinstance(value, RepeatedKeys) else own
        inside = value.values()
    elif isinstance(value, list):
        inside = value
    # Most of what stands in a row is no object and no list: it is not asked.
    if _NESTED.isdisjoint(map(type, inside)):
        return own
    return own.union(*[repeats(inner) for inner in inside if type(inner) in _NESTED])


def _refuse_constant(word: str) -> Any:
    raise PayloadError(f"JSON holds {word}, which is not a number")


def read_json(payload: bytes) -> Any:
    """JSON with exact decimals, repeated keys noticed. Raises PayloadError saying what it is."""
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PayloadError(f"not UTF-8 at byte {error.start}") from error
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError) as error:  # ValueError: also a number too long to read
        if text.lstrip()[:1] == "<":
            raise PayloadError("HTML or XML where JSON was expected") from error
        raise PayloadError(f"invalid JSON: {error}") from error


def plain(value: Any) -> Any:
    """`value` with decimals as plain decimal text, so that JSON keeps them exact."""
    if isinstance(value, dict):
        return {
            key: inner if isinstance(inner, str) else plain(inner) for key, inner in value.items()
        }
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return plain(dict(value))
    if isinstance(value, Iterable):
        return [plain(inner) for inner in value]
    raise TypeError(f"no JSON form for {type(value)}")


def observe(
    contract: type[BaseModel], key: str, row: Any, parsed: Parsed, thing: str = "prices"
) -> None:
    """Check one row against its wire contract, file it as observed or rejected, note its fields."""
    parsed.notice(thing, row, fields_read(contract))
    if repeated := repeats(row):
        reason = f"keys repeated with different values: {', '.join(sorted(repeated))}"
        parsed.rejected.append(Rejected(key, plain(row), reason))
        return
    try:
        checked = contract.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "row"
        fields = plain(row) if isinstance(row, Mapping) else {"value": str(row)[:200]}
        reason = f"{where}: {first['msg']}"
        parsed.rejected.append(Rejected(key, fields, reason, breaks_contract=True))
        return
    fields = plain(checked.model_dump(exclude_none=True, by_alias=True))
    parsed.things.setdefault(thing, []).append(Observation(key, fields))
