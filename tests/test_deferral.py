"""A day's facts are published before new fits and what follows from them, which come after."""

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from conftest import published_in
from feeds import rows
from replays import environment

from pipelines import automation, deferral, raw
from pipelines.definitions import defs
from pipelines.ledger import Ledger
from pipelines.run import Outcome, run_job, run_pipeline
from pipelines.settings import PROJECT, Settings
from pipelines.snapshots import Snapshots
from pipelines.sources import sources
from pipelines.tables import LAYERS, Connection, catalogue
from pipelines.warehouse import open_reader, open_writer

#: Behind everything that the edition has a result of.
NEWS_ON = date(2026, 11, 2)
#: New fits; and what tasks cost, which past launches are told with.
LEFT = {"pipelines.analysis.capability", "pipelines.analysis.day_states"}


@pytest.fixture
def home(edition: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The edition, published, and a day's benchmark results that no run has read yet."""
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BELLWETHER_OFFLINE", "true")
    monkeypatch.setenv("BELLWETHER_PRETEND_NOW", f"{NEWS_ON}T08:00:00")
    settings = Settings()
    published_in(edition, settings)
    assert run_job("daily", settings, None).success
    news = tmp_path / "news" / "aider" / str(NEWS_ON)
    news.mkdir(parents=True)
    shutil.copy(
        PROJECT / "tests" / "fixtures" / "aider" / "2024-12-31" / "polyglot_leaderboard.yml", news
    )
    raw.backfill(tmp_path / "news", sources().values(), Snapshots(settings.snapshots))
    return settings


def contents(connection: Connection) -> dict[str, tuple[int, int, int]]:
    """Rows of every table made, and two hashes of what they say."""
    return {
        name: rows(
            connection,
            f"select count(*), coalesce(bit_xor(hash(t)), 0), coalesce(sum(hash(t)), 0) "
            f"from {name} as t",
        )[0]
        for name in catalogue().tables
    }


def newest_fit(connection: Connection) -> date:
    return rows(connection, "select max(f.known_on) from analysis.fits as f")[0][0]


def ask(sensor: Callable[..., object], cursor: str | None = None) -> object:
    with dg.DagsterInstance.ephemeral() as instance:
        return sensor(dg.build_sensor_context(instance=instance, cursor=cursor, definitions=defs))


def test_a_day_is_published_before_new_fits_and_the_rest_after_it(home: Settings) -> None:
    before = home.published.resolve().name
    verdicts = len(list(Ledger(home.ledger).entries("verdict")))
    twin = home.home.with_name("twin")
    shutil.copytree(home.home, twin, symlinks=True)

    told: list[Outcome] = []
    first = run_job("daily", home, None)
    assert first.success
    assert first.is_deferred
    version = home.published.resolve().name
    assert version != before
    with closing(open_reader(home)) as reader:
        assert deferral.steps_deferred(reader) == LEFT
        assert newest_fit(reader) < NEWS_ON
        told_of = rows(
            reader, "select count(*) from core.results where source = 'aider' and known_at >= ?",
            [NEWS_ON],
        )  # fmt: skip
    assert told_of[0][0] > 0, "the day's facts are there"
    assert len(list(Ledger(home.ledger).entries("verdict"))) == verdicts

    assert isinstance(ask(automation.launch_detected), dg.SkipReason)
    with open_writer(home):
        assert isinstance(ask(automation.work_deferred), dg.SkipReason), "it may be about to"
    asked = ask(automation.work_deferred)
    assert isinstance(asked, dg.SensorResult)
    assert [request.run_key for request in asked.run_requests or []] == [version]
    assert isinstance(ask(automation.work_deferred, asked.cursor), dg.SkipReason)

    later = run_pipeline(home, None, on_published=told.append)
    assert later.success
    assert later.caught_up_s
    assert [outcome.is_deferred for outcome in told] == [True], "left once more, then made"
    with closing(open_reader(home)) as reader:
        assert not deferral.steps_deferred(reader)
        assert newest_fit(reader) == NEWS_ON
        found = contents(reader)
    nothing = ask(automation.work_deferred)
    assert isinstance(nothing, dg.SensorResult)
    assert not nothing.run_requests

    with environment(home=str(twin)):
        assert run_job("daily", Settings(), None, [*LAYERS, "published"]).success
        with closing(open_reader(Settings())) as reader:
            assert not deferral.steps_deferred(reader)
            assert contents(reader) == found, "as made all at once"
