"""Weekly and monthly issues of past periods, many at once."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
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
    # Spawned, not forked: a connection or a thread of this process must not get into another.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        going = {pool.submit(_render, settings, order): order for order in asked}
        for done in as_completed(going):
            try:
                problem = done.result()
            except BrokenProcessPool:
                problem = "its process died; render it alone to see why"
            if problem:
                problems.append(f"{going[done].partition}: {problem}")
            on_done(going[done].partition)
    return sorted(problems)


def _render(settings: Settings, order: Order) -> str:
    """What went wrong; nothing if it was rendered."""
    from pipelines.briefings.render import BriefingError, Desk, render
    from pipelines.briefings.theme import read_theme
    from pipelines.ledger import Ledger
    from pipelines.warehouse import open_reader

    connection = open_reader(settings)
    try:
        desk = Desk(read_theme(settings.theme), Ledger(settings.ledger))
        render(connection, order, settings.reports, desk)
    except BriefingError as error:
        return str(error)
    finally:
        connection.close()
    return ""
