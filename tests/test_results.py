"""One measurement counts once, however many sources state it; replaced figures stop counting."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import duckdb
import pytest
from feeds import rows

from pipelines import tables
from pipelines.tables import Connection, catalogue

#: What a statement says unless a test says otherwise.
USUAL = {
    "source": "edition", "spelling": "v/zeta", "model_id": "v/zeta", "benchmark_id": "aime",
    "benchmark_release": None, "metric": "pass@1", "is_headline_metric": True,
    "configuration": None, "system": None, "score": Decimal("70.0"), "unit": "percent",
    "has_the_benchmarks_unit": True, "score_share": 0.7, "evidence": "official",
    "run_cost_usd": None, "test_cases": None, "source_url": "https://example.org",
    "publisher": "Vendor", "stated_on": None, "known_at": datetime(2024, 9, 12), "ended_at": None,
    "licence": "facts", "note": None, "fetch_id": None,
}  # fmt: skip


class Statements:
    """`core.results` and `results_known` over statements made by hand."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        tables.create_schemas(self.connection)
        self.connection.execute(
            "create table core.result_statements (result_id varchar, source varchar, "
            "spelling varchar, model_id varchar, benchmark_id varchar, benchmark_release varchar, "
            "metric varchar, is_headline_metric boolean, configuration varchar, system varchar, "
            "score decimal(9, 3), unit varchar, has_the_benchmarks_unit boolean, "
            "score_share double, evidence varchar, run_cost_usd decimal(12, 4), "
            "test_cases bigint, source_url varchar, publisher varchar, stated_on date, "
            "known_at timestamp, ended_at timestamp, licence varchar, note varchar, "
            "fetch_id varchar, statements_state_id varchar)"
        )

    def say(self, result_id: str, known_on: str, score: str = "70.0", **more: object) -> None:
        row = USUAL | {
            "known_at": datetime.fromisoformat(known_on), "score": Decimal(score), **more
        }  # fmt: skip
        self.connection.execute(
            f"insert into core.result_statements (result_id, {', '.join(row)}) "
            f"values ({', '.join('?' * (len(row) + 1))})",
            [result_id, *row.values()],
        )

    def build(self) -> Connection:
        states = [catalogue().tables["core.result_states"]]
        tables.build_python("pipelines.result_states", states, self.connection)
        select = catalogue().tables["core.results"].select
        self.connection.execute(f"create or replace table core.results as {select}")
        tables.create_macro(catalogue().macros["results_known"], self.connection)
        return self.connection

    def measurements(self) -> dict[str, str]:
        query = "select result_id, measurement_id from core.results order by all"
        return dict(rows(self.build(), query))

    def standing(self, known_by: str | None) -> list[str]:
        """Statements that count, one per measurement."""
        query = "select result_id from results_known(?) where not is_repeat order by 1"
        return [r for (r,) in rows(self.build(), query, [known_by])]


@pytest.fixture
def said() -> Iterator[Statements]:
    found = Statements()
    yield found
    found.connection.close()


def test_a_feed_that_quotes_the_vendor_is_no_second_measurement(said: Statements) -> None:
    said.say("vendor", "2024-09-12")
    said.say("quote", "2024-11-24", source="llmstats", publisher="LLMStats", evidence="quoted",
             configuration="Pass@1, zero shot")  # fmt: skip
    assert said.measurements() == {"vendor": "vendor", "quote": "vendor"}
    assert said.standing(None) == ["vendor"]


def test_another_figure_is_another_measurement(said: Statements) -> None:
    said.say("vendor", "2024-09-12", "70.0")
    said.say("independent", "2025-01-20", "63.6", publisher="DeepSeek", evidence="independent")
    assert said.standing(None) == ["independent", "vendor"]


def test_a_figure_rounded_by_its_quoter_is_the_same(said: Statements) -> None:
    said.say("run", "2024-09-12", "59.094", source="livebench", publisher="LiveBench")
    said.say("quote", "2025-11-17", "59.1", source="epoch_hub", publisher="Epoch AI")
    said.say("other", "2025-11-17", "59.2", source="swebench", publisher="Somebody")
    assert said.measurements() == {"run": "run", "quote": "run", "other": "other"}


@pytest.mark.parametrize("differs", [
    {"configuration": "effort low"}, {"system": "Agentless"}, {"benchmark_release": "2024_11_25"},
    {"metric": "cons@64", "is_headline_metric": False}, {"model_id": "v/eta"},
])  # fmt: skip
def test_what_names_another_setting_is_another_measurement(
    said: Statements, differs: dict[str, object]
) -> None:
    said.say("first", "2024-09-12", configuration="effort high", system="SWE-agent")
    usual = {"configuration": "effort high", "system": "SWE-agent"}
    said.say("second", "2024-10-12", **({"source": "f", "publisher": "F"} | usual | differs))
    assert said.measurements()["second"] == "second"


def test_equal_scores_listed_apart_in_one_publication_are_two(said: Statements) -> None:
    """Of 133 tasks two edit formats may well solve as many."""
    said.say("whole", "2024-09-20", source="aider", publisher="Aider", configuration="whole")
    said.say("diff", "2024-09-20", source="aider", publisher="Aider", configuration="diff")
    assert said.standing(None) == ["diff", "whole"]


def test_a_later_statement_never_moves_an_earlier_one(said: Statements) -> None:
    """An unnamed setting joins what was known; a setting named later does not take it away."""
    said.say("low", "2024-09-12", configuration="effort low", source="a", publisher="A")
    said.say("unnamed", "2024-10-12", source="b", publisher="B")
    before = said.measurements()
    said.say("high", "2024-11-12", configuration="effort high", source="c", publisher="C")
    after = said.measurements()
    assert {k: after[k] for k in before} == before
    assert after["high"] == "high"


def test_a_figure_its_publisher_restates_gives_way_from_that_day(said: Statements) -> None:
    """OpenAI's own AIME figure of o1-preview: 44.6 in September, 42.0 in December 2024."""
    said.say("september", "2024-09-12", "44.6", stated_on="2024-09-12")
    said.say("december", "2024-12-17", "42.0", stated_on="2024-12-17")
    said.say("copy", "2024-11-24", "44.6", source="f", publisher="Vendor")
    assert said.standing("2024-12-16") == ["september"]
    assert said.standing("2024-12-17") == ["december"]
    assert said.standing(None) == ["december"]


def test_a_result_that_only_vanishes_still_stands(said: Statements) -> None:
    """Leaderboards drop old models; nobody says the score was wrong."""
    said.say("dropped", "2024-09-12", source="f", ended_at="2025-01-01")
    assert said.standing(None) == ["dropped"]


def test_a_run_replaced_in_place_gives_way(said: Statements) -> None:
    said.say("old", "2024-09-20", "75.2", source="aider", publisher="Aider",
             ended_at="2024-12-31")  # fmt: skip
    said.say("new", "2024-12-31", "79.7", source="aider", publisher="Aider")
    assert said.standing("2024-12-30") == ["old"]
    assert said.standing("2024-12-31") == ["new"]


def test_a_rating_that_comes_back_to_an_old_value_stands(said: Statements) -> None:
    days = {"2024-09-20": "1300", "2024-10-20": "1310", "2024-11-20": "1300"}
    for day, score in days.items():
        said.say(day, day, score, unit="elo", stated_on=day)
    assert said.standing("2024-10-31") == ["2024-10-20"]
    assert said.standing(None) == ["2024-11-20"]


def test_of_a_back_filled_history_only_the_last_day_stands(said: Statements) -> None:
    for day, score in {"2024-01-01": "1200", "2024-02-01": "1210"}.items():
        said.say(day, "2025-02-28", score, unit="elo", stated_on=day, source="history")
    assert said.standing(None) == ["2024-02-01"]


def test_an_end_learnt_later_does_not_show(said: Statements) -> None:
    said.say("dropped", "2024-09-12", ended_at="2025-01-01")
    query = "select ended_at from results_known(?)"
    assert rows(said.build(), query, ["2024-12-31"]) == [(None,)]
    assert rows(said.build(), query, ["2025-01-01"]) == [(datetime(2025, 1, 1),)]


def test_every_source_of_the_market_states_results_in_one_table(warehouse: Connection) -> None:
    found = {s for (s,) in rows(warehouse, "select distinct source from core.results")}
    assert {"edition", "aider", "epoch_hub", "livebench", "llmstats", "lmarena"} <= found
    [(statements, measurements)] = rows(
        warehouse,
        "select count(*), count(distinct measurement_id) from results_known(null)",
    )
    assert measurements < statements


@pytest.mark.archive
def test_copies_add_nothing_to_what_was_measured(archive_warehouse: Connection) -> None:
    """What the edition has of simple-evals, the excerpt, EvalPlus and Aider counts once.

    Of models and benchmarks that the edition lacks a feed is the first to state a measurement.
    """
    shares = dict(
        rows(
            archive_warehouse,
            "select source, avg(case when is_repeat then 1 else 0 end) from core.results "
            "group by source",
        )
    )
    shares_of_held = dict(
        rows(
            archive_warehouse,
            "select r.source, avg(case when r.is_repeat then 1 else 0 end) from core.results as r "
            "inner join (select distinct e.model_id, e.benchmark_id, e.metric "
            "from core.results as e where e.source = 'edition') as held "
            "on held.model_id = r.model_id and held.benchmark_id = r.benchmark_id "
            "and held.metric = r.metric group by r.source",
        )
    )
    for source in ("vendor_openai_excerpt", "simple_evals", "evalplus", "aider"):
        assert shares_of_held[source] >= 0.9, source
    assert shares["epoch_hub"] >= 0.5
    own_twice = rows(
        archive_warehouse,
        "select measurement_id from core.results where evidence in ('official', 'independent') "
        "group by measurement_id having count(distinct publisher) > 1",
    )
    assert len(own_twice) <= 5, "two publishers who measured themselves seldom agree to the digit"
