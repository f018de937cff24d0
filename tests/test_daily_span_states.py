"""Days of usage are kept while what was served of them, and when, is the same, and no longer."""

import pytest
from feeds import rows
from states import changed_and_kept, made_anew

from pipelines.tables import Connection

MADE = ("staging.openrouter_daily_spans", "staging.openrouter_rankings_daily__usage")
RAW = "raw.openrouter_rankings_daily__usage"
#: A year of days, each served with two weeks before it, and restated the day after.
SERVED = (
    f"insert into {RAW} select strftime(d.day, '%Y-%m-%d') || ' some/model', 'daily', "
    "json_object('date', strftime(d.day, '%Y-%m-%d'), 'model_permaslug', 'some/model', "
    "'total_tokens', cast(1000 + n.n as varchar)), "
    "'f' || strftime(d.day + n.n, '%j'), d.day + n.n, d.day + n.n - 1, "
    "case n.n when 1 then d.day + 1 else d.day + 14 end, "
    "case n.n when 1 then d.day + 2 else d.day + 15 end "
    "from (select cast(unnest(generate_series(timestamp '2030-01-01', timestamp '2030-12-31', "
    "interval 1 day)) as date) as day) as d cross join (values (1), (2)) as n(n)"
)


@pytest.mark.parametrize(
    ("statement", "changes"),
    [
        (f"update {RAW} set fields = json_merge_patch(fields, '{{\"total_tokens\": \"7\"}}') "
         "where first_seen_at between '2030-03-01' and '2030-03-09'", True),
        (f"update {RAW} set ended_at = null, last_seen_at = null "
         "where first_seen_at between '2030-03-01' and '2030-03-09'", True),
        # What was served when other days ended began a fortnight earlier, so that they were in it.
        (f"update {RAW} set first_seen_at = first_seen_at - interval 20 day "
         "where first_seen_at between '2030-03-01' and '2030-03-09'", True),
        (f"delete from {RAW} where first_seen_at > timestamp '2030-06-01'", False),
        (f"delete from {RAW} where hash(key) % 7 = 0", True),
    ],
)  # fmt: skip
def test_days_of_a_span_are_the_same_after_a_change(
    warehouse: Connection, statement: str, changes: bool
) -> None:
    warehouse.execute("begin")
    try:
        warehouse.execute(SERVED)
        made_anew(warehouse, MADE)
        told = rows(
            warehouse,
            f"select distinct ended_at is not null from {MADE[1]} where spelling = 'some/model'",
        )
        assert sorted(told) == [(False,), (True,)]
    finally:
        warehouse.execute("rollback")
    changed, kept = changed_and_kept(warehouse, MADE, statement, SERVED)
    assert kept > 100
    assert not changes or changed[MADE[1]] > 0
