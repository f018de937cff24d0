"""The kinds of briefing: what gathers each. A kind's template has its name."""

from collections.abc import Callable, Mapping

from pipelines.briefings import issue, launch, model, scorecard
from pipelines.briefings.facts import Facts
from pipelines.briefings.market import Order, Row
from pipelines.briefings.theme import Theme
from pipelines.warehouse import Connection

Gather = Callable[[Connection, Facts, Order, Theme], Row]

KINDS: Mapping[str, Gather] = {
    "launch": launch.gather,
    "weekly": issue.gather,
    "monthly": issue.gather,
    "model": model.gather,
    "scorecard": scorecard.gather,
}
