"""When the pipeline runs by itself."""

import dagster as dg

daily = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.all(),
    description="Fetch every source, rebuild and check every table, publish.",
    tags={"bellwether/kind": "daily"},
)

every_morning = dg.ScheduleDefinition(
    name="every_morning",
    job=daily,
    cron_schedule="15 6 * * *",
    execution_timezone="UTC",
    description="Once a day, after the feeds' own nightly updates.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
