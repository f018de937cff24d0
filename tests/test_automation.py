"""What runs by itself: schedules and sensors, ticked by Dagster's own daemon with time moved on."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from conftest import published_in
from daemon import Daemon, daemon
from test_alerts import Hook

from pipelines import automation, records
from pipelines.assets import Warehouse
from pipelines.briefing_assets import LAUNCHES, MONTHS, WEEKS, subject_of
from pipelines.briefings.issue import period
from pipelines.briefings.market import newest_fact
from pipelines.definitions import defs
from pipelines.settings import Settings
from pipelines.tables import Connection, catalogue
from pipelines.warehouse import WarehouseError, open_writer

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path))
    monkeypatch.setenv("BELLWETHER_PRETEND_NOW", "2024-09-14T08:00:00")
    return Settings()


@pytest.fixture
def hook(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """Where alerts go."""
    found = Hook()
    routes = settings.home / "alerts.toml"
    routes.write_text(f'[[webhook]]\nurl = "{found.url}"\n')
    monkeypatch.setenv("BELLWETHER_ALERTS", str(routes))
    yield found
    found.close()


def asked(ticking: Daemon) -> Counter[tuple[str, str]]:
    """Runs asked for: job and partition."""
    runs = ticking.instance.get_runs()
    return Counter((run.job_name, run.tags.get("dagster/partition", "")) for run in runs)


def test_each_schedule_asks_for_what_is_due_once_even_after_it_was_down(
    settings: Settings, tmp_path: Path
) -> None:
    first = datetime(2026, 2, 28, 7, tzinfo=UTC)  # a Saturday, after the morning's run
    with daemon(tmp_path / "dagster", first) as ticking:
        ticking.schedules()
        ticking.pass_time(timedelta(hours=28))  # down for more than a day, over the month's first
        while ticking.now < datetime(2026, 3, 2, 18, tzinfo=UTC):
            ticking.schedules()
            ticking.pass_time(timedelta(hours=3))
        runs = asked(ticking)
    assert runs == {
        ("daily", ""): 2,
        ("weekly_issue", "2026-W09-1"): 1,
        ("monthly_issue", "2026-02"): 1,
    }


def test_a_weeks_partition_is_the_issue_of_that_week() -> None:
    keys = WEEKS.get_partition_keys(current_time=datetime(2026, 3, 3, tzinfo=UTC))
    for key in keys:
        window = WEEKS.time_window_for_partition_key(key)
        begins, ends = period("weekly", subject_of("weekly", key))
        assert (window.start.date(), window.end.date() - timedelta(days=1)) == (begins, ends)
    assert keys[-1] == "2026-W09-1"
    months = MONTHS.get_partition_keys(current_time=datetime(2026, 3, 3, tzinfo=UTC))
    assert (months[0], months[-1]) == ("2023-03", "2026-02")


def detect(instance: dg.DagsterInstance, cursor: str | None = None) -> dg.SensorResult:
    context = dg.build_sensor_context(instance=instance, cursor=cursor, definitions=defs)
    found = automation.launch_detected(context)
    assert isinstance(found, dg.SensorResult), found
    return found


def test_a_launch_is_briefed_when_it_is_news_and_the_others_can_be_backfilled(
    edition: Connection, settings: Settings
) -> None:
    published_in(edition, settings)
    with dg.DagsterInstance.ephemeral() as instance:
        found = detect(instance)
        briefed = {r.partition_key for r in found.run_requests or []}
        # Sixteen days before 2024-09-14 to none after it.
        assert "o1" in " ".join(sorted(str(key) for key in briefed))
        [added] = found.dynamic_partitions_requests or []
        assert briefed < set(added.partition_keys)
        assert len(added.partition_keys) > 100
        again = dg.build_sensor_context(instance=instance, cursor=found.cursor, definitions=defs)
        assert isinstance(automation.launch_detected(again), dg.SkipReason)


def test_a_launch_that_got_another_name_leaves_no_partition(
    edition: Connection, settings: Settings
) -> None:
    published_in(edition, settings)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(LAUNCHES.name), ["launch of a/former-name"])
        gone = (detect(instance).dynamic_partitions_requests or [])[0]
        assert list(gone.partition_keys) == ["launch of a/former-name"]


def test_every_briefing_is_rendered_from_its_partition(
    edition: Connection, settings: Settings
) -> None:
    published_in(edition, settings)
    event = next(
        key for (key,) in edition.execute(
            "select event_id from core.event_models where model_id like 'openai/o1-mini%'"
        ).fetchall()
    )  # fmt: skip
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(LAUNCHES.name), [event])
        for job, key, folder in (
            ("weekly_issue", "2024-W37-1", "weekly/2024-W37"),
            ("monthly_issue", "2024-08", "monthly/2024-08"),
            ("launch_briefing", event, f"launch/{event}"),
        ):
            result = defs.resolve_job_def(job).execute_in_process(
                instance=instance, partition_key=key, run_config=QUIET
            )
            assert result.success
            assert (settings.reports / folder / "index.html").exists()
            record = instance.fetch_materializations(
                dg.AssetRecordsFilter(
                    asset_key=dg.AssetKey(["briefings", folder.split("/")[0]]),
                    asset_partitions=[key],
                ),
                limit=1,
            ).records[0]
            shown = record.asset_materialization.metadata  # type: ignore[union-attr]
            assert {"folder", "title", "lines", "content_hash", "as_of", "known_by"} <= set(shown)
            if job != "weekly_issue":
                assert "data:image/svg+xml;base64," in str(shown["plot"].value)
        assert (settings.reports / "scorecard" / "latest" / "index.html").exists()
        assert (settings.reports / "index.html").exists()
        assert not list(settings.reports.glob("*/.*")), "nothing half written is left"


def test_an_issue_read_before_its_period_was_over_says_so(
    edition: Connection, settings: Settings
) -> None:
    published_in(edition, settings)
    year, week, _ = newest_fact(edition).isocalendar()
    for key, passed in (("2024-W37-1", True), (f"{year}-W{week:02d}-1", False)):
        with dg.DagsterInstance.ephemeral() as instance:
            result = defs.resolve_job_def("weekly_issue").execute_in_process(
                instance=instance, partition_key=key, run_config=QUIET
            )
            [check] = result.get_asset_check_evaluations()
            assert (check.check_name, check.passed) == ("covers_its_period", passed)


def look(ticking: Daemon, hook: Hook) -> list[str]:
    """Messages that a pass of the sensors sends."""
    before = len(hook.texts)
    ticking.sensors()
    ticking.pass_time(timedelta(minutes=2))
    return hook.texts[before:]


def materialise(ticking: Daemon, key: str, tags: dict[str, str] | None = None) -> bool:
    """Run one asset in a process of the daemon's; whether it went well."""
    return dg.materialize(
        [d for d in defs.assets or [] if isinstance(d, dg.AssetsDefinition)],
        selection=[dg.AssetKey(key.split("/"))],
        instance=ticking.instance,
        resources={"bellwether": Warehouse(offline=True)},
        raise_on_error=False,
        run_config=QUIET,
        tags=tags,
    ).success


def test_a_failed_check_and_a_failed_run_are_told_once_each(
    settings: Settings, hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    table = catalogue().tables["seeds.metrics"]
    twice = table.select.replace(
        "from csv_metrics",
        "from (select * from csv_metrics union all select * from csv_metrics)",
    )
    with daemon(tmp_path / "dagster", start) as ticking:
        assert look(ticking, hook) == []
        monkeypatch.setitem(table.__dict__, "select", twice)
        assert not materialise(ticking, "seeds/metrics")
        [told] = look(ticking, hook)
        assert "Check failed, seeds.metrics: key_is_unique_and_not_null" in told
        assert look(ticking, hook) == []
        assert not materialise(ticking, "seeds/metrics")
        assert look(ticking, hook) == [], "it goes on failing: told already"
        monkeypatch.undo()
        monkeypatch.setenv("BELLWETHER_HOME", str(settings.home))
        monkeypatch.setenv("BELLWETHER_ALERTS", str(settings.home / "alerts.toml"))
        assert materialise(ticking, "seeds/metrics")
        assert look(ticking, hook) == []
        monkeypatch.setitem(table.__dict__, "select", twice)
        assert not materialise(ticking, "seeds/metrics")
        assert len(look(ticking, hook)) == 1, "it failed anew"
        # A run that no check stopped: nothing is published, so there is nothing to render from.
        assert not materialise(ticking, "briefings/scorecard")
        [told] = look(ticking, hook)
        assert "Run failed" in told
        assert "nothing is published yet" in told
        assert look(ticking, hook) == []


def test_a_run_that_another_program_keeps_out_is_told_with_what_to_do(
    settings: Settings, hook: Hook, tmp_path: Path
) -> None:
    """DuckDB's lock is its own process's, so the other program is a process."""
    with open_writer(settings):
        pass
    opens = f"import sys, duckdb; held = duckdb.connect({str(settings.warehouse)!r})"
    holds = f"{opens}; print(flush=True); sys.stdin.read()"
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with (
        subprocess.Popen(
            [sys.executable, "-c", holds], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other,
        daemon(tmp_path / "dagster", start) as ticking,
    ):
        assert other.stdin is not None
        assert other.stdout is not None
        other.stdout.readline()
        assert look(ticking, hook) == []
        assert not materialise(ticking, "seeds/metrics", {"dagster/max_retries": "0"})
        other.stdin.close()
        [told] = look(ticking, hook)
    assert "another program has the warehouse file open; close it, then try again" in told
    assert "WarehouseError" not in told
    assert "Error executing resource_fn" not in told


def test_a_failed_step_is_told_by_our_words_or_by_the_error_of_a_library() -> None:
    def ours() -> None:
        try:
            raise OSError("a library's")
        except OSError as error:
            raise WarehouseError("do this") from error

    def another() -> None:
        {}["no such key"]

    def told(fails: Callable[[], None]) -> str:
        @dg.asset(name="made")
        def asset() -> None:
            fails()

        result = dg.materialize([asset], run_config=QUIET, raise_on_error=False)
        [failure] = [event for event in result.all_events if event.is_step_failure]
        return records.why(failure)

    assert told(ours) == "made: do this"
    assert told(another) == "made: KeyError: 'no such key'"


def test_a_check_that_a_run_cut_short_never_reached_is_as_it_was(
    settings: Settings, hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    table = catalogue().tables["seeds.metrics"]
    twice = f"select * from ({table.select}) union all select * from ({table.select})"
    with daemon(tmp_path / "dagster", start) as ticking:
        assert look(ticking, hook) == []
        monkeypatch.setitem(table.__dict__, "select", twice)
        assert not materialise(ticking, "seeds/metrics")
        assert len(look(ticking, hook)) == 1
        job = defs.resolve_job_def("daily").get_subset(
            asset_selection={dg.AssetKey(["seeds", "metrics"])}
        )
        cut_short = ticking.instance.create_run_for_job(job)
        ticking.instance.report_run_failed(cut_short)
        assert look(ticking, hook) == [], "it is tried again"
        assert not materialise(ticking, "seeds/metrics")
        assert look(ticking, hook) == [], "it goes on failing: told already"


def test_what_a_route_refuses_is_told_at_the_next_tick(
    settings: Settings, hook: Hook, tmp_path: Path
) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with daemon(tmp_path / "dagster", start) as ticking:
        assert look(ticking, hook) == []
        assert not materialise(ticking, "briefings/scorecard")
        hook.answers = [403] * 4
        assert len(look(ticking, hook)) == 4, "tried four times, refused"
        assert len(look(ticking, hook)) == 1
        assert look(ticking, hook) == []


def test_what_a_second_try_cannot_mend_is_not_tried_again(
    edition: Connection, settings: Settings
) -> None:
    published_in(edition, settings)
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def("weekly_issue").execute_in_process(
            instance=instance,
            partition_key="2024-W37-1",
            run_config=QUIET | {"ops": {"briefings__weekly": {"config": {"as_of": "2020-01-01"}}}},
            raise_on_error=False,
        )
        assert not result.success
        said = [e.step_failure_data.error for e in result.all_events if e.is_step_failure]
        assert "must lie in 2024-W37" in str(said[0])
        assert not [e for e in result.all_events if e.is_step_up_for_retry]
