"""The whole pipeline on one screen."""

import dagster as dg

from pipelines.assets import Warehouse, all_tables, published, source_asset
from pipelines.automation import daily, every_morning
from pipelines.sources import sources

defs = dg.Definitions(
    assets=[*map(source_asset, sources().values()), *all_tables(), published],
    jobs=[daily],
    schedules=[every_morning],
    resources={"bellwether": Warehouse()},
    # One process: DuckDB has one writer, and separate processes took ten times as long.
    executor=dg.in_process_executor,
)
