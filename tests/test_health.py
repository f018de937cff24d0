"""What a monitor is told."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines import health
from pipelines.health import Finding, findings, worst
from pipelines.ledger import Ledger
from pipelines.settings import Settings
from pipelines.warehouse import open_writer, publish

DAY = timedelta(hours=30)
FILL = """
create schema marts;
create table marts.source_health as
select * from (values
    ('alpha', 'ok', true, null, null, timestamp '2026-01-02', timestamp '2026-01-02'),
    ('beta', case when {beta} is null then 'ok' else 'broken' end, true, {beta}, 'see',
     timestamp '2026-01-01', timestamp '2026-01-02'),
    ('old', 'stale', true, null, 'see', timestamp '2026-01-02', timestamp '2026-01-02'),
    ('dead', 'archive', false, 'archive only', 'nothing', null, null)
) as h(source, status, is_live, problem, what_to_do, last_good_at, last_attempt_at);
"""


def publish_with(settings: Settings, beta: str = "null", alpha: str = "null") -> None:
    with open_writer(settings) as connection:
        connection.execute("drop schema if exists marts cascade")
        connection.execute(FILL.format(beta=beta))
        connection.execute(
            f"update marts.source_health set problem = {alpha}, status = 'broken' "
            f"where {alpha} is not null and source in ('alpha', 'old')"
        )
        publish(connection, settings)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def said(found: list[Finding], what: str) -> Finding:
    return next(f for f in found if f.what == what)


def test_all_is_well(settings: Settings) -> None:
    publish_with(settings)
    found = findings(settings, DAY)
    assert worst(found) == "good", found
    assert {f.what for f in found} == {"publication", "sources", "disk", "ledger"}


def test_nothing_published_is_bad_and_says_what_to_run(settings: Settings) -> None:
    found = findings(settings, DAY)
    assert worst(found) == "bad"
    assert "bellwether run" in said(found, "publication").said


def test_an_old_publication_is_bad(settings: Settings) -> None:
    publish_with(settings)
    old = time.time() - 50 * 3600
    os.utime(settings.published.resolve(), (old, old))
    found = findings(settings, DAY)
    assert said(found, "publication").status == "bad"
    assert "50 hours" in said(found, "publication").said


def test_a_clock_that_jumped_back_is_noticed(settings: Settings) -> None:
    publish_with(settings)
    later = time.time() + 7 * 86400
    os.utime(settings.published.resolve(), (later, later))
    assert "clock" in said(findings(settings, DAY), "publication").said


def test_one_dead_source_is_a_warning_and_all_dead_is_bad(settings: Settings) -> None:
    publish_with(settings, beta="'HTTP 500'")
    found = findings(settings, DAY)
    assert worst(found) == "warning"
    assert "HTTP 500" in said(found, "source beta").said
    publish_with(settings, beta="'HTTP 500'", alpha="'timed out'")
    assert worst(findings(settings, DAY)) == "bad"


def test_a_changed_ledger_is_bad(settings: Settings) -> None:
    publish_with(settings)
    ledger = Ledger(settings.ledger)
    ledger.append("verdict", {"model": "zeta/one"})
    ledger.append("verdict", {"model": "zeta/two"})
    assert worst(findings(settings, DAY)) == "good"
    settings.ledger.write_text(settings.ledger.read_text().replace("zeta/one", "zeta/six"))
    assert said(findings(settings, DAY), "ledger").status == "bad"


def test_too_little_disk_is_bad(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_with(settings)
    monkeypatch.setattr(health, "ROOM_AT_LEAST", 10**18)
    assert said(findings(settings, DAY), "disk").status == "bad"
