"""What is made of models.dev's runs is kept while those of its keys are the same, and no longer."""

import pytest
from states import changed_and_kept

from pipelines.tables import Connection

MADE = (
    "staging.models_dev_states", "staging.models_dev__prices", "staging.models_dev__releases",
)  # fmt: skip
SOME = "where hash(key) % 3 = 0"


@pytest.mark.parametrize(
    "statement",
    [
        "update raw.models_dev__prices set fields = "
        f"""json_merge_patch(fields, '{{"release_date": "2025-02-03"}}') {SOME}""",
        "update raw.models_dev__prices set fields = "
        f"""json_merge_patch(fields, '{{"cost": {{"input": 9, "output": 99}}}}') {SOME}""",
        "update raw.models_dev__prices set ended_at = first_seen_at + interval 1 day, "
        f"last_seen_at = first_seen_at {SOME}",
        f"update raw.models_dev__prices set first_fetch_id = 'another' {SOME}",
        "insert into raw.models_dev__prices by name select r.* replace (r.first_seen_at - "
        "interval 2 day as first_seen_at, r.first_seen_at as ended_at, r.first_seen_at - "
        f"interval 1 day as last_seen_at) from raw.models_dev__prices as r {SOME}",
        f"delete from raw.models_dev__prices {SOME} and hash(first_seen_at) % 2 = 0",
    ],
)
@pytest.mark.parametrize(
    "name", ["warehouse", pytest.param("archive_warehouse", marks=pytest.mark.archive)]
)
def test_rows_of_a_state_are_the_same_after_a_change(
    name: str, statement: str, request: pytest.FixtureRequest
) -> None:
    connection: Connection = request.getfixturevalue(name)
    changed, kept = changed_and_kept(connection, MADE, statement)
    assert kept > 0
    if not statement.startswith("delete"):
        assert changed["staging.models_dev__prices"] > 0


@pytest.mark.parametrize(
    "statement",
    [
        "update seeds.aliases set model_id = 'openai/gpt-4o-2024-08-06' where model_id < 'h'",
        "update seeds.releases set announced_on = announced_on - 99, "
        "api_available_on = api_available_on - 99",
    ],
)
def test_what_the_edition_knows_of_names_makes_all_anew(
    warehouse: Connection, statement: str
) -> None:
    changed, kept = changed_and_kept(warehouse, MADE, statement)
    assert changed["staging.models_dev__releases"] > 0
    assert kept == 0
