"""Years of daily snapshots of all live sources, made from the archive's newest payloads.

Each source's document evolves a little every day: prices move, models come and go, results arrive,
leaderboards are re-rated. Only what changed is parsed, by the source's own parser, and filed as
the loader would file it; the next day's real payloads must then change about as much as any day
did, which `growth.py` checks. How much changes a day follows what the sources did: rows by their
commits; of them new versions as many as `core.events` has launches in 2025 (410), and changes of a
vendor's own price as it has price changes (a dozen a year). The other rows are what they are in the
archive, known models at other hosts. Names and figures are drawn by a seed.
"""

import copy
import csv
import hashlib
import io
import json
import math
import random
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pipelines import raw
from pipelines.raw import RUN_COLUMNS, archive_files
from pipelines.snapshots import Fetch, Snapshots, new_fetch
from pipelines.sources import PayloadError, Source, sources
from pipelines.warehouse import Connection

SEED = 20261127
#: Vendors that new releases take their names from, as the sources call them.
VENDORS = {
    "openai", "anthropic", "gemini", "google", "xai", "x-ai", "mistral", "mistralai", "deepseek",
}  # fmt: skip
#: Launches a day over all vendors, and the part of all changes of price that are a vendor's own.
LAUNCHES, OWN_CHANGES = 410 / 365, 0.002


#: What rows say: fields by thing and key.
Said = dict[tuple[str, str], str]


class Document:
    """One part of one source; this one never changes."""

    def __init__(self, source: Source, part: str, payload: bytes):
        self.source, self.part, self.payload = source, part, payload

    def evolve(self, chance: random.Random, day: date, launched: list[str]) -> tuple[Said, Said]:
        """Change a little; returns what the rows touched said before and say now."""
        return {}, {}

    def whole(self) -> bytes:
        """The payload as served."""
        return self.payload

    def says(self, payload: bytes) -> Said:
        """What a payload says: fields by thing and key."""
        try:
            parsed = self.source.parse(payload, self.part)
        except PayloadError:
            return {}
        return {
            (thing, observation.key): raw._as_json(observation.fields)
            for thing, observations in parsed.things.items()
            for observation in observations
        }


def times(chance: random.Random, per_day: float) -> int:
    """How often something that happens so many times a day happens today."""
    return int(per_day) + (chance.random() < per_day % 1)


def moved(value: Any, factor: float) -> Any:
    """A price times a factor, in its own type, to four digits."""
    try:
        number = float(f"{float(value) * factor:.4g}")
    except (TypeError, ValueError):
        return value
    if isinstance(value, bool):
        return value
    return f"{number:.12f}".rstrip("0").rstrip(".") if isinstance(value, str) else number


class Prices(Document, ABC):
    """A JSON document of models, where a model is one row."""

    #: A day's changes of price, offers of known models by another host, and offers gone.
    changes, added, removed = 6.0, 6.0, 5.0
    #: Part of the offers gone that are drawn from all, not from other hosts alone.
    own_removed = 0.2

    def __init__(self, source: Source, part: str, payload: bytes):
        super().__init__(source, part, payload)
        self.document = json.loads(payload)
        #: How many offers there were at first: fewer there never are.
        self.fewest = 0
        #: By name without its date a vendor's own offer of a model, for launches after it went.
        self.first: dict[str, tuple[Any, dict[str, Any]]] = {}

    @abstractmethod
    def rows(self) -> list[Any]:
        """Every row's handle."""

    @abstractmethod
    def row(self, handle: Any) -> dict[str, Any] | None:
        """A row, if it is there."""

    @abstractmethod
    def put(self, handle: Any, row: dict[str, Any] | None) -> None:
        """Set a row, or take it out."""

    @abstractmethod
    def is_own(self, handle: Any) -> bool:
        """Whether it is a vendor's own offer of its model."""

    @abstractmethod
    def elsewhere(self, chance: random.Random) -> tuple[Any, dict[str, Any]]:
        """Handle and row of a known model at another host."""

    @abstractmethod
    def named(self, handle: Any, name: str) -> tuple[Any, dict[str, Any]]:
        """Handle and fields of a model like another, but for its name."""

    def model_name(self, handle: Any) -> str:
        """A row's model as its vendor calls it."""
        return str(handle[-1] if isinstance(handle, tuple) else handle).rsplit("/", 1)[-1]

    def prices_of(self, row: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """Objects whose values are prices."""
        return [row]

    def is_price(self, name: str) -> bool:
        """Whether a field of such an object is one."""
        return True

    @abstractmethod
    def some(self, handles: Iterable[Any]) -> bytes:
        """A payload of these rows only, as far as they are there."""

    def evolve(self, chance: random.Random, day: date, launched: list[str]) -> tuple[Said, Said]:
        """Move prices, add offers and launches, take offers out."""
        if not self.first:
            self.remember()
        planned = self.plan(chance)
        for name in self.launches(chance, day, launched):
            like = self.like(name)
            if like is not None:
                handle, other = self.named(like[0], name)
                planned[handle] = copy.deepcopy(like[1]) | other
        before = self.says(self.some(planned))
        for handle, row in planned.items():
            self.put(handle, row)
        return before, self.says(self.some(planned))

    def launches(self, chance: random.Random, day: date, launched: list[str]) -> list[str]:
        """Names of the day's new models."""
        return [name for name in launched[-9:] if name.endswith(str(day))]

    def remember(self) -> None:
        """Keep what was there at first."""
        self.fewest = len(self.rows())
        for handle in filter(self.is_own, self.rows()):
            row = self.row(handle)
            assert row is not None
            self.first.setdefault(stem_of(self.model_name(handle)), (handle, copy.deepcopy(row)))

    def like(self, name: str) -> tuple[Any, dict[str, Any]] | None:
        """A vendor's own model with the same stem of a name: one on offer, else one that was."""
        stem = stem_of(name)
        for handle in self.rows():
            if stem_of(self.model_name(handle)) == stem and self.is_own(handle):
                row = self.row(handle)
                assert row is not None
                return handle, row
        return self.first.get(stem)

    def plan(self, chance: random.Random) -> dict[Any, dict[str, Any] | None]:
        """Offers as they will be; null for those that go."""
        handles = self.rows()
        hosts = [handle for handle in handles if not self.is_own(handle)]
        planned: dict[Any, dict[str, Any] | None] = {}
        for _ in range(times(chance, self.changes)):
            is_own = chance.random() < OWN_CHANGES or not hosts
            handle = chance.choice(handles if is_own else hosts)
            row = copy.deepcopy(self.row(handle))
            assert row is not None
            factor = chance.choice([0.5, 0.8, 0.9, 1.1, 1.25])
            for prices in self.prices_of(row):
                for name in [n for n in prices if self.is_price(n)]:
                    prices[name] = moved(prices[name], factor)
            planned[handle] = row
        for _ in range(times(chance, self.added)):
            new, fresh = self.elsewhere(chance)
            if self.row(new) is None:
                planned[new] = fresh
        gone = times(chance, self.removed) if len(handles) > self.fewest else 0
        for _ in range(gone):
            is_own = chance.random() < self.own_removed or not hosts
            planned[chance.choice(handles if is_own else hosts)] = None
        return planned

    def whole(self) -> bytes:
        """The document."""
        return json.dumps(self.document).encode()


def dated(name: str, day: date) -> str:
    """A model's name with another date."""
    return f"{stem_of(name)}-{day}"


def stem_of(name: str) -> str:
    """A model's name without its date."""
    return name.split("-20")[0]


class Litellm(Prices):
    """One map of models."""

    def rows(self) -> list[Any]:
        return [name for name in self.document if name != "sample_spec"]

    def row(self, handle: Any) -> dict[str, Any] | None:
        return self.document.get(handle)

    def put(self, handle: Any, row: dict[str, Any] | None) -> None:
        self.document.pop(handle, None)
        if row is not None:
            self.document[handle] = row

    def is_own(self, handle: Any) -> bool:
        return "/" not in handle and self.document[handle].get("litellm_provider") in VENDORS

    def elsewhere(self, chance: random.Random) -> tuple[Any, dict[str, Any]]:
        handles = self.rows()
        host = chance.choice([handle for handle in handles if "/" in handle])
        model = chance.choice([handle for handle in handles if self.is_own(handle)])
        return f"{host.split('/')[0]}/{model}", copy.deepcopy(self.document[host])

    def named(self, handle: Any, name: str) -> tuple[Any, dict[str, Any]]:
        return name, {}

    def launches(self, chance: random.Random, day: date, launched: list[str]) -> list[str]:
        """The names every other feed takes up: this one comes first."""
        own = [handle for handle in self.rows() if self.is_own(handle)
               and self.document[handle].get("mode") == "chat"]  # fmt: skip
        names = {dated(chance.choice(own), day) for _ in range(times(chance, LAUNCHES))}
        new = sorted(name for name in names if name not in self.document)
        launched += new
        return new

    def is_price(self, name: str) -> bool:
        return name in {"input_cost_per_token", "output_cost_per_token"}

    def some(self, rows: Iterable[Any]) -> bytes:
        return json.dumps({n: self.document[n] for n in rows if n in self.document}).encode()


class ModelsDev(Prices):
    """Models under providers."""

    changes, added, removed = 15.0, 12.0, 11.0

    def rows(self) -> list[Any]:
        return [(p, m) for p, content in self.document.items() for m in content["models"]]

    def row(self, handle: Any) -> dict[str, Any] | None:
        return self.document[handle[0]]["models"].get(handle[1])

    def put(self, handle: Any, row: dict[str, Any] | None) -> None:
        models = self.document[handle[0]]["models"]
        models.pop(handle[1], None)
        if row is not None:
            models[handle[1]] = row

    def is_own(self, handle: Any) -> bool:
        return handle[0] in VENDORS

    def elsewhere(self, chance: random.Random) -> tuple[Any, dict[str, Any]]:
        handles = self.rows()
        host, model = chance.choice(handles), chance.choice(handles)
        while self.is_own(host):
            host = chance.choice(handles)
        row = self.row(model)
        assert row is not None
        return (host[0], model[1]), copy.deepcopy(row)

    def named(self, handle: Any, name: str) -> tuple[Any, dict[str, Any]]:
        return (handle[0], name), {"id": name, "release_date": name[-10:]}

    def prices_of(self, row: dict[str, Any]) -> Iterable[dict[str, Any]]:
        return [row["cost"]] if isinstance(row.get("cost"), dict) else []

    def is_price(self, name: str) -> bool:
        return name in {"input", "output"}

    def some(self, rows: Iterable[Any]) -> bytes:
        found: dict[str, Any] = {}
        for provider, model in rows:
            content = self.document[provider]
            if model in content["models"]:
                slot = found.setdefault(provider, {**content, "models": {}})
                slot["models"][model] = content["models"][model]
        return json.dumps(found).encode()


class Listed(Prices):
    """Rows in a list, each with an id of its own."""

    def __init__(self, source: Source, part: str, payload: bytes):
        super().__init__(source, part, payload)
        self.by_id = {row["id"]: row for row in self.inside()}

    def inside(self) -> list[dict[str, Any]]:
        """The list."""
        return list(self.document["data"])

    def around(self, rows: list[dict[str, Any]]) -> Any:
        """The document with another list."""
        return {**self.document, "data": rows}

    def rows(self) -> list[Any]:
        return list(self.by_id)

    def row(self, handle: Any) -> dict[str, Any] | None:
        return self.by_id.get(handle)

    def put(self, handle: Any, row: dict[str, Any] | None) -> None:
        self.by_id.pop(handle, None)
        if row is not None:
            self.by_id[handle] = row

    def is_own(self, handle: Any) -> bool:
        return handle.split("/")[0] in VENDORS

    def elsewhere(self, chance: random.Random) -> tuple[Any, dict[str, Any]]:
        handle = chance.choice(self.rows())
        return handle, {}

    def named(self, handle: Any, name: str) -> tuple[Any, dict[str, Any]]:
        new = f"{handle.split('/')[0]}/{name}"
        return new, {"id": new, "canonical_slug": new}

    def whole(self) -> bytes:
        return json.dumps(self.around(list(self.by_id.values()))).encode()

    def some(self, rows: Iterable[Any]) -> bytes:
        return json.dumps(self.around([self.by_id[h] for h in rows if h in self.by_id])).encode()


class Openrouter(Listed):
    """Prices as text."""

    changes, added, removed, own_removed = 2.0, 0.0, 1.0, 1.0

    def prices_of(self, row: dict[str, Any]) -> Iterable[dict[str, Any]]:
        return [row["pricing"]]

    def is_price(self, name: str) -> bool:
        return name in {"prompt", "completion"}


class GenaiPrices(Prices):
    """Models in lists under providers in a list."""

    changes, added, removed = 2.0, 1.5, 1.0

    def rows(self) -> list[Any]:
        return [(n, m["id"]) for n, p in enumerate(self.document) for m in p["models"]]

    def row(self, handle: Any) -> dict[str, Any] | None:
        models = self.document[handle[0]]["models"]
        return next((m for m in models if m["id"] == handle[1]), None)

    def put(self, handle: Any, row: dict[str, Any] | None) -> None:
        provider = self.document[handle[0]]
        provider["models"] = [m for m in provider["models"] if m["id"] != handle[1]]
        if row is not None:
            provider["models"].append(row)

    def is_own(self, handle: Any) -> bool:
        return self.document[handle[0]]["id"] in VENDORS

    def elsewhere(self, chance: random.Random) -> tuple[Any, dict[str, Any]]:
        handles = self.rows()
        host, model = chance.choice(handles), chance.choice(handles)
        while self.is_own(host):
            host = chance.choice(handles)
        row = self.row(model)
        assert row is not None
        return (host[0], model[1]), copy.deepcopy(row)

    def named(self, handle: Any, name: str) -> tuple[Any, dict[str, Any]]:
        return (handle[0], name), {"id": name, "match": {"equals": name}}

    def prices_of(self, row: dict[str, Any]) -> Iterable[dict[str, Any]]:
        return [row["prices"]] if isinstance(row["prices"], dict) else []

    def is_price(self, name: str) -> bool:
        return name in {"input_mtok", "output_mtok"}

    def some(self, rows: Iterable[Any]) -> bytes:
        wanted = set(rows)
        found = []
        for number, provider in enumerate(self.document):
            models = [m for m in provider["models"] if (number, m["id"]) in wanted]
            if models:
                found.append({**provider, "models": models})
        return json.dumps(found).encode()


class Whole(Document, ABC):
    """A document that changes now and then, and is read whole when it does."""

    every_days = 7

    def evolve(self, chance: random.Random, day: date, launched: list[str]) -> tuple[Said, Said]:
        if day.toordinal() % self.every_days:
            return {}, {}
        before = self.says(self.payload)
        self.payload = self.changed(chance, day, launched)
        return before, self.says(self.payload)

    @abstractmethod
    def changed(self, chance: random.Random, day: date, launched: list[str]) -> bytes:
        """The next document."""


def read_rows(payload: bytes) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(payload.decode("utf-8-sig"))))


def write_rows(rows: list[dict[str, str]]) -> bytes:
    """A CSV file of rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


class Lmarena(Whole):
    """Every rating moves a little each week, and a model or two join."""

    def changed(self, chance: random.Random, day: date, launched: list[str]) -> bytes:
        rows = read_rows(self.payload)
        for row in rows:
            row["arena_score"] = f"{float(row['arena_score']) + chance.gauss(0, 2):.1f}"
        for name in launched[-2:]:
            if all(row["model"] != name for row in rows):
                rows.append({**chance.choice(rows), "model": name})
        return write_rows(rows)


class EpochEci(Whole):
    """The index is fitted anew."""

    every_days = 30

    def changed(self, chance: random.Random, day: date, launched: list[str]) -> bytes:
        rows = read_rows(self.payload)
        for row in rows:
            row["eci"] = str(float(row["eci"]) + chance.gauss(0, 0.1)) if row.get("eci") else ""
        return write_rows(rows)


class EpochHub(Whole):
    """Some results of new models a week, in a zip of tables."""

    results = 5

    def changed(self, chance: random.Random, day: date, launched: list[str]) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(self.payload)) as before:
            members = {info.filename: before.read(info) for info in before.infolist()}
        tables = [n for n, content in members.items()
                  if n.endswith(".csv") and b"Model version" in content[:2000]
                  and "index" not in n and "capabilities" not in n]  # fmt: skip
        for _ in range(self.results if launched else 0):
            name = chance.choice(tables)
            rows = read_rows(members[name])
            if not rows:
                continue
            row = {**chance.choice(rows), "Model version": chance.choice(launched[-20:])}
            if "Release date" in row:
                row["Release date"] = str(day)
            if "id" in row:
                row["id"] = f"{row['id']}-{day}"
            members[name] = write_rows([*rows, row])
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
            for name, content in members.items():
                after.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
        return out.getvalue()


class News(Whole):
    """A post a week in each feed; the oldest drops out."""

    def changed(self, chance: random.Random, day: date, launched: list[str]) -> bytes:
        tree = ElementTree.fromstring(self.payload)
        channel = tree.find("channel")
        assert channel is not None
        items = channel.findall("item")
        if not items:
            return self.payload
        item = copy.deepcopy(chance.choice(items))
        name = launched[-1] if launched else "a model"
        for tag, text in (
            ("title", f"Introducing {name}"),
            ("link", f"https://example.org/{self.part}/{day}"),
            ("pubDate", f"{day:%a, %d %b %Y} 10:00:00 +0000"),
        ):
            found = item.find(tag)
            if found is not None:
                found.text = text
        channel.remove(items[-1])
        channel.insert(0, item)
        return ElementTree.tostring(tree, xml_declaration=True, encoding="utf-8")


class Deprecations(Whole):
    """A retirement a week."""

    def changed(self, chance: random.Random, day: date, launched: list[str]) -> bytes:
        rows = json.loads(self.payload)
        row = copy.deepcopy(chance.choice([r for r in rows if r.get("shutdown_date")]))
        row |= {"model_id": dated(row["model_id"], day), "shutdown_date": str(day)}
        return json.dumps([*rows, row]).encode()


class Swebench(Whole):
    """A run a week."""

    def changed(self, chance: random.Random, day: date, launched: list[str]) -> bytes:
        document = json.loads(self.payload)
        board = chance.choice([b for b in document["leaderboards"] if b["results"]])
        row = copy.deepcopy(chance.choice(board["results"]))
        row |= {"folder": f"{day}_{row['folder'][:40]}", "date": str(day)}
        board["results"].append(row)
        return json.dumps(document).encode()


class Usage(Document):
    """Tokens of the 50 most used models on each of the last 30 days, as they rise and fall."""

    def __init__(self, source: Source, part: str, listed: Listed, first_day: date):
        super().__init__(source, part, b"")
        chance = random.Random(SEED)
        self.listed = listed
        names = chance.sample(listed.rows(), 120)
        #: Logarithm of the tokens a day.
        self.sizes = {name: 26 - 0.06 * place for place, name in enumerate(names)}
        self.days: dict[date, list[dict[str, Any]]] = {}
        for back in range(30, 0, -1):
            self.add(chance, first_day - timedelta(days=back), [])

    def add(self, chance: random.Random, day: date, launched: list[str]) -> None:
        """The tokens of one day; some launches find users, all lose them in the end."""
        for name in self.sizes:
            self.sizes[name] += chance.gauss(-0.01, 0.08)
        new = [name for name in launched[-9:] if name.endswith(str(day))]
        for handle in self.listed.rows() if new else ():
            if handle.rsplit("/", 1)[-1] in new and chance.random() < 0.5:
                self.sizes[handle] = max(self.sizes.values()) - chance.uniform(0, 4)
        most = sorted(self.sizes, key=lambda name: -self.sizes[name])
        self.sizes = {name: self.sizes[name] for name in most[:150]}
        tokens = {name: int(math.exp(self.sizes[name])) for name in most[:50]}
        self.days[day] = [
            {"date": str(day), "model_permaslug": name, "total_tokens": str(number)}
            for name, number in (tokens | {"other": sum(tokens.values()) // 4}).items()
        ]

    def evolve(self, chance: random.Random, day: date, launched: list[str]) -> tuple[Said, Said]:
        oldest = min(self.days)
        before = self.says(self.some([oldest]))
        del self.days[oldest]
        self.add(chance, day, launched)
        return before, self.says(self.some([day]))

    def whole(self) -> bytes:
        return self.some(self.days)

    def some(self, days: Iterable[date]) -> bytes:
        """A payload of these days only."""
        data = [row for day in days for row in self.days[day]]
        return json.dumps({"data": data, "meta": {"version": "v1"}}).encode()


KINDS: dict[str, Callable[[Source, str, bytes], Document]] = {
    "litellm": Litellm, "models_dev": ModelsDev, "openrouter": Openrouter,
    "genai_prices": GenaiPrices, "lmarena": Lmarena, "epoch_eci": EpochEci,
    "epoch_hub": EpochHub, "vendor_news_rss": News, "deprecations_rss": Deprecations,
    "swebench": Swebench,
}  # fmt: skip


@dataclass
class Run:
    """One run of observations while it goes on."""

    part: str
    fields: str
    fetch_id: str
    first_seen_at: datetime
    previous_fetch_at: datetime | None


@dataclass
class Market:
    """All live sources' documents, and the warehouse their history is written to."""

    connection: Connection
    snapshots: Snapshots
    documents: list[Document]
    day: date
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    launched: list[str] = field(default_factory=list)
    going: dict[tuple[str, str, str], Run] = field(default_factory=dict)
    ended: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def read_what_goes_on(self) -> None:
        """Take the open runs as the warehouse holds them."""
        self.going = {}
        for source in {
            document.source.name: document.source for document in self.documents
        }.values():
            for thing in source.things:
                for key, *rest in self.connection.execute(
                    "select key, part, fields::varchar, first_fetch_id, first_seen_at, "
                    f"previous_fetch_at from raw.{source.name}__{thing} where ended_at is null"
                ).fetchall():
                    self.going[source.name, thing, key] = Run(*rest)

    def load_whole(self) -> None:
        """Keep, log and load every document as it is now, by the real loader."""
        fetches = []
        for document in self.documents:
            payload = document.whole()
            self.snapshots.keep(payload)
            fetches.append(self._fetch(document, payload))
        self.snapshots.append(fetches)
        for source in sources().values():
            raw.load(self.connection, source, self.snapshots)
        self.read_what_goes_on()

    def _moment(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)

    def _fetch(self, document: Document, payload: bytes, status: str = "ok") -> Fetch:
        etag = f'"{hashlib.sha256(payload).hexdigest()[:32]}"'
        source = document.source
        return new_fetch(
            source.name, source.url_of(document.part), self._moment(), status, payload,
            part=document.part, http_status=200, etag=etag,
        )  # fmt: skip

    def pass_days(self, number: int, say: Callable[[str], None] = lambda line: None) -> None:
        """So many days of every source fetched, loaded and logged, by the short way."""
        fetches: list[Fetch] = []
        last: dict[int, Fetch] = {}
        for passed in range(1, number + 1):
            self.day += timedelta(days=1)
            for place, document in enumerate(self.documents):
                fetches.append(self._pass_day(document, last.get(place), passed == number))
                last[place] = fetches[-1]
            if passed % 365 == 0 or passed == number:
                self._write(fetches)
                fetches = []
                say(f"  {self.day}: {len(self.going):,} runs going on")

    def _pass_day(self, document: Document, last: Fetch | None, is_last_day: bool) -> Fetch:
        source = document.source
        before, now = document.evolve(self.chance, self.day, self.launched)
        if before == now and last is not None and not is_last_day:
            return new_fetch(
                source.name, last.url, self._moment(), "unchanged", None, sha256=last.sha256,
                part=document.part, http_status=304, etag=last.etag,
            )  # fmt: skip
        # Bytes of days long past are not read again; the newest are compared with the next.
        payload = f"{source.name} {document.part} {self.day}".encode()
        if is_last_day or last is None:
            payload = document.whole()
            self.snapshots.keep(payload)
        fetch = self._fetch(document, payload)
        moment = self._moment().replace(tzinfo=None)
        yesterday = moment - timedelta(days=1)
        for thing, key in before:
            if (thing, key) not in now:
                self._end(document, thing, key, yesterday, moment)
        for (thing, key), fields in now.items():
            place = (source.name, thing, key)
            if place in self.going and self.going[place].fields != fields:
                self._end(document, thing, key, yesterday, moment)
            if place not in self.going:
                self.going[place] = Run(document.part, fields, fetch.fetch_id, moment, yesterday)
        return fetch

    def _end(
        self, document: Document, thing: str, key: str, last_seen: datetime, moment: datetime
    ) -> None:
        run = self.going.pop((document.source.name, thing, key), None)
        if run is None:
            return
        table = f"raw.{document.source.name}__{thing}"
        self.ended.setdefault(table, []).append(
            (key, run.part, run.fields, run.fetch_id, run.first_seen_at, run.previous_fetch_at,
             last_seen, moment)
        )  # fmt: skip

    def _write(self, fetches: list[Fetch]) -> None:
        """Put what passed into the warehouse and the log, and mark the log as read."""
        connection = self.connection
        connection.execute("begin")
        rows: dict[str, list[tuple[Any, ...]]] = self.ended
        self.ended = {}
        for (source, thing, key), run in self.going.items():
            rows.setdefault(f"raw.{source}__{thing}", []).append(
                (key, run.part, run.fields, run.fetch_id, run.first_seen_at,
                 run.previous_fetch_at, None, None)
            )  # fmt: skip
        touched = {(d.source.name, thing) for d in self.documents for thing in d.source.things}
        for source, thing in touched:
            connection.execute(f"delete from raw.{source}__{thing} where ended_at is null")
            table = f"raw.{source}__{thing}"
            raw._insert(connection, table, RUN_COLUMNS, rows.get(table, []))
        raw._insert(
            connection,
            "raw.fetches",
            raw.FETCH_COLUMNS,
            [
                (f.fetch_id, f.source, f.url, raw._moment(f.fetched_at), f.status, f.http_status,
                 f.etag, f.last_modified, f.sha256, f.bytes, f.problem, f.part, 1, 0, None)
                for f in fetches
            ],
        )  # fmt: skip
        self.snapshots.append(fetches)
        size = self.snapshots.log.stat().st_size
        connection.execute(
            "update raw.log_positions set bytes = ?, tail = ?",
            [size, self.snapshots._tail(size)],
        )
        connection.execute("commit")

    def next_day(self, folder: Path) -> date:
        """Evolve one day more and lay its payloads out as an archive, for a replay to serve."""
        self.day += timedelta(days=1)
        for document in self.documents:
            document.evolve(self.chance, self.day, self.launched)
            name = document.part or document.source.file_names[0]
            path = folder / document.source.name / str(self.day) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(document.whole())
        return self.day


def open_market(connection: Connection, snapshots: Snapshots, archive: Path, day: date) -> Market:
    """The live sources as the archive last saw them, loaded as of `day`."""
    newest: dict[tuple[str, str], tuple[Source, Path]] = {}
    for source, on, path in archive_files(archive, sources().values()):
        part = path.relative_to(archive / source.name / on).as_posix() if source.is_tree else ""
        is_zip = source.suffix(part) == ".zip"
        if is_zip and path.suffix != ".zip":
            continue
        newest[source.name, part] = source, path
    documents: list[Document] = []
    for source in sources().values():
        for part in source.live_parts if source.is_live else ():
            if (source.name, part) in newest:
                payload = newest[source.name, part][1].read_bytes()
                documents.append(KINDS.get(source.name, Document)(source, part, payload))
    documents.sort(key=lambda document: not isinstance(document, Litellm))
    daily = sources()["openrouter_rankings_daily"]
    listed = next(d for d in documents if isinstance(d, Openrouter))
    documents.append(Usage(daily, daily.live_parts[0], listed, day))
    market = Market(connection, snapshots, documents, day)
    market.load_whole()
    return market
