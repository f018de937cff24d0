"""Small payloads in each price feed's real format, and a market built from them in memory.

Nothing here asserts; `Feed` writes documents as the publisher would, `Market` loads them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from pipelines import raw, tables
from pipelines.sources import Source, sources
from pipelines.tables import Connection, catalogue

#: USD per million tokens, input and output, as text so that they stay exact.
Prices = Mapping[str, tuple[str, str]]
#: Enough tables to ask prices_on and meters_on, without the fits of capability.
PRICE_TABLES = (
    "core.quarantine", "core.price_meters", *sorted(catalogue().tables_read("prices_on")),
)  # fmt: skip


def _number(usd_per_mtok: str, per_token: bool) -> float:
    return float(Decimal(usd_per_mtok) / 1_000_000 if per_token else Decimal(usd_per_mtok))


def litellm_document(prices: Prices, provider: str = "openai") -> dict[str, Any]:
    """LiteLLM's map: the documentation row first, USD per token."""
    document: dict[str, Any] = {
        "sample_spec": {
            "max_tokens": "LEGACY parameter",
            "input_cost_per_token": 0.0,
            "litellm_provider": "one of the providers",
            "mode": "one of: chat, embedding",
            "deprecation_date": "date when the model becomes deprecated",
        }
    }
    for name, (input_price, output_price) in prices.items():
        document[name] = {
            "max_input_tokens": 128000,
            "input_cost_per_token": _number(input_price, True),
            "output_cost_per_token": _number(output_price, True),
            "litellm_provider": provider,
            "mode": "chat",
        }
    return document


def models_dev_document(prices: Prices, provider: str = "openai") -> dict[str, Any]:
    """The models.dev catalogue: providers, models, USD per million tokens."""
    models = {
        name: {
            "id": name,
            "name": name,
            "reasoning": False,
            "limit": {"context": 128000, "output": 16384},
            "cost": {"input": _number(i, False), "output": _number(o, False)},
        }
        for name, (i, o) in prices.items()
    }
    return {provider: {"id": provider, "name": provider, "env": [], "models": models}}


def genai_prices_document(prices: Prices, provider: str = "openai") -> list[Any]:
    """The genai-prices list of providers, USD per million tokens."""
    models = [
        {
            "id": name,
            "match": {"equals": name},
            "prices": {"input_mtok": _number(i, False), "output_mtok": _number(o, False)},
        }
        for name, (i, o) in prices.items()
    ]
    return [{"id": provider, "name": provider, "models": models}]


@dataclass(frozen=True)
class Feed:
    """How one feed writes a price list, and where in it a model's prices stand."""

    name: str
    document: Callable[..., Any]
    #: The object of one model, and within it the object that holds its prices.
    row: Callable[[Any, str], dict[str, Any]]
    prices_of: Callable[[dict[str, Any]], dict[str, Any]]
    input_field: str
    output_field: str
    per_token: bool
    #: The spelling under which the feed's rows are filed.
    key: Callable[[str], str]
    empty: bytes

    @property
    def source(self) -> Source:
        return sources()[self.name]

    def payload(self, prices: Prices, provider: str = "openai") -> bytes:
        return json.dumps(self.document(prices, provider), indent=1).encode()

    def changed(self, prices: Prices, change: Callable[[Any], None]) -> bytes:
        """A payload after `change` was done to its document."""
        document = self.document(prices)
        change(document)
        return json.dumps(document, indent=1).encode()

    def with_prices(self, prices: Prices, side: str, written: Mapping[str, str]) -> bytes:
        """A payload in which some models' prices on one side stand as the JSON texts `written`."""
        document = self.document(prices)
        field = self.input_field if side == "input" else self.output_field
        for name in written:
            self.prices_of(self.row(document, name))[field] = f"@@{name}@@"
        text = json.dumps(document, indent=1)
        for name, value in written.items():
            text = text.replace(f'"@@{name}@@"', value)
        return text.encode()

    def with_price(self, prices: Prices, name: str, side: str, written: str) -> bytes:
        """The same for one model."""
        return self.with_prices(prices, side, {name: written})

    def written(self, usd_per_mtok: str) -> str:
        """A price as the feed writes it."""
        return repr(_number(usd_per_mtok, self.per_token))


FEEDS = {
    "litellm": Feed(
        name="litellm",
        document=litellm_document,
        row=lambda document, name: document[name],
        prices_of=lambda row: row,
        input_field="input_cost_per_token",
        output_field="output_cost_per_token",
        per_token=True,
        key=lambda name: name,
        empty=b"{}",
    ),
    "models_dev": Feed(
        name="models_dev",
        document=models_dev_document,
        row=lambda document, name: document["openai"]["models"][name],
        prices_of=lambda row: row["cost"],
        input_field="input",
        output_field="output",
        per_token=False,
        key=lambda name: f"openai/{name}",
        empty=b"{}",
    ),
    "genai_prices": Feed(
        name="genai_prices",
        document=genai_prices_document,
        row=lambda document, name: next(m for m in document[0]["models"] if m["id"] == name),
        prices_of=lambda row: row["prices"],
        input_field="input_mtok",
        output_field="output_mtok",
        per_token=False,
        key=lambda name: f"openai/{name}",
        empty=b"[]",
    ),
}


def _tables_of(*wanted: str) -> list[str]:
    """Tables needed for `wanted`, in the order in which they are built."""
    known = catalogue()
    needed = known.upstream(wanted)
    return [name for name in known.order if name in needed]


@cache
def _quiet_market() -> Connection:
    """A database with the edition's prices and no feed read, built once and then copied."""
    connection = duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, sources().values())
    tables.build_all(connection, PRICE_TABLES)
    return connection


_numbers = count()


def _copy_of(template: Connection) -> Connection:
    connection = template.cursor()
    name = f"market_{next(_numbers)}"
    connection.execute(f"attach ':memory:' as {name}")
    connection.execute(f"copy from database memory to {name}")
    connection.execute(f"use {name}")
    return connection


def at(moment: str) -> datetime:
    """`2025-03-01` or `2025-03-01T12:00` as UTC."""
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")


class Market:
    """Feeds' payloads kept on disk and loaded into a warehouse in memory."""

    def __init__(self, folder: Path):
        self.snapshots = raw.Snapshots(folder)
        self.connection = _copy_of(_quiet_market())
        self.changed: set[str] = set()

    def close(self) -> None:
        """Forget the database."""
        (name,) = rows(self.connection, "select current_database()")[0]
        self.connection.execute("use memory")
        self.connection.execute(f"detach {name}")
        self.connection.close()

    def fetched(self, feed: str, moment: str, payload: bytes, **more: Any) -> raw.Fetch:
        """Keep and log a payload as fetched at a moment."""
        self.snapshots.keep(payload)
        source = sources()[feed]
        fetch = raw.new_fetch(feed, source.url, at(moment), "ok", payload, **more)
        self.snapshots.append([fetch])
        self.changed |= {f"raw.{feed}__{thing}" for thing in source.things}
        return fetch

    def unchanged(self, feed: str, moment: str, since: raw.Fetch) -> raw.Fetch:
        """Log that a source had nothing new."""
        fetch = raw.new_fetch(
            feed, since.url, at(moment), "unchanged", None, sha256=since.sha256, http_status=304
        )
        self.snapshots.append([fetch])
        return fetch

    def load(self) -> None:
        """Read what is logged and not loaded yet."""
        for source in sources().values():
            if any(f"raw.{source.name}__{thing}" in self.changed for thing in source.things):
                raw.load(self.connection, source, self.snapshots)

    def load_everything(self) -> None:
        """Read every source's log, whoever wrote it."""
        self.changed |= {f"raw.{s.name}__{thing}" for s in sources().values() for thing in s.things}
        self.load()

    def add(self, seed: str, **row: Any) -> None:
        """A row beside the edition's own, in `seeds.<seed>`."""
        self.connection.execute(
            f"insert into seeds.{seed} ({', '.join(row)}) values ({', '.join('?' * len(row))})",
            list(row.values()),
        )
        self.changed.add(f"seeds.{seed}")

    def build(self, *only: str) -> Connection:
        """Load what is new and rebuild what depends on it; prices_on can be asked afterwards.

        Or rebuild `only` some tables and what they need.
        """
        self.load()
        with patch.object(tables, "_document"):  # comments are a quarter of the time
            self._rebuild(only or PRICE_TABLES)
        return self.connection

    def _rebuild(self, wanted: Sequence[str]) -> None:
        known = catalogue()
        touched = self.changed | {"raw.fetches"}
        done: set[str] = set()
        for name in _tables_of(*wanted):
            table = known.tables[name]
            if table.schema == "seeds" or name in done or not known.tables_read(name) & touched:
                continue
            if table.python:
                siblings = [t for t in known.tables.values() if t.python == table.python]
                tables.build_python(table.python, siblings, self.connection)
                done |= {t.full_name for t in siblings}
                touched |= done
            else:
                tables.build(table, self.connection)
                touched.add(name)

    def list_prices(self, as_of: str, known_by: str | None = None) -> dict[str, tuple[str, str]]:
        """Every model's list price on a day, as decimal texts."""
        found = rows(
            self.connection,
            "select p.model_id, p.input_usd_per_mtok, p.output_usd_per_mtok "
            "from prices_on(?, ?) as p where p.is_list_price",
            [date.fromisoformat(as_of), known_by and date.fromisoformat(known_by)],
        )
        return {model: (_plain(i), _plain(o)) for model, i, o in found}

    def price(
        self, model_id: str, as_of: str, known_by: str | None = None, host: str = "openai"
    ) -> tuple[str, str] | None:
        """Resolved standard price on a day as decimal texts; None if there is no row."""
        found = self.answer(model_id, as_of, known_by, host)
        return None if found is None else (found["input"], found["output"])

    def answer(
        self, model_id: str, as_of: str, known_by: str | None = None, host: str = "openai"
    ) -> dict[str, Any] | None:
        """The row of prices_on as a dict; prices are plain decimal texts."""
        cursor = self.connection.execute(
            "select p.* from prices_on(?, ?) as p "
            "where p.model_id = ? and p.host = ? and p.variant = 'standard'",
            [date.fromisoformat(as_of), known_by and date.fromisoformat(known_by), model_id, host],
        )
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
        assert len(rows) <= 1, rows
        if not rows:
            return None
        row = dict(zip(names, rows[0], strict=True))
        row["input"] = _plain(row["input_usd_per_mtok"])
        row["output"] = _plain(row["output_usd_per_mtok"])
        return row

    def reasons(self, feed: str) -> list[str]:
        """Everything in quarantine and every problem of a fetch, in words."""
        found = self.connection.execute(
            "select q.reason from core.quarantine as q where q.source = ? "
            "union all select f.problem from raw.fetches as f "
            "where f.source = ? and f.problem is not null",
            [feed, feed],
        ).fetchall()
        return sorted(row[0] for row in found)


def rows(connection: Connection, query: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """All rows of an answer, read to its end."""
    return connection.execute(query, list(parameters)).fetchall()
