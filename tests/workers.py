"""Executes the runs of a Dagster instance in children of their own, which may be killed.

A script: it imports the pipeline once, then reads one line of JSON a request from standard input
and answers with one. `{"run": ID, "now": MOMENT, "environment": {...}, "doubled": TABLE}` forks a
child that executes a queued run, with Dagster's clock standing at that moment, and answers with
its process id; `doubled` makes the child read every row of a table twice, so that its key fails.
`{"wait": PROCESS}` answers whether the child has ended, how, and what it took. Only this script's
main thread exists when it forks.
"""

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import dagster as dg
from dagster._cli.api import _execute_run_command_body
from dagster._core.test_utils import freeze_time

from pipelines.definitions import defs
from pipelines.tables import catalogue


def main() -> None:
    """Serve until standard input ends."""
    for job in ("daily", "weekly_issue", "monthly_issue", "launch_briefing"):
        defs.resolve_job_def(job)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(ended(asked["wait"]) if "wait" in asked else forked(asked)), flush=True)


def forked(asked: Mapping[str, Any]) -> int:
    """Process id of a child that executes a run."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        # Standard output is for answers; what a run prints goes where its errors go.
        os.dup2(2, 1)
        os.environ.update(asked["environment"])
        if asked.get("doubled"):
            table = catalogue().tables[asked["doubled"]]
            both = f"select * from ({table.select}) union all select * from ({table.select})"
            table.__dict__["select"] = both
        with freeze_time(datetime.fromisoformat(asked["now"])), dg.DagsterInstance.get() as found:
            status = _execute_run_command_body(asked["run"], found, lambda _: None, True)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        os._exit(status)


def ended(child: int) -> dict[str, Any] | None:
    """How a child ended, with its seconds of CPU and peak memory in bytes; None if it goes on."""
    found, status, used = os.wait4(child, os.WNOHANG)
    if not found:
        return None
    return {
        "status": os.waitstatus_to_exitcode(status),
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * 1024,
    }


if __name__ == "__main__":
    main()
