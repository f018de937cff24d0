"""The whole pipeline on one screen."""

import dagster as dg

from pipelines.assets import Warehouse, alerted, all_tables, published, recorded, source_assets
from pipelines.automation import daily, every_morning

defs = dg.Definitions(
    assets=[source_assets(), *all_tables(), recorded, published, alerted],
    jobs=[daily],
    schedules=[every_morning],
    resources={"bellwether": Warehouse()},
    # One process: DuckDB has one writer, and separate processes took ten times as long.
    executor=dg.in_process_executor,
)
