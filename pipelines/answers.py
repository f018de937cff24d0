"""Answers to single questions (a price, an identity) from the published warehouse; no printing."""

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pipelines.warehouse import Connection, first_row

if TYPE_CHECKING:
    from pipelines.registry import Registry


class UnknownModel(Exception):
    """A name that means no model; the message gives the nearest."""


def _rows(
    connection: Connection, query: str, parameters: list[Any] | None = None
) -> list[dict[str, Any]]:
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")


def find_model(connection: Connection, name: str, as_of: date) -> str:
    """The version a name meant on a day. Raises UnknownModel with the nearest names."""
    found = [row[0] for row in connection.execute(
        "select distinct m.model_id from model_on(?, ?) as m order by all", [name, as_of]
    ).fetchall()]  # fmt: skip
    if len(found) == 1:
        return str(found[0])
    if len(found) > 1:
        raise UnknownModel(f"{name} may mean {', '.join(found)}; say which with its vendor")
    ever = [row[0] for row in connection.execute(
        "select distinct a.model_id from core.aliases as a "
        "where a.source is null and (a.alias = lower(?) or a.alias like '%/' || lower(?)) "
        "order by all", [name, name]
    ).fetchall()]  # fmt: skip
    if len(ever) == 1:
        return str(ever[0])
    nearest = ", ".join(target for target, _ in _registry(connection).suggest(name.lower()))
    raise UnknownModel(f"no model is called {name}; the nearest names are {nearest}")


def price_answer(
    connection: Connection,
    name: str,
    as_of: date | None,
    known_by: date | None,
    with_meters: bool = False,
) -> dict[str, Any]:
    """List price of a model on a day (default: the newest day known) with its evidence.

    `status` is known, unknown (no evidence for that day) or not_available (not sold that day);
    prices are decimal strings in USD per million tokens. With `with_meters`, a known answer has in
    `meters` what sources state beside the base prices of the vendor's own offering: context tiers,
    services, hours of the day, sound, pictures, searches.
    """
    if as_of is None:
        as_of = first_row(connection, "select max(published_on) from core.price_claims")[0]
    assert as_of is not None
    model_id = find_model(connection, name, as_of)
    answer: dict[str, Any] = {
        "model_id": model_id, "as_of": as_of.isoformat(),
        "known_by": known_by.isoformat() if known_by else None,
        "status": "unknown", "input_usd_per_mtok": None, "output_usd_per_mtok": None,
        "cache_read_usd_per_mtok": None, "is_disputed": None, "reason": None, "evidence": [],
    }  # fmt: skip
    prices = _rows(
        connection,
        "select p.* from prices_on(?, ?) as p where p.model_id = ? and p.is_list_price",
        [as_of, known_by, model_id],
    )
    if prices:
        found = prices[0]
        answer |= {
            "status": "known",
            "input_usd_per_mtok": _decimal(found["input_usd_per_mtok"]),
            "output_usd_per_mtok": _decimal(found["output_usd_per_mtok"]),
            "cache_read_usd_per_mtok": _decimal(found["cache_read_usd_per_mtok"]),
            "is_disputed": found["is_disputed"],
            "evidence": _evidence(connection, found["offering_id"], as_of, known_by),
        }
        if with_meters:
            answer["meters"] = _meters(connection, found["offering_id"], as_of, known_by)
        return answer
    available = _rows(
        connection, "select a.* from core.availability as a where a.model_id = ?", [model_id]
    )[0]
    known = known_by or date.max
    if (
        available["api_available_on"]
        and as_of < available["api_available_on"]
        and (available["released_known_on"] or date.min) <= known
    ):
        sold_from = available["api_available_on"]
        never = sold_from == date(9999, 12, 31)
        return answer | {
            "status": "not_available",
            "reason": "it was never sold" if never else f"its API opened on {sold_from}",
        }
    if (
        available["shutdown_on"]
        and as_of >= available["shutdown_on"]
        and available["retired_known_on"] <= known
    ):
        return answer | {
            "status": "not_available", "reason": f"it was shut down on {available['shutdown_on']}"
        }  # fmt: skip
    return answer | {"reason": _why_unknown(connection, model_id, as_of, known)}


def _evidence(
    connection: Connection, offering_id: str, as_of: date, known_by: date | None
) -> list[dict[str, Any]]:
    rows = _rows(
        connection,
        "select c.publisher, c.evidence, c.input_usd_per_mtok, c.output_usd_per_mtok, "
        "c.valid_from_earliest, c.valid_from_latest, c.published_on, c.source_url, c.licence, "
        "c.claim_id from price_claims_on(?, ?) as c where c.offering_id = ? "
        "order by c.published_on, c.publisher, c.claim_id",
        [as_of, known_by, offering_id],
    )
    return [
        {
            key: _decimal(value)
            if isinstance(value, Decimal)
            else value.isoformat()
            if isinstance(value, date)
            else value
            for key, value in row.items()
        }
        for row in rows
    ]


def _meters(
    connection: Connection, offering_id: str, as_of: date, known_by: date | None
) -> list[dict[str, Any]]:
    rows = _rows(
        connection,
        "select m.meter, m.unit, m.service, m.from_tokens, nullif(m.window_from, '') as "
        "window_from, nullif(m.window_to, '') as window_to, m.price_usd, "
        "string_agg(distinct m.source, ', ' order by m.source) as sources "
        "from meters_on(?, ?) as m where m.offering_id = ? "
        "and not (m.meter in ('input', 'output') and m.service = 'standard' "
        "and m.from_tokens = 0 and m.window_from = '' and m.unit = 'million tokens') "
        "group by m.meter, m.unit, m.service, m.from_tokens, m.window_from, m.window_to, "
        "m.price_usd order by case when m.service = 'standard' then '' else m.service end, "
        "m.from_tokens, m.window_from, m.meter, m.unit, m.price_usd",
        [as_of, known_by, offering_id],
    )
    return [row | {"price_usd": _decimal(row["price_usd"])} for row in rows]


def disagreements_answer(
    connection: Connection, as_of: date | None, known_by: date | None
) -> dict[str, Any]:
    """Where feeds give one version different prices on a day (default: the newest day known).

    `pairs` counts, for each two sources, the versions both price and those they differ on;
    `disagreements` has a row for each such difference, with its likeliest cause. Prices are decimal
    strings in USD per million tokens.
    """
    if as_of is None:
        as_of = first_row(connection, "select max(published_on) from core.price_claims")[0]
    assert as_of is not None
    pairs = _rows(
        connection,
        "with said as (select s.* from source_prices_on(?, ?) as s), "
        "differ as (select d.* from disagreements_on(?, ?) as d) "
        "select a.source, b.source as other_source, count(*) as compared, "
        "count(d.model_id) as differ "
        "from said as a inner join said as b on b.model_id = a.model_id and a.source < b.source "
        "left join differ as d on d.model_id = a.model_id and d.source = a.source "
        "and d.other_source = b.source group by a.source, b.source order by a.source, b.source",
        [as_of, known_by, as_of, known_by],
    )
    found = _rows(
        connection,
        "select d.* from disagreements_on(?, ?) as d order by d.model_id, d.source, d.other_source",
        [as_of, known_by],
    )
    for row in found:
        row |= {name: _decimal(v) for name, v in row.items() if isinstance(v, Decimal)}
    return {
        "as_of": as_of.isoformat(), "known_by": known_by.isoformat() if known_by else None,
        "pairs": pairs, "disagreements": found,
    }  # fmt: skip


def _why_unknown(connection: Connection, model_id: str, as_of: date, known: date) -> str:
    claims = _rows(
        connection,
        "select min(c.holds_from) as first_on, max(c.valid_to_earliest) as last_on "
        "from core.price_claims as c inner join core.offerings as o "
        "on o.offering_id = c.offering_id where c.model_id = ? and o.is_list_price "
        "and cast(c.known_at as date) <= ?",
        [model_id, known],
    )[0]
    if claims["first_on"] is None:
        return "no source known by then states a list price"
    if as_of < claims["first_on"]:
        return f"the first evidence of a list price is of {claims['first_on']}"
    return "the price changed, or the listing ended, around that day; which side it was is unknown"


def _registry(connection: Connection) -> "Registry":
    from pipelines.registry import known_registry  # rarely asked

    return known_registry(connection)


def identity_answer(
    connection: Connection, name: str, source: str, as_of: date | None = None
) -> dict[str, Any]:
    """Which model version a spelling means (on a day; default: as the name points now) and why.

    What was decided for the very spelling of a source counts; any other is read by the same rules.
    Without a source, what all sources agree on that use the spelling.
    """
    source, day = _source_named(connection, source)
    as_of = as_of or day
    answer = _decided(connection, name, source) or _read(connection, name, source)
    target = answer.pop("target")
    points = _rows(
        connection,
        "select a.model_id, a.valid_from, a.valid_to, a.reason from core.aliases as a "
        "where a.alias = ? and (cast(? as date) is null or (a.valid_from <= ? and a.valid_to > ?)) "
        "order by a.valid_from desc limit 1",
        [target, as_of, as_of, as_of],
    )
    if target is not None and not points:
        answer["status"] = "unknown"
        answer["way"] += f"; what {target} meant on that day is not known"
    return {"model_id": points[0]["model_id"] if points else None} | answer


def _source_named(connection: Connection, said: str) -> tuple[str, date | None]:
    """A source as people write it (`models.dev`, `lmarena@2024-09-20`), and the day behind it."""
    name, _, day = said.partition("@")
    name = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    known = [
        row[0]
        for row in connection.execute("select s.source from raw.sources as s order by 1").fetchall()
    ]
    alike = [s for s in known if name and (s.startswith(name) or name.startswith(f"{s}_"))]
    found = name if name in known or not alike else alike[0]
    try:
        return found, date.fromisoformat(day.replace("_", "-")) if day else None
    except ValueError:
        return found, None


def _decided(connection: Connection, name: str, source: str) -> dict[str, Any] | None:
    """What the pipeline decided for a spelling; None where sources differ or none has it."""
    found = _rows(
        connection,
        "select distinct n.target, n.configuration, n.host_id as host, n.variant, n.system, "
        "n.status, n.way from core.names as n "
        "where n.spelling = ? and (n.source = ? or ? = '') and n.status = 'resolved'",
        [name, source, source],
    )
    if not found or len({row["target"] for row in found}) > 1:
        return None
    return found[0] | {"candidates": []}


def _read(connection: Connection, name: str, source: str) -> dict[str, Any]:
    """What the rules make of a spelling."""
    found = _registry(connection).resolve(source, name)
    return {
        "target": found.target, "configuration": found.configuration, "host": found.host_id,
        "variant": found.variant, "system": found.system, "status": found.status,
        "way": found.way,
        "candidates": [{"name": n, "score": score} for n, score in found.candidates],
    }  # fmt: skip


def coverage_answer(connection: Connection, by_kind: bool = False) -> list[dict[str, Any]]:
    """How much is under a name that was understood: `marts.name_coverage`, or its chat models.

    Of the short form a row is a source and thing, `understood` the percentage of all rows that
    name a model to chat with, `other` how many rows name something else.
    """
    if by_kind:
        return _rows(connection, "select c.* from marts.name_coverage as c order by all")
    return _rows(
        connection,
        "select c.source, c.thing, sum(c.rows) filter (where c.kind = 'model') as rows, "
        "round(100.0 * sum(c.rows_resolved) filter (where c.kind = 'model') / "
        "sum(c.rows) filter (where c.kind = 'model'), 1) as understood, "
        "coalesce(sum(c.rows) filter (where c.kind <> 'model'), 0) as other "
        "from marts.name_coverage as c group by c.source, c.thing order by c.thing, c.source",
    )


def open_names_answer(connection: Connection, source: str, limit: int) -> list[dict[str, Any]]:
    """Names of a source that are not understood, most frequent first, with the nearest known."""
    found, _ = _source_named(connection, source)
    return _rows(
        connection,
        "select u.spelling, u.observations as rows, u.kind, u.status, u.candidates as nearest "
        "from core.unresolved_names as u where u.source = ? "
        "order by u.observations desc, u.spelling limit ?",
        [found, limit],
    )


def used_without_leave(connection: Connection) -> list[str]:
    """Sources in use that were read and whose terms do not allow commercial use, or state none."""
    found = _rows(
        connection,
        "select s.source from raw.sources as s where s.is_used and not s.may_use_commercially "
        "and exists (select 1 from raw.fetches as f where f.source = s.source "
        "and f.status <> 'failed') order by s.source",
    )
    return [row["source"] for row in found]
