"""How values look on a terminal: shared by every command that prints a table."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def cell(value: Any) -> str:
    """A value as short text; null is empty, midnight is a day."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")
    return str(value)


def is_number(value: Any) -> bool:
    """Whether a value goes to the right of its column."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def grid(rows: list[dict[str, Any]], console: Console) -> None:
    """Print rows as a table; the first row names the columns."""
    if not rows:
        console.print("No rows.")
        return
    table = Table()
    for name in rows[0]:
        values = [row[name] for row in rows if row[name] is not None]
        numeric = bool(values) and all(map(is_number, values))
        table.add_column(escape(name), justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(escape(cell(value)) for value in row.values()))
    console.print(table)
