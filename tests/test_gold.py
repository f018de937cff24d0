"""The verified launch values come back exactly from SQL, under both clocks."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.tables import Connection

pytestmark = pytest.mark.archive
LAUNCH, DAY_AFTER = date(2024, 9, 12), date(2024, 9, 13)
MODELS = {
    "o1-mini": "openai/o1-mini-2024-09-12",
    "o1-preview": "openai/o1-preview-2024-09-12",
    "o1 (Sept 2024 checkpoint)": "openai/o1-2024-09-12-checkpoint",
    "o1-ioi (fine-tuned)": "openai/o1-ioi-2024-09-12",
    "o1 (system card post-mitigation)": "openai/o1-2024-12-05-system-card",
    "o1-2024-12-17": "openai/o1-2024-12-17",
    "gpt-4o": "openai/gpt-4o-2024-05-13",
    "gpt-4o-2024-05-13": "openai/gpt-4o-2024-05-13",
    "claude-3-5-sonnet-20241022": "anthropic/claude-3-5-sonnet-20241022",
}
BENCHMARKS = {
    "AIME 2024": "aime_2024",
    "Codeforces": "codeforces",
    "SWE-bench Verified": "swe_bench_verified",
}
#: Launch-day list prices that every dated source agrees on (research on pricing, section 0).
TRUE_PRICES = {
    "openai/o1-mini-2024-09-12": (3, 12),
    "openai/o1-preview-2024-09-12": (15, 60),
    "openai/gpt-4o-2024-05-13": (5, 15),
    "openai/gpt-4o-2024-08-06": ("2.5", 10),
    "openai/gpt-4o-mini-2024-07-18": ("0.15", "0.6"),
    "anthropic/claude-3-5-sonnet-20240620": (3, 15),
    "google/gemini-1.5-flash-001": ("0.075", "0.3"),
}


@pytest.fixture(params=["edition", "archive_warehouse"])
def market_of(request: pytest.FixtureRequest) -> Connection:
    """The edition alone, and with the whole archive loaded."""
    found: Connection = request.getfixturevalue(request.param)
    return found


def values(gold: Path) -> list[dict[str, str]]:
    with (gold / "o1_launch_values.csv").open() as file:
        return list(csv.DictReader(file))


def found(connection: Connection, row: dict[str, str], known_by: date) -> list[Any]:
    """What SQL holds under the row's own metric and publisher, known by a day."""
    if row["benchmark"] == "price":
        if row["metric"] == "discount":
            query = (
                "select c.value from core.claims as c where c.kind = 'price_discount' "
                "and c.author = ? and c.subject_model_id = ? and c.object_model_id = ? "
                "and c.stated_on = ? and c.stated_on <= ?"
            )
            subject, _, compared = row["model"].partition(" vs ")
            words = [row["publisher"], MODELS[subject], MODELS[compared], row["as_of"], known_by]
        else:
            query = (
                "select c.input_usd_per_mtok from core.price_claims as c where c.publisher = ? "
                "and c.model_id = ? and c.published_on = ? and c.evidence = ? "
                "and cast(c.known_at as date) <= ?"
            )
            words = [row["publisher"], MODELS[row["model"]], row["as_of"], row["status"], known_by]
        return [r[0] for r in connection.execute(query, words).fetchall()]
    metric = {"Elo": "elo"}.get(row["metric"], row["metric"].removesuffix(" (not stated on page)"))
    return [
        r[0]
        for r in connection.execute(
            "select r.score from core.results as r where r.model_id = ? and r.benchmark_id = ? "
            "and r.metric = ? and r.publisher = ? and r.published_on = ? and r.evidence = ? "
            "and r.unit = ? and r.published_on <= ?",
            [
                MODELS[row["model"]], BENCHMARKS[row["benchmark"]], metric, row["publisher"],
                row["as_of"], row["status"], row["unit"], known_by,
            ],
        ).fetchall()
    ]  # fmt: skip


def test_all_values_come_back_exactly(market_of: Connection, gold: Path) -> None:
    rows = values(gold)
    assert len(rows) == 27
    for row in rows:
        answer = found(market_of, row, date.max)
        assert [Decimal(a) for a in answer] == [Decimal(row["value"])], row


def test_the_day_after_only_what_was_published_by_then(market_of: Connection, gold: Path) -> None:
    for row in values(gold):
        answer = found(market_of, row, DAY_AFTER)
        published = date.fromisoformat(row["as_of"]) <= DAY_AFTER
        assert [Decimal(a) for a in answer] == ([Decimal(row["value"])] if published else []), row


@pytest.mark.parametrize("known_by", [DAY_AFTER, None])
@pytest.mark.parametrize("model_id", TRUE_PRICES)
def test_launch_day_prices_are_true(
    market_of: Connection, model_id: str, known_by: date | None
) -> None:
    rows = market_of.execute(
        "select p.input_usd_per_mtok, p.output_usd_per_mtok from prices_on(?, ?) as p "
        "where p.model_id = ? and p.is_list_price",
        [LAUNCH, known_by, model_id],
    ).fetchall()
    assert rows == [tuple(Decimal(price) for price in TRUE_PRICES[model_id])]


@pytest.mark.parametrize("known_by", [DAY_AFTER, None])
def test_a_model_not_yet_sold_has_no_price(market_of: Connection, known_by: date | None) -> None:
    rows = market_of.execute(
        "select * from prices_on(?, ?) as p where p.model_id = 'openai/o1-2024-12-17'",
        [LAUNCH, known_by],
    ).fetchall()
    assert rows == []


def test_nothing_is_priced_before_its_api_date_or_first_evidence(market_of: Connection) -> None:
    for model_id in TRUE_PRICES:
        rows = market_of.execute(
            "select * from prices_on('2023-01-01', null) as p where p.model_id = ?", [model_id]
        ).fetchall()
        assert rows == []


def test_histories_without_dates_do_not_reach_back(market_of: Connection) -> None:
    """Price lists without dates answer 1.10/4.40 for o1-mini and 2.50/10 for gpt-4o that day."""
    for name, wrong in (("openai/o1-mini", "1.1"), ("openai/gpt-4o", "2.5")):
        rows = market_of.execute(
            "select p.input_usd_per_mtok from model_on(?, ?) as m "
            "inner join prices_on(?, null) as p on p.model_id = m.model_id and p.is_list_price",
            [name, LAUNCH, LAUNCH],
        ).fetchall()
        assert len(rows) == 1
        assert rows[0][0] != Decimal(wrong)


@pytest.mark.parametrize(
    ("claim_id", "verdict"),
    [
        ("seed-01", "supported"), ("seed-02", "contradicted"), ("seed-03", "misattributed"),
        ("seed-04", "supported"), ("seed-05", "misattributed"), ("seed-06", "contradicted"),
        ("seed-07", "supported"), ("seed-08", "contradicted"), ("seed-09", "not_supported"),
        ("seed-10", "splits_by_role"), ("seed-11", "supported"), ("seed-12", "supported"),
    ],
)  # fmt: skip
def test_the_analysts_claims_get_the_verdicts_of_the_method(
    market_of: Connection, claim_id: str, verdict: str
) -> None:
    rows = market_of.execute(
        "select k.verdict from marts.claim_checks as k where k.claim_id = ?", [claim_id]
    ).fetchall()
    assert rows == [(verdict,)]


def test_misattributed_figures_name_their_owner(market_of: Connection) -> None:
    owners = market_of.execute(
        "select distinct k.belongs_to from marts.claim_checks as k where k.verdict = 'misattributed'"
    ).fetchall()
    assert owners == [("openai/o1-2024-09-12-checkpoint",)]
