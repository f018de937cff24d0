"""The Dagster side: everything loads, the graph is the catalogue's, a run behaves."""

import gc
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from pipelines.assets import Warehouse
from pipelines.automation import every_morning
from pipelines.definitions import defs
from pipelines.run import seldom_collected
from pipelines.settings import PROJECT, Settings
from pipelines.tables import catalogue

WORDS = ["raw", "seeds", "staging", "core", "analysis", "marts", "published", "briefings"]


def test_every_table_is_an_asset_with_its_documentation() -> None:
    graph = defs.resolve_asset_graph()
    for table in catalogue().tables.values():
        node = graph.get(dg.AssetKey([table.schema, table.name]))
        assert node.group_name == table.schema
        assert node.description == table.description
        columns = node.metadata["dagster/column_schema"].columns
        assert [c.name for c in columns] == list(table.columns)
        assert all(c.description for c in columns)


def test_every_check_is_visible_in_dagster() -> None:
    graph = defs.resolve_asset_graph()
    checks = {(k.asset_key.to_user_string(), k.name) for k in graph.asset_check_keys}
    for table in catalogue().tables.values():
        for check in table.checks:
            assert (f"{table.schema}/{table.name}", check.name) in checks


def test_data_flows_left_to_right_only() -> None:
    graph = defs.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        for parent in graph.get(key).parent_keys:
            assert WORDS.index(parent.path[0]) <= WORDS.index(key.path[0]), (parent, key)


def test_definitions_fit_a_screen() -> None:
    assert len((PROJECT / "pipelines" / "definitions.py").read_text().splitlines()) <= 40


def test_the_daily_schedule_asks_for_the_whole_pipeline() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(instance=instance)
        tick = every_morning.evaluate_tick(context)
    assert tick.run_requests is not None
    assert len(tick.run_requests) == 1
    assert every_morning.default_status is dg.DefaultScheduleStatus.RUNNING


def test_a_failed_check_is_red_and_nothing_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path))
    table = catalogue().tables["seeds.metrics"]
    broken = table.select.replace("from csv_metrics", "from (select * from csv_metrics union all "
                                  "select * from csv_metrics)")  # fmt: skip
    monkeypatch.setitem(table.__dict__, "select", broken)
    job = defs.resolve_job_def("daily")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            instance=instance,
            resources={"bellwether": Warehouse(offline=True)},
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        failed = [
            e.asset_check_evaluation_data
            for e in result.all_events
            if e.event_type_value == "ASSET_CHECK_EVALUATION"
            and not e.asset_check_evaluation_data.passed
        ]
    assert not result.success
    assert [check.check_name for check in failed] == ["key_is_unique_and_not_null"]
    assert not Settings().published.exists()


@pytest.mark.parametrize("module", ["pipelines.cli", "pipelines.answers"])
def test_questions_do_not_import_dagster(module: str) -> None:
    code = f"import sys, {module}; sys.exit('dagster' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_run_looks_for_garbage_seldom_and_leaves_the_process_as_it_was() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with seldom_collected():
        gc.freeze()
        assert gc.get_threshold()[0] > before[0][0]
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
