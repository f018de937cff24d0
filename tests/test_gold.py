"""The verified values of the o1 launch come back exactly, each from the day it was known."""

import csv
import functools
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from feeds import rows

from pipelines.tables import Connection

pytestmark = pytest.mark.archive

LAUNCH, DAY_AFTER = "2024-09-12", "2024-09-13"
TODAY = datetime.now(UTC).date().isoformat()
MODELS = {
    "o1-mini": "openai/o1-mini-2024-09-12",
    "o1-preview": "openai/o1-preview-2024-09-12",
    "o1 (Sept 2024 checkpoint)": "openai/o1-2024-09-12-checkpoint",
    "o1 (system card post-mitigation)": "openai/o1-2024-12-05-system-card",
    "o1-ioi (fine-tuned)": "openai/o1-ioi-2024-09-12",
    "o1-2024-12-17": "openai/o1-2024-12-17",
    "gpt-4o": "openai/gpt-4o-2024-05-13",
    "gpt-4o-2024-05-13": "openai/gpt-4o-2024-05-13",
    "claude-3-5-sonnet-20241022": "anthropic/claude-3-5-sonnet-20241022",
}
BENCHMARKS = {"AIME 2024": "aime_2024", "Codeforces": "codeforces",
              "SWE-bench Verified": "swe_bench_verified"}  # fmt: skip
METRICS = {"pass@1 (not stated on page)": "pass@1", "Elo": "elo"}


@functools.cache
def gold_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(params=["edition", "archive_warehouse"])
def market(request: pytest.FixtureRequest) -> Connection:
    """The edition alone, and with the whole archive loaded beside it."""
    connection: Connection = request.getfixturevalue(request.param)
    return connection


def result_is_found(connection: Connection, row: dict[str, str], known_by: str) -> bool:
    model_id = MODELS[row["model"]]
    metric = METRICS.get(row["metric"], row["metric"])
    found = rows(
        connection,
        "select any_value(r.model_id) from core.results as r "
        "where r.benchmark_id = ? and r.metric = ? "
        "and r.score = ? and r.unit = ? and r.publisher = ? and r.published_on = ?::date "
        "and r.published_on <= ?::date and r.evidence = ? group by r.measurement_id",
        [BENCHMARKS[row["benchmark"]], metric, Decimal(row["value"]), row["unit"],
         row["publisher"], row["as_of"], known_by, row["status"]],
    )  # fmt: skip
    return found.count((model_id,)) == 1


def price_is_found(connection: Connection, row: dict[str, str], known_by: str) -> bool:
    found = rows(
        connection,
        "select c.input_usd_per_mtok, c.output_usd_per_mtok from core.price_claims as c "
        "where c.model_id = ? and c.publisher = ? and c.published_on = ?::date "
        "and c.published_on <= ?::date and c.input_usd_per_mtok = ? and c.evidence = ?",
        [MODELS[row["model"]], row["publisher"], row["as_of"], known_by,
         Decimal(row["value"]), row["status"]],
    )  # fmt: skip
    output = Decimal(row["note"].removeprefix("output "))
    return [out for _, out in found] == [output]


def is_found(connection: Connection, row: dict[str, str], known_by: str) -> bool:
    if row["metric"] == "discount":
        return discount_is_found(connection, row, known_by)
    if row["benchmark"] == "price":
        return price_is_found(connection, row, known_by)
    return result_is_found(connection, row, known_by)


def discount_is_found(connection: Connection, row: dict[str, str], known_by: str) -> bool:
    found = rows(
        connection,
        "select k.verdict, k.true_value from core.claims as c "
        "inner join marts.claim_checks as k on k.claim_id = c.claim_id "
        "where c.kind = 'price_ratio' and c.author = ? and c.stated_on = ?::date "
        "and c.stated_on <= ?::date and c.scope = ? || '%'",
        [row["publisher"], row["as_of"], known_by, row["value"]],
    )
    return [(v, round(t, 6)) for v, t in found] == [("supported", float(row["value"]))]


@pytest.mark.parametrize("number", range(27))
def test_a_verified_value_comes_back_from_the_day_it_was_known(
    market: Connection, gold: Path, number: int
) -> None:
    row = gold_rows(gold / "o1_launch_values.csv")[number]
    assert is_found(market, row, TODAY), row
    assert is_found(market, row, DAY_AFTER) == (row["as_of"] <= DAY_AFTER), row


def test_there_are_27_verified_values(gold: Path) -> None:
    assert len(gold_rows(gold / "o1_launch_values.csv")) == 27


def test_nothing_else_is_claimed_of_these_models_on_these_benchmarks_that_day(
    edition: Connection, gold: Path
) -> None:
    """OpenAI's own figures known the day after are the verified ones and no other.

    The cons@64 of the comparison model stands in a note of the list, not in a row.
    """
    found = rows(
        edition,
        "select r.model_id, r.benchmark_id, r.metric, cast(r.score as double) "
        "from core.results as r where r.benchmark_id in ('aime_2024', 'codeforces') "
        "and r.publisher = 'OpenAI' and r.published_on = date '2024-09-12' order by all",
    )
    listed = {
        (BENCHMARKS[row["benchmark"]], METRICS.get(row["metric"], row["metric"]),
         float(row["value"]))
        for row in gold_rows(gold / "o1_launch_values.csv")
        if row["benchmark"] in BENCHMARKS and row["as_of"] == LAUNCH
    }  # fmt: skip
    extra = {(b, m, s) for _, b, m, s in found} - listed
    assert extra <= {("aime_2024", "cons@64", 13.4)}
    assert listed <= {(b, m, s) for _, b, m, s in found}


# ------------------------------------------------------------------ prices of the launch day

TRUE_PRICES = {
    "openai/o1-mini-2024-09-12": ("3", "12"),
    "openai/o1-preview-2024-09-12": ("15", "60"),
    "openai/gpt-4o-2024-05-13": ("5", "15"),
    "openai/gpt-4o-2024-08-06": ("2.5", "10"),
    "openai/gpt-4o-mini-2024-07-18": ("0.15", "0.6"),
    "anthropic/claude-3-5-sonnet-20240620": ("3", "15"),
    "google/gemini-1.5-flash-001": ("0.075", "0.3"),
}


def list_price(
    connection: Connection, model_id: str, as_of: str, known_by: str | None
) -> tuple[Decimal, Decimal] | None:
    found = rows(
        connection,
        "select p.input_usd_per_mtok, p.output_usd_per_mtok from prices_on(?::date, ?::date) as p "
        "where p.model_id = ? and p.is_list_price",
        [as_of, known_by, model_id],
    )
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize("known_by", [DAY_AFTER, None])
@pytest.mark.parametrize(("model_id", "price"), TRUE_PRICES.items())
def test_launch_day_list_prices_are_the_true_ones(
    market: Connection, model_id: str, price: tuple[str, str], known_by: str | None
) -> None:
    expected = (Decimal(price[0]), Decimal(price[1]))
    assert list_price(market, model_id, LAUNCH, known_by) == expected


@pytest.mark.parametrize("known_by", [DAY_AFTER, None])
def test_o1_itself_had_no_price_yet(market: Connection, known_by: str | None) -> None:
    """Sources without history answer 15/60 for a model that came three months later."""
    assert list_price(market, "openai/o1-2024-12-17", LAUNCH, known_by) is None
    later = list_price(market, "openai/o1-2024-12-17", "2025-06-20", None)
    assert later == (Decimal(15), Decimal(60))


@pytest.mark.parametrize("known_by", [DAY_AFTER, None])
def test_o1_mini_did_not_cost_its_later_price_on_launch_day(
    market: Connection, known_by: str | None
) -> None:
    """Two public price libraries answer 1.10/4.40, the price since 2025-01-31."""
    assert list_price(market, "openai/o1-mini-2024-09-12", LAUNCH, known_by) != (
        Decimal("1.1"), Decimal("4.4"),
    )  # fmt: skip


@pytest.mark.parametrize("known_by", [DAY_AFTER, None])
def test_gpt_4o_did_not_cost_its_later_versions_price_on_launch_day(
    market: Connection, known_by: str | None
) -> None:
    """The same libraries answer 2.50/10, the price of the version the name moved to later."""
    [(version,)] = rows(market, "select model_id from model_on('gpt-4o', ?::date)", [LAUNCH])
    assert list_price(market, version, LAUNCH, known_by) == (Decimal(5), Decimal(15))


def test_the_cut_of_o1_mini_is_dated(market: Connection) -> None:
    before, after = (Decimal(3), Decimal(12)), (Decimal("1.1"), Decimal("4.4"))
    model_id = "openai/o1-mini-2024-09-12"
    assert list_price(market, model_id, "2025-01-30", None) == before
    assert list_price(market, model_id, "2025-01-31", None) == after
    assert list_price(market, model_id, "2025-03-01", "2025-03-01") == after
    assert list_price(market, model_id, "2025-02-10", "2025-01-30") == before


@pytest.mark.parametrize("model_id", list(TRUE_PRICES))
def test_there_is_no_price_before_the_model_was_sold(market: Connection, model_id: str) -> None:
    [(opened,)] = rows(
        market, "select api_available_on from core.availability where model_id = ?", [model_id]
    )
    day_before = date.fromordinal(opened.toordinal() - 1).isoformat()
    assert list_price(market, model_id, day_before, None) is None


def test_there_is_no_price_before_the_first_evidence(market: Connection) -> None:
    """The first to say this price said it a week after the launch; it is not carried back."""
    assert list_price(market, "openai/gpt-4-0613", "2023-06-14", "2023-06-15") is None


@pytest.mark.parametrize(
    ("model_id", "day", "reason"),
    [
        ("openai/o1-preview-2024-09-12", "2025-07-28", "shut down that day"),
        ("openai/o1-mini-2024-09-12", "2025-10-27", "shut down that day"),
        ("anthropic/claude-3-5-sonnet-20240620", "2025-10-28", "shut down that day"),
    ],
)
def test_a_model_shut_down_has_no_list_price(
    market: Connection, model_id: str, day: str, reason: str
) -> None:
    assert list_price(market, model_id, day, None) is None, reason
