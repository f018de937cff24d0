"""The whole pipeline on one screen."""

import dagster as dg

from pipelines.assets import (
    Warehouse,
    alerted,
    all_tables,
    published,
    recorded,
    source_assets,
    source_states,
)
from pipelines.automation import JOBS, SCHEDULES, SENSORS
from pipelines.briefing_assets import BRIEFINGS

defs = dg.Definitions(
    assets=[source_assets(), *all_tables(), recorded, published, alerted, *BRIEFINGS],
    asset_checks=[source_states()],
    jobs=JOBS,
    schedules=SCHEDULES,
    sensors=SENSORS,
    resources={"bellwether": Warehouse()},
    # One process: DuckDB has one writer, and separate processes took ten times as long.
    executor=dg.in_process_executor,
)
