"""Registers model versions and resolves spellings in the order in which all was seen.

What was decided stays: an answer of a day never changes with what comes later. What feeds say, and
which tables come of it, is `pipelines.identity`'s; looking up a spelling is `pipelines.registry`'s.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from pipelines.registry import (
    DATED,
    LISTS_SYSTEMS,
    Address,
    Identity,
    Place,
    Reading,
    Registry,
    Row,
    numbers_in,
    placed,
    slug,
    systems_in,
)
from pipelines.shelf import Shelf
from pipelines.spelling import Taken, day_in, normalise, taken_apart, without_build, word_bag

#: Feeds of prices that list what a vendor's own API serves under the vendor's own names. Other
#: collections have ids of their own making, which would register versions nobody sells.
LISTS_PRICES = {"genai_prices", "litellm", "models_dev"}
#: Sources whose names begin with the maker, as a listing of every maker's models.
LISTS_BY_MAKER = {"llmstats", "openrouter"}
MOVING = "-latest"
EVER, NEVER = date(1, 1, 1), date(9999, 12, 31)

#: Source and spelling.
Key = tuple[str, str]


@dataclass(eq=False)
class Spelled:
    """One source's spelling, what is said of it, and what was decided."""

    registry: Registry
    source: str
    spelling: str
    host_spelling: str | None
    first_seen_at: datetime
    observations: int
    hostless_since: datetime | None
    #: Who serves it by its first price, where its first row was none.
    price_host_spelling: str | None = None
    said: Row | None = None
    found: Identity | None = None
    known_since: datetime | None = None
    #: (since when, target) where its source says that its meaning moves.
    meanings: list[tuple[datetime, str]] = field(default_factory=list)
    #: Whether a version registered where it was looked for may decide it anew.
    waits: bool = False

    @property
    def key(self) -> Key:
        """What tells it from all others, and their order."""
        return self.source, self.spelling

    @cached_property
    def address(self) -> Address:
        """The spelling taken apart, as the seeds alone say."""
        return self.registry.address(self.source, self.spelling, self.host_spelling)

    @property
    def is_resolved(self) -> bool:
        """Whether it was decided, which stays so."""
        return self.found is not None and self.found.status == "resolved"

    @property
    def host_id(self) -> str:
        """Who serves it, by its first price where its first row was none."""
        if self.host_spelling or not self.price_host_spelling:
            return self.address.host_id
        given = self.price_host_spelling
        return self.registry.address(self.source, self.spelling, given).host_id

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
        #: place -> spellings that look there
        self.waiting: Shelf[list[Key]] = Shelf(_keys_in, json.dumps)
        self.woken: list[Key] = []
        #: name that moves -> the spelling of which it is the meaning, and what that means now
        self.sayers: dict[str, tuple[Key, str]] = {}
        #: Fetches spellings that were seen before.
        self.recall: Callable[[Sequence[Key]], list[Spelled]] = lambda keys: []
        registry.on_new = self._wake
        for row in models:
            self._note_sibling(row["model_id"])

    def _wake(self, place: Place) -> None:
        self.woken.extend(self.waiting.pop(place) or ())

    def _wait(self, spelled: Spelled, readings: Iterable[Reading]) -> None:
        for reading in readings:
            where = self.registry.place_of(reading)
            (self.waiting.get(where) or self.waiting.put(where, [])).append(spelled.key)

    # -------------------------------------------------------------- one moment

    def step(self, now: datetime, new: list[Spelled], said: list[Spelled]) -> None:
        """Take in all that was seen at one moment: new spellings, and what is said of others."""
        candidates = [c for s in new for c in self._candidates(s, now)]
        candidates += [c for s in said for c in self._candidates(s, now)]
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
        return [spelled for spelled in self.recall(woken) if spelled.waits]

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
            spelled.waits = False
            return
        found = self._find(spelled)
        (source, _), meaning = self.sayers.get(found.target or "", (("", ""), ""))
        if meaning and source == spelled.source:
            # Of one list every name has a meaning of its own, which moves when the list says so.
            found = replace(found, target=meaning)
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
            spelled.waits &= moves
            self._say(spelled, found)
            self._learn(spelled)
            return
        spelled.waits = True
        self._wait(spelled, self._readings(spelled))
        for _, model in systems_in(spelled.spelling):
            within = self.registry.address(spelled.source, model)
            self._wait(spelled, self.registry.readings(spelled.source, within))

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
        vendor = registry.vendor_of[found.target]
        registry.mean(spelled.moving_name, registry.means(found.target), vendor)
        self.sayers[spelled.moving_name] = spelled.key, found.target
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
            "is_moving_name": is_moving, "registered_by": source, "known_since": now,
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
            undated = self.registry.indices.get(placed("names", vendor, stem[1])) or {}
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
        self.registry.mean(model_id, [target])
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
                "model_id": alias, "vendor_id": vendor, "name": name,
                "is_moving_name": True, "registered_by": source, "known_since": now,
            }  # fmt: skip
            self.pointings.append({
                "alias": alias, "source": None, "target": alias,
                "valid_from": pointing["valid_to"], "valid_to": NEVER, "known_on": now.date(),
                "ended_known_on": None, "reason": "of several dated versions: the name itself",
            })  # fmt: skip
            self.registry.mean(alias, [alias])
        self.open_pointings[stem] = still


def _keys_in(text: str) -> list[Key]:
    return [(source, spelling) for source, spelling in json.loads(text)]
