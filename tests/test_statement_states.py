"""Results as stated are kept while nothing changes that they follow from, and no longer."""

import pytest
from states import changed_and_kept

from pipelines.tables import Connection

MADE = ("core.statement_states", "core.result_statements")
SOME = "(select n.target from core.names as n where hash(n.target) % 5 = 0)"


def of_every_feed(assignment: str) -> str:
    """An update of the results of every feed of the fixtures, of one of two."""
    return "; ".join(
        f"update staging.{feed}__results set {assignment} where hash(key) % 2 = 0"
        for feed in ("aider", "epoch_hub", "livebench", "lmarena", "swebench", "simple_evals")
    )


@pytest.mark.parametrize(
    "statement",
    [
        of_every_feed("score = score * 0.9"),
        of_every_feed("ended_at = first_seen_at + interval 1 day"),
        of_every_feed("quarantine_reason = 'no longer believed'"),
        "update staging.aider__results set stated_on = date '2023-01-01'",
        "delete from staging.aider__results where hash(key) % 3 = 0",
        "update core.names set known_since = known_since + interval 900 day "
        f"where target in {SOME}",
        "update core.names set configuration = 'effort high' where hash(spelling) % 4 = 0",
        "update core.names set status = 'unknown', target = null where hash(spelling) % 4 = 0",
        "update core.aliases set valid_from = date '2030-01-01' where hash(alias) % 9 = 0",
        "update core.aliases set model_id = 'openai/gpt-4o-2024-08-06' where hash(alias) % 9 = 0",
        "delete from core.models where hash(model_id) % 4 = 0",
        "update seeds.results set score = score / 2",
    ],
)
@pytest.mark.parametrize(
    "name", ["warehouse", pytest.param("archive_warehouse", marks=pytest.mark.archive)]
)
def test_statements_of_a_state_are_the_same_after_a_change(
    name: str, statement: str, request: pytest.FixtureRequest
) -> None:
    changed, kept = changed_and_kept(request.getfixturevalue(name), MADE, statement)
    assert changed["core.result_statements"] > 0
    assert kept > 0


@pytest.mark.parametrize(
    "statement",
    [
        "update seeds.benchmark_spellings set benchmark_id = 'gpqa_diamond' where source = 'aider'",
        "update core.benchmarks set elo_reference = elo_reference + 100",
        "update seeds.metrics set is_headline = not is_headline",
        "update raw.sources set licence = 'another'",
    ],
)
def test_what_all_statements_share_makes_them_all_anew(
    warehouse: Connection, statement: str
) -> None:
    changed, kept = changed_and_kept(warehouse, MADE, statement)
    assert changed["core.result_statements"] > 0
    assert kept == 0
