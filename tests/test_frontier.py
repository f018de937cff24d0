"""The frontier over all days is what brute force finds, ties and free models included."""

from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd
from feeds import rows

from pipelines.settings import SQL
from pipelines.tables import Connection, catalogue, read_table

MEMBERS = "marts.segment_members"
CASES, PER_RUN = 1000, 250


def frontier_of(connection: Connection) -> str:
    connection.execute(catalogue().macros["price_bucket"].statement)
    days = "(select distinct p.on_day from panel as p)"
    select = read_table(SQL / "marts" / "frontier.sql").select.replace(MEMBERS, "panel")
    return select.replace("analysis.member_days", days)


def panel_of(first: int, cases: int) -> pd.DataFrame:
    """Each day is a data set of its own: few distinct prices and capabilities, so many ties."""
    parts = []
    for case in range(first, first + cases):
        random = np.random.default_rng(case)
        models = int(random.integers(1, 25))
        prices = random.choice([0.0, 0.05, 0.1, 1.0, 1.01, 1.02, 2.5, 60.0], models)
        if case % 2:
            prices = np.round(np.exp(random.normal(0, 2, models)), int(random.integers(0, 3)))
        day = date(2000, 1, 1) + timedelta(case)
        parts.append(
            pd.DataFrame(
                {
                    "segment_id": random.choice(["one", "other"], models),
                    "on_day": day,
                    "until_day": day + timedelta(1),
                    "model_id": [f"m{i}" for i in range(models)],
                    "price": prices,
                    "capability": random.integers(90, 100, models).astype(float),
                    "state_id": "any",
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def brute_force(panel: pd.DataFrame) -> set[tuple[str, date, str]]:
    found = set()
    for (segment, day), market in panel.groupby(["segment_id", "on_day"]):
        price, capability = market["price"].to_numpy(), market["capability"].to_numpy()
        no_dearer = price[None, :] <= price[:, None]
        no_worse = capability[None, :] >= capability[:, None]
        better = (price[None, :] < price[:, None]) | (capability[None, :] > capability[:, None])
        on = ~np.any(no_dearer & no_worse & better, axis=1)
        found |= {(segment, day, model) for model in market["model_id"][on]}
    return found


def test_the_frontier_is_that_of_brute_force_on_a_thousand_tied_markets() -> None:
    connection = duckdb.connect()
    for first in range(0, CASES, PER_RUN):
        panel = panel_of(first, PER_RUN)
        connection.register("panel", panel)
        sql = frontier_of(connection)
        found = rows(connection, f"select segment_id, on_day, model_id from ({sql}) as f")
        assert len(found) == len(set(found))
        assert set(found) == brute_force(panel)


def test_the_frontier_of_one_day_is_that_of_the_history() -> None:
    connection = duckdb.connect()
    panel = panel_of(0, 60)
    connection.register("panel", panel)
    connection.execute("create schema marts")
    connection.execute(f"create table marts.frontier as {frontier_of(connection)}")
    connection.execute(catalogue().macros["frontier_history_on"].statement)
    expected = brute_force(panel)
    for day in sorted(set(panel["on_day"])):
        for segment in ("one", "other"):
            found = rows(
                connection, "select model_id from frontier_history_on(?, ?)", [segment, str(day)]
            )
            assert {(segment, day, model) for (model,) in found} == {
                one for one in expected if one[:2] == (segment, day)
            }


def test_the_history_and_the_market_of_one_day_agree(warehouse: Connection) -> None:
    """The stored history with hindsight, against the rule that answers any day and known time."""
    [(segment, day)] = rows(
        warehouse,
        "select segment_id, max(on_day) from marts.segment_members "
        "where segment_id = 'math_reasoning' group by segment_id",
    )
    stored = rows(
        warehouse,
        "select model_id, price, capability from frontier_history_on(?, ?)",
        [segment, str(day)],
    )
    asked = rows(
        warehouse,
        "select model_id, price_3to1_usd_per_mtok, capability from frontier_on(?, ?, null)",
        [segment, str(day)],
    )
    assert len(stored) > 3
    assert stored == asked


def test_standing_over_time_has_no_gap_within_a_period_and_no_overlap(
    warehouse: Connection,
) -> None:
    overlaps = rows(
        warehouse,
        "select a.segment_id, a.model_id, a.valid_from from marts.segment_standing as a "
        "inner join marts.segment_standing as b on b.segment_id = a.segment_id "
        "and b.model_id = a.model_id and b.valid_from > a.valid_from "
        "and (a.valid_to is null or b.valid_from < a.valid_to)",
    )
    assert overlaps == []
    days = rows(
        warehouse,
        "select d.segment_id, d.model_id, d.days_on_frontier, sum(case when s.is_on_frontier "
        "then date_diff('day', s.valid_from, least(coalesce(s.valid_to, date '9999-12-31'), "
        "n.as_of + 1)) else 0 end) from marts.days_on_frontier as d "
        "inner join marts.segment_standing as s on s.segment_id = d.segment_id "
        "and s.model_id = d.model_id inner join (select max(as_of) as as_of "
        "from core.segment_days where basis = 'newest') as n on s.valid_from <= n.as_of "
        "group by all",
    )
    assert len(days) > 100
    assert all(stated == summed for _, _, stated, summed in days)


def test_a_price_of_capability_never_rises_with_a_lower_level(warehouse: Connection) -> None:
    risen = rows(
        warehouse,
        "select a.segment_id from marts.price_of_capability as a "
        "inner join marts.price_of_capability as b on b.segment_id = a.segment_id "
        "and b.on_day = a.on_day and b.capability_level > a.capability_level "
        "where a.price_3to1_usd_per_mtok > b.price_3to1_usd_per_mtok "
        "or (a.price_3to1_usd_per_mtok is null and b.price_3to1_usd_per_mtok is not null)",
    )
    assert risen == []
