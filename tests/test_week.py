"""A week of operation in minutes: Dagster's own daemon over the replayed archive, faults mixed in.

The week holds a Monday, the first of a month, a launch and changes of prices. Every due briefing is
made once, every alert is sent once, disk and memory do not grow. Every run is a process of its own;
one is killed with SIGKILL half way.
"""

import fcntl
import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from aiosmtpd.controller import Controller
from daemon import Daemon, daemon
from replays import environment
from test_alerts import Hook, Inbox, free_port

from pipelines.alerts import ATTEMPT, OUTCOME, SENT
from pipelines.briefings.market import Order
from pipelines.ledger import Ledger
from pipelines.replay import Replay
from pipelines.settings import Settings

pytestmark = pytest.mark.week
FIRST, DAYS = date(2026, 4, 27), 7
#: What a source answers on which day of the week; the first is a Monday.
FAULTS: dict[int, dict[str, str]] = {
    1: {"litellm": "truncated", "epoch_hub": "html"},
    2: {"litellm": "server_error", "openrouter": "empty"},
    3: {"litellm": "server_error", "models_dev": "cut*1", "llm_prices": "gone"},
    4: {"deprecations_rss": "wrong_type", "livebench": "too_many_requests*1"},
}
#: Days on which a seed has every row twice, the webhook answers 503, the run's process is killed
#: after so many steps, and another program holds the warehouse.
DOUBLED, DEAF, KILLED, HELD = 1, 2, 3, 5
STEPS = 90
#: From the first complete day to the last, memory and the tables may grow by this much.
FLAT = 1.15
#: DuckDB's file beside the tables in it: what is rebuilt leaves holes, which are used again.
HOLES = 2.0
#: What a day may add to Dagster's own records.
RECORDS_A_DAY = 20e6


@dataclass
class Day:
    """A line of the table."""

    day: date
    runs: Counter[str]
    daily_s: float
    daily_cpu_s: float
    daily_peak: int
    daemon: int
    warehouse: int
    tables: int
    published: int
    versions: int
    snapshots: int
    records: int
    told: int
    mailed: int
    down: set[tuple[str, str]]


def bytes_in(folder: Path, pattern: str = "*") -> int:
    return sum(
        p.stat().st_size for p in folder.rglob(pattern) if p.is_file() and not p.is_symlink()
    )


def resident_bytes() -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


def killer(ticking: Daemon) -> Callable[[str, int], None]:
    """Kills the first daily run once it has done some steps."""
    struck: list[str] = []

    def strike(run_id: str, process: int) -> None:
        if struck:
            return
        begun = ticking.instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_START)
        if len(begun) >= STEPS:
            os.kill(process, signal.SIGKILL)  # not waited for yet, so the number is still its own
            struck.append(run_id)

    return strike


def live_a_day(ticking: Daemon, number: int, day: date, home: Path, hook: Hook) -> float:
    """What is due in the morning and what comes of it; seconds the first run took."""
    took = 0.0
    for hour, minute in ((6, 16), (7, 31), (8, 1), (12, 0)):
        moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
        ticking.now = max(ticking.now + timedelta(minutes=1), moment)
        ticking.schedules()
        is_first = hour == 6
        ticking.workers.doubled = "seeds.metrics" if is_first and number == DOUBLED else None
        hook.answers = [503] * 400 if is_first and number == DEAF else []
        started = time.monotonic()
        if is_first and number == HELD:
            with (home / "data" / "writer.lock").open("a+") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                ticking.work()
        elif is_first and number == KILLED:
            ticking.work(killer(ticking))
        else:
            ticking.work()
        took = time.monotonic() - started if is_first else took
        ticking.sensors()
    return took


def measured(
    ticking: Daemon, day: date, before: set[str], took: float, home: Path, records: Path,
    hook: Hook, inbox: Inbox,
) -> Day:  # fmt: skip
    runs = [run for run in ticking.instance.get_runs() if run.run_id not in before]
    last = next(run for run in runs if run.job_name == "daily")
    used = ticking.workers.ended[last.run_id]
    published = home / "data" / "published"
    with duckdb.connect(str(published / "bellwether.duckdb"), read_only=True) as connection:
        [(tables,)] = connection.execute(
            "select block_size * used_blocks from pragma_database_size()"
        ).fetchall()
        down = connection.execute(
            "select title, cast(failing_since as varchar) from marts.source_health "
            "where problem is not null"
        ).fetchall()
    return Day(
        day=day,
        runs=Counter(run.status.value for run in runs),
        daily_s=took, daily_cpu_s=used.cpu_s, daily_peak=used.peak_bytes,
        daemon=resident_bytes(),
        warehouse=(published / "bellwether.duckdb").stat().st_size,
        published=bytes_in(published),
        tables=tables, versions=len(list(published.glob("bellwether-*"))),
        snapshots=bytes_in(home / "data" / "snapshots"),
        records=bytes_in(records),
        told=len(hook.taken), mailed=len(inbox.messages), down=set(down),
    )  # fmt: skip


def line_of(found: Day) -> str:
    mb = 1e6
    return (
        f"{found.day} {found.runs['SUCCESS']:>5}{found.runs['FAILURE']:>7}"
        f"{found.daily_s:>9.1f}{found.daily_cpu_s:>7.1f}{found.daily_peak / mb:>7.0f}"
        f"{found.daemon / mb:>8.0f}{found.warehouse / mb:>11.1f}{found.tables / mb:>8.1f}"
        f"{found.published / mb:>11.1f}"
        f"{found.versions:>4}{found.snapshots / mb:>11.2f}{found.records / mb:>9.1f}"
        f"{found.told:>9}{found.mailed:>7}"
    )


HEAD = (
    "\nday        runs  failed  daily s    CPU   peak  daemon  warehouse  tables  published   #"
    "  snapshots  Dagster  webhook   mail\n" + " " * 29 + "(MB from here on)"
)


def test_a_week_goes_by_with_each_briefing_and_each_alert_once(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hook, inbox = Hook(), Inbox()
    port = free_port()
    mail = Controller(inbox, hostname="127.0.0.1", port=port)
    mail.start()
    routes = tmp_path / "alerts.toml"
    routes.write_text(
        f'[[webhook]]\nurl = "{hook.url}"\nseverity = "medium"\n'
        f'[[email]]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nseverity = "medium"\n'
        'kinds = ["source down", "check failed", "run failed"]\n'
        'from = "b@example.org"\nto = ["ops@example.org"]\n'
    )
    home, records = tmp_path / "home", tmp_path / "dagster"
    server = Replay(archive, FIRST).start()
    lines: list[Day] = []
    before = datetime(FIRST.year, FIRST.month, FIRST.day, 5, tzinfo=UTC)
    try:
        with daemon(records, before) as ticking, capsys.disabled():
            print(HEAD)
            for number in range(DAYS):
                day = FIRST + timedelta(days=number)
                server.day, server.faults = day, FAULTS.get(number, {})
                with environment(
                    home=str(home), replay_url=server.url, pretend_now=f"{day}T06:15:00",
                    alerts=str(routes), fetch_timeout_s="8", fetch_read_timeout_s="2",
                ):  # fmt: skip
                    if number == 0:  # all take their bearings
                        ticking.schedules()
                        ticking.sensors()
                        ticking.retries()
                    ran = {run.run_id for run in ticking.instance.get_runs()}
                    took = live_a_day(ticking, number, day, home, hook)
                    lines.append(measured(ticking, day, ran, took, home, records, hook, inbox))
                print(line_of(lines[-1]))
            check_briefings(ticking, home)
    finally:
        server.stop()
        hook.close()
        mail.stop()
    check_alerts(Settings(home=home), hook, inbox, lines)
    check_disk(home, lines)
    check_memory(lines)


def check_briefings(ticking: Daemon, home: Path) -> None:
    runs = ticking.instance.get_runs()
    ended = Counter(
        (run.job_name, run.tags.get("dagster/partition", ""), run.status.value) for run in runs
    )
    # The doubled seed, the killed process, and the held warehouse, which is tried three times.
    assert ended.pop(("daily", "", "FAILURE")) == 5
    assert ended.pop(("daily", "", "SUCCESS")) == DAYS - 2
    retried = [run for run in runs if run.tags.get("dagster/will_retry") == "true"]
    [killed] = [run for run in retried if ticking.workers.ended[run.run_id].status < 0]
    [again] = [run for run in runs if run.parent_run_id == killed.run_id]
    assert ticking.workers.ended[killed.run_id].status == -signal.SIGKILL
    assert (again.status, again.job_name) == (dg.DagsterRunStatus.SUCCESS, "daily")
    assert ended.pop(("catch_up", "", "SUCCESS")) >= 1, "benchmarks bring a new fit"
    assert ended.pop(("weekly_issue", "2026-W17-1", "SUCCESS")) == 1
    assert ended.pop(("monthly_issue", "2026-04", "SUCCESS")) == 1
    assert {(job, status) for job, _, status in ended} == {("launch_briefing", "SUCCESS")}
    assert set(ended.values()) == {1}, "no launch was briefed twice"
    launches = {launch for _, launch, _ in ended}
    assert "mistral-medium-3.5" in launches, "of the week's third day"
    file = home / "data" / "published" / "bellwether.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        due = connection.execute(
            "select e.event_id from core.events as e where e.event_id in "
            "(select d.event_id from core.segment_days as d) and e.effective_on between ? and ?",
            [FIRST - timedelta(days=30), FIRST + timedelta(days=DAYS - 1)],
        ).fetchall()
    assert launches == {event for (event,) in due}
    for kind, due in (
        ("weekly", {"2026-W17-1"}), ("monthly", {"2026-04"}), ("launch", launches),
    ):  # fmt: skip
        made = ticking.instance.fetch_materializations(
            dg.AssetKey(["briefings", kind]), limit=1000
        ).records
        assert Counter(m.partition_key for m in made) == Counter(due)
    out = home / "reports" / "out"
    pages = {p.parent.relative_to(out).as_posix() for p in out.glob("*/*/index.html")}
    assert pages == {
        "weekly/2026-W17", "monthly/2026-04", "scorecard/latest",
        *(f"launch/{Order('launch', launch).partition}" for launch in launches),
    }  # fmt: skip


def check_alerts(settings: Settings, hook: Hook, inbox: Inbox, lines: list[Day]) -> None:
    ledger = Ledger(settings.ledger)
    sent = {e["attempt"] for e in ledger.entries(OUTCOME) if e["outcome"] == SENT}
    attempts = [e for e in ledger.entries(ATTEMPT) if e["checksum"] in sent]
    by_channel = Counter(e["channel"] for e in attempts)
    assert by_channel == {"webhook 1": len(hook.taken), "email 1": len(inbox.messages)}
    assert len(hook.texts) > len(hook.taken), "some were refused, and told later"
    told = Counter((e["channel"], change) for e in attempts for change in e["changes"])
    assert set(told.values()) == {1}
    bullets = [line for text in hook.taken for line in text.splitlines() if line.startswith("•")]
    assert len(bullets) == sum(1 for channel, _ in told if channel == "webhook 1")
    assert len(set(bullets)) == len(bullets)
    (settings.home / "webhook.json").write_text(json.dumps([hook.texts, hook.taken]))
    mails = "\n".join(
        m.get_payload(decode=True).decode()
        for m in inbox.messages  # type: ignore[attr-defined]
    )
    for said in ("\n".join(bullets), mails):
        assert said.count("Check failed, seeds.metrics") == 1
        assert said.count("Run failed") == 1
    # A source that cannot be read is told once, by when that began. The first look only takes its
    # bearings; on the day the webhook was deaf only the mail heard, and what was mended by the
    # next look is no news.
    published = [line for number, line in enumerate(lines) if number not in (0, DOUBLED, HELD)]
    down = set().union(*(line.down for line in published))
    heard = set().union(*(line.down for line in published if line is not lines[DEAF]))
    assert down > heard > set()
    assert mails.count("could not be read") == len(down)
    assert "\n".join(bullets).count("could not be read") == len(heard)
    assert any("Mistral Medium 3.5" in line and "launched" in line for line in bullets)


def check_disk(home: Path, lines: list[Day]) -> None:
    data, first, last = home / "data", lines[DEAF], lines[-1]
    assert last.tables <= FLAT * first.tables
    assert max(line.warehouse / line.tables for line in lines) <= HOLES
    assert last.versions == Settings().keep_published
    assert last.published <= HOLES * last.versions * last.tables
    written = (data / "snapshots" / "fetches.jsonl").read_text()
    log = [json.loads(line) for line in written.splitlines()]
    kept = {path.name for path in (data / "snapshots").glob("*/*")}
    assert kept == {f"{entry['sha256']}.gz" for entry in log if entry["sha256"]}, "each byte once"
    assert not [p for p in home.rglob("*") if ".part" in p.name]
    grown = [after.records - before.records for before, after in pairwise(lines)]
    assert max(grown) <= RECORDS_A_DAY


def check_memory(lines: list[Day]) -> None:
    first, last = lines[DEAF], lines[-1]
    assert last.daily_peak <= FLAT * first.daily_peak
    assert last.daemon <= FLAT * lines[1].daemon
