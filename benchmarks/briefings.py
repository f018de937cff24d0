"""What one briefing of each kind takes as a process of its own, and how large its pages are.

    .venv/bin/python benchmarks/briefings.py
    .venv/bin/python benchmarks/briefings.py --home DIR --times 5 --issues 2024-07-01 2026-08-31

Runs `bellwether brief` on the warehouse published in `--home` (default: the one `bellwether` uses;
its own pages stay as they are) and shows the best of `--times` runs: seconds by the clock, seconds
of CPU of all its threads, that CPU as a ratio to a fixed piece of Python's work done on the same
machine at the same time (so that figures of two machines, or of a busy one, can be compared), peak
memory, and the size of its pages. A first run, not counted, fills the caches of Python and of
templates. The last line is the sum: all kinds, asked one after another. With `--issues` all weekly
and monthly issues between two days are rendered once too.

Limits: 1.5 s a briefing, 6 s all kinds, 3 minutes for 120 back issues; HTML 400 kB, PDF 600 kB.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pipelines.settings import Settings

BELLWETHER = str(Path(sys.executable).with_name("bellwether"))
#: An order of each kind; the monthly is one of the longest there are.
ORDERS = ("launch o1-mini", "weekly 2025-W26", "monthly 2025-06", "model o1-mini", "scorecard")


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds by the clock and of CPU, peak memory in MB."""

    clock: float
    cpu: float
    memory: float


def run(home: Path, *arguments: str) -> Cost:
    """One command in a process of its own."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [BELLWETHER, "brief", *arguments],
        env=os.environ | {"BELLWETHER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"bellwether brief {' '.join(arguments)} failed")
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(time.perf_counter() - started, cpu, usage.ru_maxrss / 1024)


def best(costs: list[Cost]) -> Cost:
    """The least of each: what was in the way of the others is not the command's."""
    return Cost(
        min(c.clock for c in costs), min(c.cpu for c in costs), max(c.memory for c in costs)
    )


def yardstick() -> float:
    """CPU seconds of a fixed piece of work, the best of five."""
    found = []
    for _ in range(5):
        started = time.process_time()
        words = {str(number): number for number in range(200_000)}
        sorted(words, key=lambda word: -words[word])
        found.append(time.process_time() - started)
    return min(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, default=Settings().home)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--issues", nargs=2, metavar=("SINCE", "UNTIL"))
    parser.add_argument("orders", nargs="*", default=ORDERS, metavar="ORDER",
                        help='kind and subject as one word, such as "monthly 2025-06"')  # fmt: skip
    asked = parser.parse_args()
    print(f"{'':24}{'clock':>8}{'CPU':>8}{'ratio':>8}{'MB':>6}{'HTML kB':>9}{'PDF kB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "data").symlink_to((asked.home / "data").resolve())
        out = Settings(home=home).reports
        costs = []
        for order in asked.orders:
            run(home, *order.split())
            unit = yardstick()
            cost = best([run(home, *order.split()) for _ in range(asked.times)])
            costs.append(cost)
            page = max(out.glob("*/*/index.html"), key=lambda path: path.stat().st_mtime).parent
            sizes = [(page / n).stat().st_size / 1000 for n in ("index.html", "briefing.pdf")]
            print(
                f"{order:24}{cost.clock:8.2f}{cost.cpu:8.2f}{cost.cpu / unit:8.1f}"
                f"{cost.memory:6.0f}{sizes[0]:9.0f}{sizes[1]:8.0f}",
                flush=True,
            )
        print(f"{'all':24}{sum(c.clock for c in costs):8.2f}{sum(c.cpu for c in costs):8.2f}")
        if asked.issues:
            since, until = asked.issues
            before = set(out.glob("*/*/index.html"))
            cost = run(home, "issues", "--since", since, "--until", until)
            made = len(set(out.glob("*/*/index.html")) - before)
            largest = max(path.stat().st_size for path in out.glob("*/*/index.html")) / 1000
            print(
                f"{f'issues ({made} new)':24}{cost.clock:8.1f}{cost.cpu:8.1f}{'':8}"
                f"{cost.memory:6.0f}{largest:9.0f}  (the largest page)"
            )
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
