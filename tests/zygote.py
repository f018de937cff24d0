"""Runs the pipeline in children that may be killed, without paying for the imports each time.

Reads one line of JSON a run from standard input: the environment to set, and after how many
seconds to kill it, if at all. Answers with the child's exit status. Only this script's main thread
exists when it forks.
"""

import json
import os
import signal
import sys
import time

from pipelines.run import run_pipeline
from pipelines.settings import Settings


def main() -> None:
    """Serve until standard input ends."""
    import dagster  # noqa: F401

    from pipelines.definitions import defs

    defs.resolve_job_def("daily")
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            os.environ.update(asked["environment"])
            os._exit(0 if run_pipeline(Settings(), None).success else 1)
        print(wait(child, asked["kill_after_s"]), flush=True)


def wait(child: int, kill_after_s: float | None) -> int:
    """Exit status of a child; killed after a time. Not reaped before, so the id stays its own."""
    if kill_after_s is not None:
        until = time.monotonic() + kill_after_s
        while time.monotonic() < until:
            found, status = os.waitpid(child, os.WNOHANG)
            if found:
                return status
            time.sleep(0.01)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


if __name__ == "__main__":
    main()
