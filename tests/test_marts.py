"""Standing, frontier, dominance and premium by hand; no rule in code names a model."""

import re
from pathlib import Path

import duckdb
import pytest

from pipelines import tables
from pipelines.settings import PROJECT
from pipelines.tables import Connection, catalogue

#: model, input price, output price, capability
MODELS = [
    ("a/cheap", 1, 1, 100.0),
    ("a/good", 4, 4, 120.0),
    ("b/dear", 8, 8, 120.0),
    ("b/bad", 5, 5, 110.0),
    ("b/best", 16, 16, 130.0),
]


@pytest.fixture
def market() -> Connection:
    """Five models in one segment, as tables by hand behind the real macro."""
    connection = duckdb.connect()
    tables.create_schemas(connection)
    connection.execute(
        "create table listed (model_id varchar, input_usd_per_mtok decimal(18, 9), "
        "output_usd_per_mtok decimal(18, 9), capability double)"
    )
    for row in MODELS:
        connection.execute("insert into listed values (?, ?, ?, ?)", list(row))
    connection.execute(
        "create macro prices_on(as_of, known_by) as table select l.*, true as is_list_price, "
        "false as is_disputed, 'test' as source, l.model_id as claim_id from listed as l"
    )
    connection.execute(
        "create table core.models as select model_id, false as is_reasoning from listed"
    )
    connection.execute(
        "create table core.segments as select 'all' as segment_id, 0.0 as price_band_low_share, "
        "1.0 as price_band_high_share, false as needs_low_latency"
    )
    connection.execute(
        "create table core.releases as select 'launch' as event_id, 'a/good' as model_id"
    )
    connection.execute(
        "create table analysis.capabilities as select date '2024-01-01' as known_on, "
        "'segment' as basket_kind, 'all' as basket_id, model_id, capability, "
        "capability - 5 as capability_low, capability + 5 as capability_high, 3 as results, "
        "1.0 as evidence_share, null as abilities_without_evidence from listed"
    )
    connection.execute(catalogue().macros["standing_excluding"].statement)
    return connection


def standing(connection: Connection, left_out: str | None = None) -> dict[str, tuple[object, ...]]:
    rows = connection.execute(
        "select s.model_id, s.is_on_frontier, s.dominated_by, s.capability_rank, "
        "round(s.premium_to_frontier_share, 6) "
        "from standing_excluding('all', '2024-02-01', null, ?) as s",
        [left_out],
    ).fetchall()
    return {row[0]: row[1:] for row in rows}


def test_the_frontier_is_what_nothing_beats_at_its_price(market: Connection) -> None:
    assert standing(market) == {
        "b/best": (True, None, 1, 0.0),
        "a/good": (True, None, 2, 0.0),
        "b/dear": (False, "a/good", 3, 1.0),  # twice the price of as much capability
        "b/bad": (False, "a/good", 4, 0.25),
        "a/cheap": (True, None, 5, 0.0),
    }


def test_without_the_launch_its_rivals_stand_again(market: Connection) -> None:
    found = standing(market, "launch")
    assert "a/good" not in found
    assert found["b/dear"] == (True, None, 2, 0.0)
    assert found["b/bad"] == (True, None, 3, 0.0)


def test_equal_price_and_capability_dominate_nobody(market: Connection) -> None:
    market.execute("update listed set input_usd_per_mtok = 4, output_usd_per_mtok = 4 "
                   "where model_id = 'b/dear'")  # fmt: skip
    found = standing(market)
    assert found["a/good"][0] is True
    assert found["b/dear"][0] is True


def test_no_code_names_a_model() -> None:
    names = re.compile(r"o1-mini|o1-preview|gpt-[345]|claude-[\d-]|sonnet|gemini-\d|llama-\d", re.I)
    files = [
        *(PROJECT / "pipelines").rglob("*.py"),
        *(PROJECT / "reports" / "templates").glob("*"),
        *(p for layer in ("staging", "core", "marts", "analysis", "macros", "checks")
          for p in (PROJECT / "sql" / layer).glob("*.sql")),
    ]  # fmt: skip
    found = [
        f"{path.relative_to(PROJECT)}: {line.strip()}"
        for path in files
        for line in _code_lines(path)
        if names.search(line)
    ]
    assert found == []


def _code_lines(path: Path) -> list[str]:
    """Lines that are not comments, documentation or examples."""
    text = path.read_text()
    if path.suffix == ".py":
        text = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
        text = re.sub(r"#.*", "", text)
        text = re.sub(r'help="[^"]*"', "", text)
        return [line for line in text.splitlines() if "Example" not in line and "e.g." not in line
                and "First time" not in line]  # fmt: skip
    if path.suffix == ".sql":
        return [line.split("--")[0] for line in text.splitlines()]
    return text.splitlines()
