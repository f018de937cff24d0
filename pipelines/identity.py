"""Which model version a source's spelling means: rules, then a dated alias table, never a guess.

A *model version* is what a vendor serves, or publishes, under one name. The registry grows by
itself: a vendor's own listing registers a version, and so does a source that says whose model a
name is (an owner in a public hub, an organisation beside a score). Hosts only map to one. A
spelling that neither rules nor aliases decide stays unresolved, with the nearest names beside it.

Everything is decided in the order in which it was seen, and what was decided stays: an answer of a
day never changes with what comes later. Looking up a spelling is `pipelines.registry`'s.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import pandas as pd

from pipelines.registry import (
    DATED,
    LISTS_SYSTEMS,
    SEEDS,
    Address,
    Identity,
    Reading,
    Registry,
    Row,
    numbers_in,
    slug,
    suggestions,
    systems_in,
)
from pipelines.spelling import Taken, day_in, normalise, taken_apart, without_build, word_bag

#: Feeds of prices that list what a vendor's own API serves under the vendor's own names. Other
#: collections have ids of their own making, which would register versions nobody sells.
LISTS_PRICES = {"genai_prices", "litellm", "models_dev"}
#: Sources whose names begin with the maker, as a listing of every maker's models.
LISTS_BY_MAKER = {"llmstats", "openrouter"}
MOVING = "-latest"
#: Suggestions are made for the spellings seen most; the rest would cost more than it tells.
MOST_SUGGESTED = 400
#: When the edition's own models became known to us: before anything else.
ALWAYS = datetime(1970, 1, 1)
EVER, NEVER = date(1, 1, 1), date(9999, 12, 31)

READS = {
    "spellings": (
        "with said as ("
        "select p.source, p.spelling, p.host_spelling, p.first_seen_at "
        "from core.price_observations as p "
        "union all select r.source, r.spelling, null, r.first_seen_at "
        "from staging.every_results as r where r.quarantine_reason is null "
        "union all select l.source, l.spelling, null, l.first_seen_at "
        "from staging.every_releases as l where l.quarantine_reason is null "
        "union all select t.source, t.spelling, t.host_spelling, t.first_seen_at "
        "from staging.every_retirements as t where t.quarantine_reason is null "
        "union all select t.source, t.replacement_spelling, null, t.first_seen_at "
        "from staging.every_retirements as t where t.quarantine_reason is null "
        "union all select u.source, u.spelling, null, u.first_seen_at "
        "from staging.every_usage as u "
        "where u.quarantine_reason is null and u.spelling <> 'other'"
        ") select s.source, s.spelling, "
        # What it is read by is what was said first; later rows must not change that.
        "first(s.host_spelling order by s.first_seen_at, s.host_spelling nulls last) "
        "as host_spelling, first(s.host_spelling order by s.first_seen_at, s.host_spelling) "
        "filter (where s.host_spelling is not null) as price_host_spelling, "
        "min(s.first_seen_at) as first_seen_at, count(*) as observations, "
        # The same text may name a model of a maker and, before or later, a host's offering of it.
        "min(case when s.host_spelling is null then s.first_seen_at end) as hostless_since "
        "from said as s where s.spelling is not null group by s.source, s.spelling"
    ),
    "listings": (
        "select distinct l.source, l.spelling, l.maker, l.repository, l.permanent_name, "
        "l.points_to, l.same_as, l.asked_with, l.first_seen_at from staging.every_listings as l"
    ),
    **SEEDS,
}


# ------------------------------------------------------------------ deciding, in the order of time


@dataclass
class Spelled:
    """One source's spelling, what is said of it, and what was decided."""

    source: str
    spelling: str
    host_spelling: str | None
    first_seen_at: datetime
    observations: int
    hostless_since: datetime | None
    address: Address
    #: Who serves it by its first price, where its first row was none.
    price_host_spelling: str | None = None
    said: Row | None = None
    found: Identity | None = None
    known_since: datetime | None = None
    #: (since when, target) where its source says that its meaning moves.
    meanings: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def moving_name(self) -> str:
        """The name of its meaning, where that changes."""
        return f"{self.spelling.lower()} in {self.source}"

    @property
    def moves(self) -> bool:
        """Whether its meaning is a question of the day."""
        return len(self.meanings) > 1 or bool(self.said and self.said["points_to"])


class Decisions:
    """Registers versions and resolves spellings, moment by moment; what is decided stays."""

    def __init__(self, registry: Registry, models: Iterable[Row]):
        self.registry = registry
        self.registered: dict[str, dict[str, Any]] = {}
        self.new_vendors: dict[str, dict[str, Any]] = {}
        self.pointings: list[dict[str, Any]] = []
        self.open_pointings: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.siblings: dict[tuple[str, str], dict[str, str]] = {}
        self.waiting: dict[tuple[str, str | None, str], list[Spelled]] = {}
        self.woken: list[Spelled] = []
        #: name that moves -> the spelling of which it is the meaning
        self.sayers: dict[str, Spelled] = {}
        registry.on_new = self._wake
        for row in models:
            self._note_sibling(row["model_id"])

    def _wake(self, place: tuple[str, str | None, str]) -> None:
        self.woken.extend(self.waiting.pop(place, ()))

    # -------------------------------------------------------------- one moment

    def step(self, now: datetime, new: list[Spelled], said: list[Spelled]) -> None:
        """Take in all that was seen at one moment: spellings, and what sources say of theirs."""
        candidates = [c for s in new for c in self._candidates(s, now)]
        candidates += [c for s in said if s not in new for c in self._candidates(s, now)]
        for _, _, spelled, vendor, name in sorted(
            candidates, key=lambda c: (c[0], c[1], c[2].source, c[2].spelling)
        ):
            if self._find(spelled).status == "unknown":
                self._register(vendor, name, spelled, now)
        for spelled in [*new, *said, *self._take_woken()]:
            self._decide(spelled, now)
        while woken := self._take_woken():
            for spelled in woken:
                self._decide(spelled, now)

    def _take_woken(self) -> list[Spelled]:
        woken, self.woken = self.woken, []
        return woken

    def _readings(self, spelled: Spelled) -> Iterator[Reading]:
        source, said = spelled.source, spelled.said
        address = spelled.address
        registry = self.registry
        if said and said["points_to"]:
            whole = Taken(said["points_to"])
            yield Reading("said", source, said["points_to"].lower(), whole, "where it points")
            return
        own = registry.readings(source, address)
        if said and (said["repository"] or said["same_as"]):
            for reading in own:
                if reading.where == "aliases" and reading.scope:
                    yield reading
            if said["same_as"]:
                asked = (said["asked_with"],) if said["asked_with"] else ()
                same = Taken(said["same_as"], configuration=asked)
                yield Reading("said", source, said["same_as"].lower(), same, "the same model as {}")
            own = registry.readings(source, address)
        if said and said["repository"]:
            hub = registry.address("", said["repository"])
            if self._agrees(spelled, hub):
                for reading in registry.readings(source, hub):
                    taken = replace(reading.taken, variant=(), configuration=())
                    way = f"{reading.way}, of {said['repository']}"
                    yield reading._replace(taken=taken, way=way)
            own = registry.readings(source, address)
        if said and said["maker"] and not address.maker:
            vendor = registry.vendors.of_organisations(said["maker"])
            if vendor and vendor in registry.vendors.words:
                own = registry.readings(source, replace(address, maker=vendor))
        yield from own
        if said and said["permanent_name"]:
            lasting = registry.address(source, said["permanent_name"])
            for reading in registry.readings(source, lasting):
                yield reading._replace(way=f"{reading.way}, of its permanent name")

    def _agrees(self, spelled: Spelled, hub: Address) -> bool:
        """Whether a name in the public hub can be of the spelling it stands beside.

        Links are pasted wrongly. A gateway's short name may leave words and sizes out, and a
        leaderboard's name is the hub's; neither has a number the hub's name has not.
        """
        own, other = normalise(spelled.address.name), normalise(hub.name)
        if spelled.source in LISTS_BY_MAKER:
            return numbers_in(own) <= numbers_in(other)
        vendor = self.registry.vendors.find(hub.maker or "") or ""
        short = self.registry.vendors.short
        return word_bag(short(vendor, own)) == word_bag(short(vendor, other))

    def _find(self, spelled: Spelled) -> Identity:
        found = self.registry.identify(spelled.source, spelled.address, self._readings(spelled))
        if found.status != "unknown" or spelled.source not in LISTS_SYSTEMS:
            return found
        for system, model in systems_in(spelled.spelling):
            within = self.registry.address(spelled.source, model)
            readings = self.registry.readings(spelled.source, within)
            other = self.registry.identify(spelled.source, within, readings)
            if other.status == "resolved":
                return replace(other, system=system, host_id=found.host_id, variant=found.variant)
        return found

    def _decide(self, spelled: Spelled, now: datetime) -> None:
        moves = bool(spelled.said and (spelled.said["points_to"] or spelled.said["repository"]))
        if spelled.found and spelled.found.status == "resolved" and not moves:
            return
        found = self._find(spelled)
        said_by = self.sayers.get(found.target or "")
        if said_by and said_by.source == spelled.source:
            # Of one list every name has a meaning of its own, which moves when the list says so.
            found = replace(found, target=said_by.meanings[-1][1])
        if spelled.found and spelled.found.status == "resolved":
            means = self.registry.means
            if found.target and means(found.target) != means(spelled.meanings[-1][1]):
                spelled.meanings.append((now, found.target))
                self._say(spelled, found)
            self._learn(spelled)
            return
        spelled.found = found
        if found.target:
            spelled.known_since = now
            spelled.meanings.append((now, found.target))
            self._say(spelled, found)
            self._learn(spelled)
            return
        for reading in self._readings(spelled):
            self.waiting.setdefault(self.registry.place_of(reading), []).append(spelled)
        for _, model in systems_in(spelled.spelling):
            within = self.registry.address(spelled.source, model)
            for reading in self.registry.readings(spelled.source, within):
                self.waiting.setdefault(self.registry.place_of(reading), []).append(spelled)

    def _learn(self, spelled: Spelled) -> None:
        """Let a version be found by its name in the public hub too, once a source says it."""
        if not spelled.said or not spelled.said["repository"]:
            return
        target = spelled.meanings[-1][1]
        hub = self.registry.address("", spelled.said["repository"])
        vendor = self.registry.vendors.find(hub.maker or "")
        if vendor is None or self.registry.vendor_of.get(target) != vendor:
            return
        readings = self.registry.readings(spelled.source, hub)
        known = self.registry.identify(spelled.source, hub, readings)
        is_one = known.status == "unknown" and len(self.registry.means(target)) == 1
        if is_one and self._agrees(spelled, hub):
            self.registry.call(vendor, hub.name, target)

    def _say(self, spelled: Spelled, found: Identity) -> None:
        """Let those who copy a list mean what the list means by a name, on every day."""
        if spelled.source not in self.registry.copied or not found.target:
            return
        registry = self.registry
        registry.say(spelled.source, spelled.spelling, spelled.moving_name, found.configuration)
        registry.meanings.setdefault(spelled.moving_name, set()).update(
            registry.means(found.target)
        )
        registry.vendor_of[spelled.moving_name] = registry.vendor_of[found.target]
        self.sayers[spelled.moving_name] = spelled
        if spelled.said and spelled.said["permanent_name"]:
            lasting = spelled.said["permanent_name"]
            registry.say(spelled.source, lasting, found.target, found.configuration)

    # -------------------------------------------------------------- registering

    def _candidates(
        self, spelled: Spelled, now: datetime
    ) -> Iterator[tuple[int, int, Spelled, str, str]]:
        """(rank, order, spelling, vendor, version) that this spelling would register, if unknown.

        Ranks: a public hub's owner and name, the vendor's own listing, a listing by maker, a table
        that names the maker, a host's path that names an owner.
        """
        registry, address, said = self.registry, spelled.address, spelled.said
        name = address.name
        if (said and (said["points_to"] or said["same_as"])) or "~" in spelled.spelling:
            return
        if said and said["repository"]:
            hub = registry.address("", said["repository"])
            if hub.maker and self._agrees(spelled, hub):
                yield 0, 0, spelled, registry.vendors.of(hub.maker), hub.name
                return
        if registry.kind_of(spelled.spelling) != "model":
            return
        is_new = spelled.first_seen_at == now
        if is_new and address.is_repository and address.maker:
            yield 0, 1, spelled, registry.vendors.of(address.maker), name
        if is_new and spelled.source in LISTS_PRICES and " " not in name:
            vendor = self._lister(spelled)
            if vendor and registry.may_be_of(vendor, address):
                yield 1, int(not DATED.search(name)), spelled, vendor, name
        lists_by_maker = spelled.source == "openrouter" or (
            spelled.source in LISTS_BY_MAKER and spelled.hostless_since == now
        )
        listed = registry.address(spelled.source, spelled.spelling, None)
        if lists_by_maker and listed.maker:
            yield 2, 0, spelled, registry.vendors.of(listed.maker), listed.name
        if said and said["maker"]:
            vendor = registry.vendors.of_organisations(said["maker"])
            if vendor:
                yield 3, 0, spelled, vendor, name
        if is_new and address.maker and spelled.source in LISTS_PRICES:
            # Of a vendor with a listing of its own a host's word is not needed, and often its own.
            vendor = registry.vendors.of(address.maker)
            is_copy = address.host_id in registry.names_like
            is_listed = vendor in registry.own_host.values()
            if is_copy or not (is_listed or address.host_id in registry.own_slugs):
                yield 4, 0, spelled, vendor, name

    def _lister(self, spelled: Spelled) -> str | None:
        """The vendor whose own listing the spelling stands in."""
        given = (spelled.host_spelling or "").lower()
        registry, address = self.registry, spelled.address
        own = registry.own_models_of.get((spelled.source, given)) or registry.own_host.get(
            address.host_id
        )
        if own:
            return own
        # A cloud lists its owner's models too, and says whose one is.
        owner = registry.host_vendor.get(address.host_id)
        return owner if owner and registry.is_known_of(owner, address) else None

    def _register(self, vendor: str, name: str, spelled: Spelled, now: datetime) -> None:
        forms = list(taken_apart(name, self.registry.suffixes, spelled.source,
                                 spelled.address.host_id))  # fmt: skip
        # Of a base not known yet, a word that says how it is asked may be part of the name.
        taken = [form for form in forms if not form.configuration]
        if len(taken) < len(forms) and forms[len(taken)].vendors is None:
            return  # a setting of a version not known yet
        form = [f for f in taken if f.vendors is None or vendor in f.vendors][-1]
        if form.is_recast and not self._may_convert(vendor, name, spelled):
            return  # perhaps another's weights, converted
        # A cloud's owner numbers its own versions so; to others' names it adds its build.
        is_owners = self.registry.host_vendor.get(spelled.address.host_id) == vendor
        name = re.sub(r"(?<=-v\d):\d.*$", "", form.name) if is_owners else form.name
        base = slug(without_build(name))
        model_id = f"{vendor}/{base}"
        if not base or model_id in self.registry.vendor_of:
            return
        if vendor not in self.registry.vendors.words and vendor not in self.new_vendors:
            self.new_vendors[vendor] = {
                "vendor_id": vendor, "name": spelled.address.maker or vendor,
                "registered_by": spelled.source, "known_since": now,
            }  # fmt: skip
        is_moving = self._points_elsewhere(model_id, vendor, base, spelled, now)
        if is_moving is None:
            return
        self._add(model_id, vendor, form.name, spelled.source, now, is_moving)

    def _may_convert(self, vendor: str, name: str, spelled: Spelled) -> bool:
        """Whether converted weights may be the vendor's own: nobody else is known to make such."""
        bare = replace(spelled.address, maker=None, name=name)
        if self.registry.is_known_of(vendor, bare):
            return True
        return vendor in self.registry.vendors.words and self.registry.may_be_of(vendor, bare)

    def _add(
        self, model_id: str, vendor: str, name: str, source: str, now: datetime, is_moving: bool
    ) -> None:
        self.registered[model_id] = {
            "model_id": model_id, "vendor_id": vendor, "name": name.strip(),
            "is_reasoning": None, "is_open_weights": None, "context_tokens": None,
            "is_released": True, "is_moving_name": is_moving, "registered_by": source,
            "known_since": now,
        }  # fmt: skip
        self.registry.register(model_id)
        self._note_sibling(model_id)
        self._end_pointings(model_id, source, now)

    # -------------------------------------------------------------- names that move

    def _stem(self, model_id: str) -> tuple[tuple[str, str], str | None]:
        """(vendor, words of the name without its day), and the day, if it has one."""
        vendor, name = model_id.split("/", 1)
        normal = self.registry.vendors.short(vendor, normalise(name.removesuffix(MOVING)))
        day = day_in(normal)
        number = re.fullmatch(r"(.+)-(\d{4})", normal)
        if day and day.is_whole:
            return (vendor, word_bag(day.stem)), day.digits
        if number:
            return (vendor, word_bag(number.group(1))), number.group(2)
        return (vendor, word_bag(normal)), None

    def _note_sibling(self, model_id: str) -> None:
        stem, day = self._stem(model_id)
        if day:
            self.siblings.setdefault(stem, {})[model_id] = day

    def _points_elsewhere(
        self, model_id: str, vendor: str, base: str, spelled: Spelled, now: datetime
    ) -> bool | None:
        """Whether a new name is one that moves; None if it points to a version known already.

        A vendor's undated name beside exactly one dated version of it is the vendor's pointer to
        that; beside several it would be a guess which of them it means when.
        """
        stem, day = self._stem(model_id)
        is_latest = base.endswith(MOVING)
        if day and not is_latest:
            return False
        known = {
            m: digits
            for m, digits in self.siblings.get(stem, {}).items()
            if is_latest or (len(digits) == 8 and digits <= now.strftime("%Y%m%d"))
        }
        if is_latest and not known:
            undated = self.registry.indices.get(("names", vendor, stem[1]), {})
            known = {target: "" for targets in undated.values() for target in targets}
        if len(known) != 1:
            return is_latest or len(known) > 1
        target, digits = next(iter(known.items()))
        begin = datetime.strptime(digits, "%Y%m%d").date() if len(digits) == 8 else EVER
        pointing = {
            "alias": model_id, "source": None, "target": target,
            "valid_from": begin, "valid_to": NEVER, "known_on": now.date(), "ended_known_on": None,
            "reason": "the only dated version of this name",
        }  # fmt: skip
        self.pointings.append(pointing)
        self.open_pointings.setdefault(stem, []).append(pointing)
        self.registry.meanings.setdefault(model_id, set()).add(target)
        self.registry.point(model_id, model_id)
        return None

    def _end_pointings(self, model_id: str, source: str, now: datetime) -> None:
        """A second dated version: which of the two the undated name means is open from now on."""
        stem, day = self._stem(model_id)
        if not day:
            return
        still = []
        for pointing in self.open_pointings.get(stem, []):
            alias = pointing["alias"]
            if model_id in {alias, pointing["target"]} or (
                len(day) != 8 and not alias.endswith(MOVING)
            ):
                still.append(pointing)
                continue
            pointing["valid_to"] = max(now.date(), pointing["valid_from"] + timedelta(days=1))
            pointing["ended_known_on"] = now.date()
            vendor, name = alias.split("/", 1)
            self.registered[alias] = {
                "model_id": alias, "vendor_id": vendor, "name": name, "is_reasoning": None,
                "is_open_weights": None, "context_tokens": None, "is_released": True,
                "is_moving_name": True, "registered_by": source, "known_since": now,
            }  # fmt: skip
            self.pointings.append({
                "alias": alias, "source": None, "target": alias,
                "valid_from": pointing["valid_to"], "valid_to": NEVER, "known_on": now.date(),
                "ended_known_on": None, "reason": "of several dated versions: the name itself",
            })  # fmt: skip
            self.registry.meanings.setdefault(alias, set()).add(alias)
        self.open_pointings[stem] = still


def compute(
    spellings: pd.DataFrame,
    listings: pd.DataFrame,
    models: pd.DataFrame,
    aliases: pd.DataFrame,
    hosts: pd.DataFrame,
    host_spellings: pd.DataFrame,
    vendors: pd.DataFrame,
    vendor_spellings: pd.DataFrame,
    name_suffixes: pd.DataFrame,
    name_kinds: pd.DataFrame,
    sources: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Tables `models`, `names`, `pointings`, `unresolved_names`, `vendors` of the core layer."""
    seeds = {
        "models": models, "aliases": aliases, "hosts": hosts, "host_spellings": host_spellings,
        "vendors": vendors, "vendor_spellings": vendor_spellings, "name_suffixes": name_suffixes,
        "name_kinds": name_kinds, "sources": sources,
    }  # fmt: skip
    rows = {name: records(frame) for name, frame in seeds.items()}
    registry = Registry(**rows)
    decisions = Decisions(registry, rows["models"])
    every: dict[tuple[str, str], Spelled] = {}
    new_at: dict[datetime, list[Spelled]] = {}
    said_at: dict[datetime, list[tuple[Spelled, Row | None]]] = {}
    for row in records(spellings):
        address = registry.address(row["source"], row["spelling"], row["host_spelling"])
        spelled = Spelled(
            row["source"], row["spelling"], row["host_spelling"], row["first_seen_at"],
            row["observations"], row["hostless_since"], address, row["price_host_spelling"],
        )  # fmt: skip
        every[row["source"], row["spelling"]] = spelled
        new_at.setdefault(row["first_seen_at"], []).append(spelled)
        if row["hostless_since"] and row["hostless_since"] > row["first_seen_at"]:
            said_at.setdefault(row["hostless_since"], []).append((spelled, None))
    for row in records(listings):
        found = every.get((row["source"], row["spelling"]))
        if found is not None:
            said_at.setdefault(row["first_seen_at"], []).append((found, row))
    for now in sorted({*new_at, *said_at}):
        for spelled, listing in said_at.get(now, []):
            spelled.said = listing or spelled.said
        said = {_order(s): s for s, _ in said_at.get(now, []) if s.first_seen_at < now}
        decisions.step(
            now, sorted(new_at.get(now, []), key=_order), [said[key] for key in sorted(said)]
        )
    return _tables(registry, decisions, rows, sorted(every.values(), key=_order))


def _order(spelled: Spelled) -> tuple[str, str]:
    return spelled.source, spelled.spelling


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as plain values; what is missing is None."""
    plain = frame.astype(object).where(frame.notna(), None)
    found = plain.to_dict("records")
    for row in found:
        for name, value in row.items():
            if isinstance(value, pd.Timestamp):
                row[name] = value.to_pydatetime()
    return [{str(name): value for name, value in row.items()} for row in found]


def _tables(
    registry: Registry,
    decisions: Decisions,
    rows: Mapping[str, list[dict[str, Any]]],
    every: list[Spelled],
) -> dict[str, pd.DataFrame]:
    models: list[Row] = [
        row | {"registered_by": "edition", "known_since": ALWAYS, "is_moving_name": False}
        for row in rows["models"]
    ]
    models += decisions.registered.values()
    periods = _periods(registry, rows["aliases"], decisions.pointings)
    names, unresolved, pointings = [], [], list(periods["own"])
    for spelled in every:
        found = spelled.found
        assert found is not None
        target = found.target
        said_by = decisions.sayers.get(target or "")
        if target and spelled.moves:
            target = spelled.moving_name
            pointings += _moved(spelled, periods["all"])
        elif said_by and not said_by.moves:
            target = said_by.meanings[-1][1]
        names.append({
            "source": spelled.source, "spelling": spelled.spelling, "target": target,
            "host_id": _host(registry, spelled), "variant": found.variant,
            "configuration": found.configuration, "system": found.system,
            "kind": _kind(registry, spelled), "status": found.status, "way": found.way,
            "known_since": spelled.known_since or spelled.first_seen_at,
        })  # fmt: skip
        if found.status != "resolved":
            unresolved.append(spelled)
    return {
        "models": _frame(models, MODEL_COLUMNS),
        "names": _frame(names, NAME_COLUMNS),
        "pointings": _frame(pointings, POINTING_COLUMNS),
        "unresolved_names": _frame(_unresolved(registry, unresolved), UNRESOLVED_COLUMNS),
        "registered_vendors": _frame(decisions.new_vendors.values(), VENDOR_COLUMNS),
    }


def _host(registry: Registry, spelled: Spelled) -> str:
    if spelled.host_spelling or not spelled.price_host_spelling:
        return spelled.address.host_id
    given = spelled.price_host_spelling
    return registry.address(spelled.source, spelled.spelling, given).host_id


def _kind(registry: Registry, spelled: Spelled) -> str:
    kind = registry.kind_of(spelled.spelling)
    is_unknown = spelled.found is None or spelled.found.status == "unknown"
    if kind == "model" and is_unknown and registry.is_derivative(spelled.address):
        return "derivative"
    return kind


def _periods(
    registry: Registry, aliases: list[dict[str, Any]], own: list[dict[str, Any]]
) -> dict[str, Any]:
    """What every alias points to by period, those of the seeds and those found here."""
    every: dict[str, list[Period]] = {}
    for row in aliases:
        alias = f"{row['spelling']} in {row['source']}" if row["source"] else row["spelling"]
        begin, end = _day(row["valid_from"] or EVER), _day(row["valid_to"] or NEVER)
        known_on = _day(row["published_on"])
        every.setdefault(alias, []).append(Period(begin, end, row["model_id"], known_on))
    flat = []
    for pointing in own:
        target = pointing["target"]
        for period in every.get(target, [Period(EVER, NEVER, target, EVER)]):
            begin = max(period.begin, pointing["valid_from"])
            end = min(period.end, pointing["valid_to"])
            if begin < end:
                known_on = max(period.known_on, pointing["known_on"])
                flat.append(pointing | {"model_id": period.model_id, "valid_from": begin,
                                        "valid_to": end, "known_on": known_on})  # fmt: skip
    for pointing in flat:
        every.setdefault(pointing["alias"], []).append(
            Period(pointing["valid_from"], pointing["valid_to"], pointing["model_id"],
                   pointing["known_on"])
        )  # fmt: skip
    return {"own": flat, "all": every}


class Period(NamedTuple):
    """What an alias points to from `begin` until `end`, and since when that is known."""

    begin: date
    end: date
    model_id: str
    known_on: date


def _moved(spelled: Spelled, periods: Mapping[str, list[Period]]) -> Iterator[dict[str, Any]]:
    """Periods of a spelling whose source says, from time to time, what it stands for."""
    points = bool(spelled.said and spelled.said["points_to"])
    for (since, target), after in zip(spelled.meanings, [*spelled.meanings[1:], None], strict=True):
        begin = since.date() if points or since != spelled.meanings[0][0] else EVER
        end = after[0].date() if after else NEVER
        for period in periods.get(target, [Period(EVER, NEVER, target, EVER)]):
            first, last = max(period.begin, begin), min(period.end, end)
            if first < last:
                yield {
                    "alias": spelled.moving_name, "source": spelled.source,
                    "model_id": period.model_id, "valid_from": first, "valid_to": last,
                    "known_on": max(since.date(), period.known_on),
                    "ended_known_on": last if last < NEVER else None,
                    "reason": "the source says what it stands for",
                }  # fmt: skip


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def _unresolved(registry: Registry, spelled: list[Spelled]) -> Iterator[dict[str, Any]]:
    frequent = sorted(spelled, key=lambda s: (-s.observations, _order(s)))[:MOST_SUGGESTED]
    names = [normalise(s.address.name) for s in frequent]
    nearest = dict(
        zip(map(_order, frequent), suggestions(names, registry.known_names()), strict=True)
    )
    for one in spelled:
        assert one.found is not None
        best = one.found.candidates or nearest.get(_order(one), ())
        yield {
            "source": one.source, "spelling": one.spelling, "kind": _kind(registry, one),
            "status": one.found.status,
            "candidates": "; ".join(f"{name} ({score:.0f})" for name, score in best) or None,
            "observations": one.observations,
        }  # fmt: skip


MODEL_COLUMNS = ["model_id", "vendor_id", "name", "is_reasoning", "is_open_weights",
                 "context_tokens", "is_released", "is_moving_name", "registered_by",
                 "known_since"]  # fmt: skip
NAME_COLUMNS = ["source", "spelling", "target", "host_id", "variant", "configuration", "system",
                "kind", "status", "way", "known_since"]  # fmt: skip
POINTING_COLUMNS = ["alias", "source", "model_id", "valid_from", "valid_to", "known_on",
                    "ended_known_on", "reason"]  # fmt: skip
UNRESOLVED_COLUMNS = ["source", "spelling", "kind", "status", "candidates", "observations"]
VENDOR_COLUMNS = ["vendor_id", "name", "registered_by", "known_since"]


def _frame(rows: Iterable[Row], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame([[row[c] for c in columns] for row in rows], columns=columns, dtype=object)
