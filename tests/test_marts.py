"""Standing, frontier, dominance and premium by hand; no rule in code names a model."""

import re
from pathlib import Path

import duckdb
import numpy as np
import pytest

from pipelines import tables
from pipelines.analysis import draws
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
    """Five models in one segment, as tables by hand behind the real macros."""
    connection = duckdb.connect()
    tables.create_schemas(connection)
    connection.execute(
        "create table listed (model_id varchar, input_usd_per_mtok decimal(18, 9), "
        "output_usd_per_mtok decimal(18, 9), cache_read_usd_per_mtok decimal(18, 9), "
        "host varchar, variant varchar, is_list_price boolean)"
    )
    for model, input_price, output_price, _ in MODELS:
        connection.execute(
            "insert into listed values (?, ?, ?, null, 'vendor', 'standard', true)",
            [model, input_price, output_price],
        )
    connection.execute(
        "create macro prices_on(as_of, known_by) as table select l.*, "
        "false as is_disputed, 'test' as source, l.model_id as claim_id from listed as l"
    )
    connection.execute(
        "create table core.models as select distinct model_id, false as is_reasoning from listed"
    )
    connection.execute(
        "create table core.segments as select 'all' as segment_id, 'models' as kind, "
        "0.0 as price_band_low_share, 1.0 as price_band_high_share, false as needs_low_latency"
    )
    connection.execute(
        "create table core.event_models as select 'launch' as event_id, 'a/good' as model_id"
    )
    connection.execute(
        "create table core.workloads as "
        "select 'observed_cached' as workload_id, 0.02 as output_share, 0.5 as cached_share"
    )
    connection.execute("create table analysis.fits as select date '2024-01-01' as known_on")
    connection.execute(
        "create table analysis.capabilities (model_id varchar, capability double, own_sd double)"
    )
    for model, _, _, capability in MODELS:
        connection.execute(
            "insert into analysis.capabilities values (?, ?, 0.1)", [model, capability]
        )
    connection.execute(
        "create or replace table analysis.capabilities as select date '2024-01-01' as known_on, "
        "'segment' as basket_kind, 'all' as basket_id, model_id, 'unstated' as effort, capability, "
        "capability - 5 as capability_low, capability + 5 as capability_high, own_sd, "
        "0e0 as factor_1, 0e0 as factor_2, 0e0 as factor_3, 0e0 as factor_4, 0e0 as factor_5, "
        "0e0 as factor_6, 3 as results, 2 as independent_results, 1.0 as evidence_share, "
        "null as abilities_without_evidence from analysis.capabilities"
    )
    for name, frame in draws.compute().items():
        connection.register("computed", frame)
        connection.execute(f"create table analysis.{name} as select * from computed")
    for name in ("workload_price", "standings", "standing_excluding"):
        connection.execute(catalogue().macros[name].statement)
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


def test_a_dearer_equal_is_dominated_and_pays_the_difference(market: Connection) -> None:
    rows = market.execute(
        "select s.model_id, s.dominated_by_points, round(s.dominated_cheaper_share, 6), "
        "round(s.premium_to_frontier_98to2_share, 6) "
        "from standing_excluding('all', '2024-02-01', null, null) as s where not s.is_on_frontier "
        "order by s.model_id"
    ).fetchall()
    # b/bad costs 5 against 4 for 10 points more; b/dear 8 against 4 for as much.
    assert rows == [("b/bad", 10.0, 0.2, 0.25), ("b/dear", 0.0, 0.5, 1.0)]


def test_the_two_workloads_may_disagree(market: Connection) -> None:
    """Cheap input with dear output: dearer at 3:1, cheaper at 98:2."""
    market.execute("update listed set input_usd_per_mtok = 3, output_usd_per_mtok = 23 "
                   "where model_id = 'b/dear'")  # fmt: skip
    rows = market.execute(
        "select s.price_3to1_usd_per_mtok, s.price_98to2_usd_per_mtok, "
        "round(s.premium_to_frontier_share, 6), round(s.premium_to_frontier_98to2_share, 6) "
        "from standing_excluding('all', '2024-02-01', null, null) as s where s.model_id = 'b/dear'"
    ).fetchall()
    assert [float(value) for value in rows[0]] == [8.0, 3.4, 1.0, 0.0]


def test_reading_from_the_cache_makes_input_cheaper_where_it_has_a_price(
    market: Connection,
) -> None:
    """Half the input from the cache: 0.98 x (0.5 x 8 + 0.5 x 2) + 0.02 x 8, against 8 in full."""
    market.execute("update listed set cache_read_usd_per_mtok = 2 where model_id = 'b/dear'")
    rows = market.execute(
        "select s.model_id, round(s.price_98to2_cached_usd_per_mtok, 6), "
        "round(s.premium_to_frontier_98to2_cached_share, 6) "
        "from standing_excluding('all', '2024-02-01', null, null) as s "
        "where s.model_id in ('a/good', 'b/dear') order by s.model_id"
    ).fetchall()
    assert rows == [("a/good", 4.0, 0.0), ("b/dear", 5.06, 0.265)]


def test_the_street_price_stands_beside_and_is_compared_with_nothing(market: Connection) -> None:
    """A host sells b/best for less than a/cheap: its list price still is what counts."""
    for host, price in (("street", 0.5), ("corner", 0.75)):
        market.execute(
            "insert into listed values ('b/best', ?, ?, null, ?, 'standard', false)",
            [price, price, host],
        )
    market.execute("insert into listed values ('b/best', 0, 0, null, 'gift', 'free', false)")
    before = standing(market)
    assert before["a/cheap"] == (True, None, 5, 0.0)
    rows = market.execute(
        "select s.price_3to1_usd_per_mtok, s.street_price_3to1_usd_per_mtok, s.street_host "
        "from standing_excluding('all', '2024-02-01', null, null) as s where s.model_id = 'b/best'"
    ).fetchall()
    assert rows == [(16.0, 0.5, "street")]


def on_frontier(connection: Connection) -> dict[str, float]:
    rows = connection.execute(
        "select s.model_id, s.probability_on_frontier "
        "from standing_excluding('all', '2024-02-01', null, null) as s"
    ).fetchall()
    return dict(rows)


def test_a_sure_frontier_has_probabilities_of_one_and_nought(market: Connection) -> None:
    """b/dear is as able as a/good at twice the price: the abler in exactly half the draws."""
    found = on_frontier(market)
    assert found["a/cheap"] == found["a/good"] == found["b/best"] == 1
    assert found["b/bad"] == 0
    assert found["b/dear"] == 0.5


def test_the_probability_of_the_frontier_is_that_of_the_joint_posterior(
    market: Connection,
) -> None:
    """Against a million draws: cheaper and better rivals, with a common source of uncertainty."""
    market.execute("update analysis.capabilities set own_sd = 4, factor_1 = 6, factor_2 = "
                   "case when model_id like 'b/%' then 5 else 0 end")  # fmt: skip
    random = np.random.default_rng(0)
    z = random.standard_normal((1_000_000, 2))
    value = {
        model: capability + 4 * random.standard_normal(len(z))
        + 6 * z[:, 0] + (5 * z[:, 1] if model.startswith("b/") else 0)
        for model, _, _, capability in MODELS
    }  # fmt: skip
    price = {model: input_price for model, input_price, _, _ in MODELS}
    found = on_frontier(market)
    for model in value:
        rivals = [value[m] for m in value if m != model and price[m] <= price[model]]
        expected = np.mean(np.all([value[model] > r for r in rivals], axis=0)) if rivals else 1
        assert found[model] == pytest.approx(expected, abs=0.05), model


def test_common_uncertainty_makes_no_order_uncertain(market: Connection) -> None:
    market.execute("update analysis.capabilities set factor_1 = 50, factor_2 = -30")
    assert on_frontier(market)["b/best"] == 1
    assert on_frontier(market)["b/bad"] == 0


def test_a_price_band_is_a_share_of_what_is_on_offer(market: Connection) -> None:
    """Five prices 1, 4, 5, 8, 16 stand at quantiles 0, 1/4, 1/2, 3/4 and 1."""
    market.execute("update core.segments set price_band_low_share = 0.2, "
                   "price_band_high_share = 0.6")  # fmt: skip
    assert set(standing(market)) == {"a/good", "b/bad"}


def test_who_thinks_first_is_out_where_people_wait(market: Connection) -> None:
    market.execute("update core.segments set needs_low_latency = true")
    market.execute("update core.models set is_reasoning = true where model_id = 'b/best'")
    assert "b/best" not in standing(market)


def test_a_model_never_measured_in_the_basket_has_no_place(market: Connection) -> None:
    market.execute("update analysis.capabilities set evidence_share = 0 where model_id = 'a/good'")
    assert standing(market)["b/dear"] == (True, None, 2, 0.0)


def test_a_standing_uses_the_latest_fit_known_by_then(market: Connection) -> None:
    market.execute(
        "insert into analysis.capabilities by name select * replace (date '2024-03-01' as "
        "known_on, 200 - capability as capability) from analysis.capabilities"
    )
    market.execute("insert into analysis.fits values (date '2024-03-01')")
    ranks = "select s.model_id from standing_excluding('all', '2024-02-01', ?, null) as s " \
            "order by s.capability_rank limit 1"  # fmt: skip
    assert market.execute(ranks, ["2024-02-29"]).fetchall() == [("b/best",)]
    assert market.execute(ranks, ["2024-03-01"]).fetchall() == [("a/cheap",)]
    assert market.execute(ranks, [None]).fetchall() == [("a/cheap",)]


# ------------------------------------------------------------------ whole markets

EVERY_MARKET = pytest.mark.parametrize(
    "name",
    ["edition", "warehouse", pytest.param("archive_warehouse", marks=pytest.mark.archive)],
)


@pytest.fixture
def checked(request: pytest.FixtureRequest, name: str) -> Connection:
    connection: Connection = request.getfixturevalue(name)
    return connection


@EVERY_MARKET
def test_a_loser_has_lost_its_place_and_its_volume_is_likely_to_fall(checked: Connection) -> None:
    rows = checked.execute(
        "select verdict, probability_place_lost, probability_volume_falls, verdict_probability "
        "from marts.launch_impact where verdict = 'loser'"
    ).fetchall()
    for _, place, falls, said in rows:
        assert place >= 0.5
        assert falls >= 0.6
        assert said == pytest.approx(place * falls)


def test_no_code_names_a_model() -> None:
    names = re.compile(r"o1-mini|o1-preview|gpt-[345]|claude-[\d-]|sonnet|gemini-\d|llama-\d", re.I)
    files = [
        *(PROJECT / "pipelines").rglob("*.py"),
        *(p for p in (PROJECT / "reports" / "templates").glob("*") if p.is_file()),
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
