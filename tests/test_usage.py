"""Usage of the three OpenRouter collections: same figures as measured by hand, buckets apart."""

import pytest
from feeds import rows

from pipelines.tables import Connection

#: Launch day, its weeks' volumes in billions of tokens: predecessor before, after; entrant after.
LAUNCHES = {
    "Claude 3.7 Sonnet": ("2025-02-24", "anthropic/claude-3-5-sonnet-20241022",
                          "anthropic/claude-3-7-sonnet-20250219", 310, 61, 390),
    "Claude Sonnet 4": ("2025-05-22", "anthropic/claude-3-7-sonnet-20250219",
                        "anthropic/claude-sonnet-4-20250514", 334, 186, 258),
    "Claude Sonnet 4.5": ("2025-09-29", "anthropic/claude-sonnet-4-20250514",
                          "anthropic/claude-sonnet-4-5-20250929", 583, 207, 495),
    "Gemini 3 Flash": ("2025-12-17", "google/gemini-2.5-flash",
                       "google/gemini-3-flash-preview", 427, 366, 262),
}  # fmt: skip


@pytest.mark.archive
@pytest.mark.parametrize("launch", LAUNCHES)
def test_volumes_around_a_launch_are_those_measured_by_hand(
    archive_warehouse: Connection, launch: str
) -> None:
    """Mean of the two weeks before the launch's week and of the two after, all variants."""
    day, predecessor, entrant, before, after, entrants = LAUNCHES[launch]
    found = rows(
        archive_warehouse,
        """
        select
            sum(tokens) filter (model_id = $old and weeks in (1, 2)) / 2e9,
            sum(tokens) filter (model_id = $old and weeks in (-1, -2)) / 2e9,
            sum(tokens) filter (model_id = $new and weeks in (-1, -2)) / 2e9
        from (
            select u.model_id, u.tokens,
                floor(date_diff('day', u.period_from, $day::date) / 7.0) as weeks
            from core.usage as u where u.source = 'openrouter_rankings_weekly'
        )
        """.replace("$old", f"'{predecessor}'")
        .replace("$new", f"'{entrant}'")
        .replace("$day", f"'{day}'"),
    )[0]
    assert found == pytest.approx((before, after, entrants), rel=0.01)


@pytest.mark.archive
def test_a_name_that_began_inside_a_week_is_resolved_in_it(archive_warehouse: Connection) -> None:
    """Claude Sonnet 4 was launched on a Thursday."""
    assert rows(
        archive_warehouse,
        "select model_id from core.usage where period_from = '2025-05-19'::date "
        "and spelling = 'anthropic/claude-4-sonnet-20250522'",
    ) == [("anthropic/claude-sonnet-4-20250514",)]


@pytest.mark.archive
def test_days_weeks_and_running_weeks_are_series_of_their_own(
    archive_warehouse: Connection,
) -> None:
    """The same model and period never stands twice in one series at one time."""
    found = rows(archive_warehouse, "select source, series, count(*) from core.usage group by all")
    assert {(source, series) for source, series, _ in found} == {
        ("openrouter_rankings_daily", "daily"),
        ("openrouter_rankings_page", "running_week:models"),
        ("openrouter_rankings_weekly", "weekly_rolling"),
        ("openrouter_rankings_weekly", "weekly_sunday"),
    }
    assert (
        rows(
            archive_warehouse,
            "select source, series, period_from, period_to, spelling from core.usage "
            "where ended_at is null group by all having count(*) > 1",
        )
        == []
    )


@pytest.mark.archive
def test_the_pages_running_week_agrees_with_the_finished_week(
    archive_warehouse: Connection,
) -> None:
    """A copy on a Sunday holds some 92% of its week, so on no model more than the whole."""
    found = rows(
        archive_warehouse,
        "select p.tokens / w.tokens from core.usage as p inner join core.usage as w "
        "on w.source = 'openrouter_rankings_weekly' and w.spelling = p.spelling "
        "and w.period_from = p.period_from where p.source = 'openrouter_rankings_page' "
        "and p.period_to = w.period_to",
    )
    assert len(found) >= 20
    assert all(0.6 < share <= 1.02 for (share,) in found)
