"""When the pipeline runs by itself, and whom it tells when something goes wrong."""

import contextlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines import deferral, records
from pipelines.assets import MAY_DEFER
from pipelines.briefing_assets import (
    LAUNCHES,
    MONTHS,
    WEEKS,
    launch,
    monthly,
    scorecard,
    site,
    weekly,
)
from pipelines.settings import Settings
from pipelines.warehouse import is_written, open_reader

if TYPE_CHECKING:
    from pipelines.briefings.changes import Change

#: A launch learnt of later than this after its first day is no news; it can be backfilled by hand.
NEWS_FOR = timedelta(days=30)
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
GOING = [
    dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING,
]  # fmt: skip
#: Failed runs told at once, newest first.
FAILED_AT_MOST = 20
KIND = "bellwether/kind"

daily = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups("briefings"),
    description="Fetch every source, rebuild and check every table, publish, send alerts; leave "
    "new fits and what follows from them to `catch_up`.",
    tags={KIND: "daily", MAY_DEFER: "yes"},
)
catch_up = dg.define_asset_job(
    "catch_up",
    selection=dg.AssetSelection.groups("analysis", "marts", "published"),
    description="Make what the daily run left, record verdicts, publish again, send alerts.",
    tags={KIND: "catch_up"},
)
weekly_issue = dg.define_asset_job(
    "weekly_issue",
    selection=dg.AssetSelection.assets(weekly, scorecard, site),
    description="The issue of a week, the scorecard, and the site over all briefings.",
    tags={KIND: "weekly"},
)
monthly_issue = dg.define_asset_job(
    "monthly_issue",
    selection=dg.AssetSelection.assets(monthly, site),
    description="The issue of a month, and the site over all briefings.",
    tags={KIND: "monthly"},
)
launch_briefing = dg.define_asset_job(
    "launch_briefing",
    selection=dg.AssetSelection.assets(launch, site),
    description="The briefing on a launch, and the site over all briefings.",
    tags={KIND: "launch"},
)

every_morning = dg.ScheduleDefinition(
    name="every_morning",
    job=daily,
    cron_schedule="15 6 * * *",
    execution_timezone="UTC",
    description="Once a day, after the feeds' own nightly updates.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


def _when_over(
    name: str,
    job: Any,
    partitions: dg.TimeWindowPartitionsDefinition,
    cron_schedule: str,
    description: str,
) -> dg.ScheduleDefinition:
    """Asks for the issue of the period that is over, once."""

    @dg.schedule(
        name=name,
        job=job,
        cron_schedule=cron_schedule,
        execution_timezone="UTC",
        description=description,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        key = partitions.get_partition_keys(current_time=context.scheduled_execution_time)[-1]
        return dg.RunRequest(run_key=key, partition_key=key)

    return schedule


# After the morning's run, so that what was read on the day after the period's last is known.
every_monday = _when_over(
    "every_monday", weekly_issue, WEEKS, "30 7 * * 1",
    "On Mondays the issue of the week that is over.",
)  # fmt: skip
first_of_month = _when_over(
    "first_of_month", monthly_issue, MONTHS, "0 8 1 * *",
    "On the first of a month the issue of the month that is over.",
)  # fmt: skip


def _not_looked_at(settings: Settings, cursor: str | None) -> str | dg.SkipReason:
    """Name of the version published last, if it is not the one a sensor looked at last."""
    if not settings.published.exists():
        return dg.SkipReason("nothing is published yet")
    version = settings.published.resolve().name
    return dg.SkipReason(f"{version} was looked at already") if version == cursor else version


@dg.sensor(
    job=catch_up,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Makes what the run that published last has left, and publishes again.",
)
def work_deferred(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """One run a version that something was left of: what stops it, the next day's run is after."""
    settings = Settings()
    version = _not_looked_at(settings, context.cursor)
    if isinstance(version, dg.SkipReason):
        return version
    if is_written(settings):
        return dg.SkipReason("a run is writing; it may make what was left itself")
    with contextlib.closing(open_reader(settings)) as connection:
        left = sorted(deferral.steps_deferred(connection))
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=version)] if left else [],
        skip_reason=None if left else f"nothing was left of {version}",
        cursor=version,
    )


@dg.sensor(
    job=launch_briefing,
    minimum_interval_seconds=120,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Briefs each launch that a new publication brings; older ones become partitions.",
)
def launch_detected(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """One run a launch, ever: its key is the event's id."""
    settings = Settings()
    version = _not_looked_at(settings, context.cursor)
    if isinstance(version, dg.SkipReason):
        return version
    from pipelines.briefings.market import LAUNCHES as BRIEFED
    from pipelines.briefings.market import rows

    with contextlib.closing(open_reader(settings)) as connection:
        if deferral.steps_deferred(connection):
            return dg.SkipReason(f"{version} waits for what was left of it")
        found = rows(connection, BRIEFED)
    today = settings.now().date()
    news = [e for e in found if today - NEWS_FOR <= e["effective_on"] <= today]
    known = set(context.instance.get_dynamic_partitions(str(LAUNCHES.name)))
    # A launch that the feeds dated and the edition now names has another id: the old one goes.
    gone = sorted(known - {e["event_id"] for e in found})
    new = sorted({e["event_id"] for e in found} - known)
    requests = [request for request, keys in (
        (LAUNCHES.build_delete_request(gone), gone), (LAUNCHES.build_add_request(new), new),
    ) if keys]  # fmt: skip
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=e["event_id"],
                partition_key=e["event_id"],
                tags={"bellwether/launch": e["title"]},
            )
            for e in sorted(news, key=lambda e: (e["effective_on"], e["event_id"]))
        ],
        dynamic_partitions_requests=requests,
        cursor=version,
    )


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the routes of BELLWETHER_ALERTS of each check of severity error that fails.",
)
def check_failed(context: dg.SensorEvaluationContext) -> dg.SkipReason | dg.SensorResult:
    """Once for as long as a check goes on failing, whatever the number of runs."""
    settings = Settings()
    if settings.alerts is None:
        return dg.SkipReason("alerts are off: BELLWETHER_ALERTS names no file of routes")
    looked = json.loads(context.cursor) if context.cursor else {}
    before: dict[str, str] = looked.get("failing", {})
    last = context.instance.get_run_records(
        dg.RunsFilter(statuses=FINISHED), limit=1, order_by="update_timestamp"
    )
    seen = last[0].update_timestamp.timestamp() if last else 0.0
    if seen == looked.get("seen"):
        return dg.SkipReason("no run has finished since the last look")
    assert context.repository_def is not None
    keys = sorted(context.repository_def.asset_graph.asset_check_keys)
    storage = context.instance.event_log_storage
    failing: dict[str, str] = {}
    found = []
    for key, record in storage.get_latest_asset_check_execution_by_key(keys).items():
        name = f"{key.asset_key.to_user_string().replace('/', '.')}: {key.name}"
        evaluation = record.evaluation
        if not isinstance(evaluation, dg.AssetCheckEvaluation):
            # Planned, or never reached by a run cut short: what was failing still is.
            if name in before:
                failing[name] = before[name]
        elif not evaluation.passed and evaluation.severity is dg.AssetCheckSeverity.ERROR:
            failing[name] = before.get(name, record.run_id)
            rows = evaluation.metadata.get("first_rows")
            figures = {"problem": str(rows.value) if rows else "see the run's log"}
            found.append(_change("check failed", name, failing[name], figures, settings))
    said = _tell(found, settings)
    for line in said:
        context.log.warning(line)
    if said:  # looked at again at the next tick: what was refused is told then, the rest is not
        return dg.SkipReason("; ".join(said))
    return dg.SensorResult(
        skip_reason=f"{len(failing)} checks of severity error fail",
        cursor=json.dumps({"seen": seen, "failing": failing}),
    )


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the routes of BELLWETHER_ALERTS of each run that failed for good.",
)
def run_failed(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Not of runs that are tried again, nor of those a failed check stopped: that is told already.

    The cursor is the last run all up to which are over; older ones, and those that failed while
    alerts were off, are not told. A sensor of its own rather than Dagster's for failures, which
    would forget what was refused.
    """
    settings, instance = Settings(), context.instance
    over = _last_over(instance)
    if context.cursor is None or settings.alerts is None:
        return dg.SensorResult(skip_reason="takes its bearings", cursor=str(over))
    found = []
    failed = instance.get_run_records(
        dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]), limit=FAILED_AT_MOST
    )
    for run in (r.dagster_run for r in failed if r.storage_id > int(context.cursor)):
        is_tried_again = run.tags.get("dagster/will_retry") == "true"
        if is_tried_again or _was_stopped_by_a_check(instance, run.run_id):
            continue
        subject = f"{run.job_name} {run.tags.get('dagster/partition', '')}".strip()
        figures = {"problem": _why(instance, run.run_id)}
        found.append(_change("run failed", subject, run.run_id, figures, settings))
    said = _tell(found, settings)
    for line in said:
        context.log.warning(line)
    return dg.SensorResult(
        skip_reason="; ".join(said) or f"{len(found)} failed runs told",
        cursor=context.cursor if said else str(over),
    )


@dg.sensor(
    minimum_interval_seconds=3600,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Deletes Dagster's records of runs older than BELLWETHER_KEEP_RUNS_DAYS.",
)
def old_runs_forgotten(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Never of one that last made an asset; a launch is no news any more when its run goes."""
    return dg.SkipReason(f"{len(records.forget(context.instance, Settings()))} old runs deleted")


def _last_over(instance: dg.DagsterInstance) -> int:
    """Storage id of the newest run before every run that still goes on; 0 if there is none."""
    newest = instance.get_run_records(limit=1)
    going = instance.get_run_records(dg.RunsFilter(statuses=GOING))
    if going:
        return min(record.storage_id for record in going) - 1
    return newest[0].storage_id if newest else 0


def _was_stopped_by_a_check(instance: dg.DagsterInstance, run_id: str) -> bool:
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    checks = [e.dagster_event.asset_check_evaluation_data for e in entries if e.dagster_event]
    return any(not c.passed and c.severity is dg.AssetCheckSeverity.ERROR for c in checks)


def _why(instance: dg.DagsterInstance, run_id: str) -> str:
    """What stopped the first step that failed, else the run itself, in one line."""
    for kind in (dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE):
        for entry in instance.all_logs(run_id, of_type=kind):
            if event := entry.dagster_event:
                return records.why(event).splitlines()[0][:300]
    return "see the run's log"


def _change(
    kind: str, subject: str, key: str, figures: dict[str, Any], settings: Settings
) -> "Change":
    from pipelines.briefings.changes import Change

    return Change(
        kind=kind, severity="high", on=settings.now().date(), subject=subject, model_id=None,
        key=f"{subject}|{key}", figures=figures,
    )  # fmt: skip


def _tell(found: "Sequence[Change]", settings: Settings) -> tuple[str, ...]:
    """Tell what was not told yet; what could not be."""
    if not found or settings.alerts is None:
        return ()
    from pipelines import alerts

    try:
        return alerts.tell(settings, alerts.read_channels(settings.alerts), found).problems
    except (alerts.AlertError, alerts.LedgerError) as error:
        return (str(error),)


JOBS = [daily, catch_up, weekly_issue, monthly_issue, launch_briefing]
SCHEDULES = [every_morning, every_monday, first_of_month]
SENSORS = [work_deferred, launch_detected, check_failed, run_failed, old_runs_forgotten]
