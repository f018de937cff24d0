"""The kinds of briefing: what gathers each. A kind's template has its name."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from pipelines.briefings.facts import Facts
from pipelines.briefings.market import Order, Row
from pipelines.briefings.theme import Theme
from pipelines.warehouse import Connection

Gather = Callable[[Connection, Facts, Order, Theme], Row]

#: The module of each; a briefing imports its own kind's only.
KINDS: Mapping[str, str] = {
    "launch": "launch",
    "weekly": "issue",
    "monthly": "issue",
    "model": "model",
    "scorecard": "scorecard",
}


def gather(kind: str) -> Gather:
    """What gathers a kind. Raises KeyError."""
    return cast(Gather, import_module(f"pipelines.briefings.{KINDS[kind]}").gather)
