"""Weekly and monthly issues of past periods, many at once."""

import multiprocessing
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from pipelines.briefings.issue import period
from pipelines.briefings.market import Order
from pipelines.settings import Settings

ISSUES = ("weekly", "monthly")


def orders(first: date, last: date, kinds: Sequence[str] = ISSUES) -> list[Order]:
    """An order for every week and month that lies within two days, both included."""
    found = []
    for kind in kinds:
        day = first
        while day <= last:
            year, week, _ = day.isocalendar()
            subject = f"{year}-W{week:02d}" if kind == "weekly" else f"{day:%Y-%m}"
            begins, ends = period(kind, subject)
            if first <= begins and ends <= last:
                found.append(Order(kind, subject))
            day = ends + timedelta(days=1)
    return found


def render_all(
    settings: Settings, asked: Sequence[Order], workers: int, on_done: Callable[[str], None]
) -> list[str]:
    """Render every order, in `workers` processes. Returns what could not be rendered and why."""
    problems = []
    jobs = [(settings, order) for order in asked]
    # Spawned, not forked: a connection or a thread of this process must not get into another.
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for partition, problem in pool.imap_unordered(_render, jobs, chunksize=4):
            if problem:
                problems.append(f"{partition}: {problem}")
            on_done(partition)
    return sorted(problems)


def _render(job: tuple[Settings, Order]) -> tuple[str, str]:
    from pipelines.briefings.render import BriefingError, Desk, render
    from pipelines.briefings.theme import read_theme
    from pipelines.ledger import Ledger
    from pipelines.warehouse import open_reader

    settings, order = job
    connection = open_reader(settings)
    try:
        desk = Desk(read_theme(settings.theme), Ledger(settings.ledger))
        render(connection, order, settings.reports, desk)
    except BriefingError as error:
        return order.partition, str(error)
    finally:
        connection.close()
    return order.partition, ""
