"""Which checks of severity error stand now: in the last run, and on the published warehouse.

A run whose check fails publishes nothing, so readers keep figures that are old but whole. Whoever
signs a briefing then must know.
"""

import json
import os
from collections.abc import Iterator

from pipelines.settings import Settings
from pipelines.warehouse import Connection, first_row

NOTE = "failed-check.json"


def note_failure(settings: Settings, table: str, check: str, words: str) -> None:
    """Remember that a blocking check failed, until a run publishes."""
    settings.data.mkdir(parents=True, exist_ok=True)
    part = settings.data / f"{NOTE}.part"
    part.write_text(json.dumps({"table": table, "check": check, "words": words}), encoding="utf-8")
    os.replace(part, settings.data / NOTE)


def clear(settings: Settings) -> None:
    """Forget it: a run got through every check and published."""
    (settings.data / NOTE).unlink(missing_ok=True)


def standing(connection: Connection, settings: Settings) -> list[str]:
    """Names (`table: check`) of checks of severity error that stand; empty if all hold.

    `connection` reads the published warehouse, on which every blocking check is asked again.
    """
    return sorted({*_noted(settings), *_broken(connection)})


def _noted(settings: Settings) -> Iterator[str]:
    try:
        noted = json.loads((settings.data / NOTE).read_text(encoding="utf-8"))
        yield f"{noted['table']}: {noted['check']}"
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError):
        yield "last run: a check failed"


def _broken(connection: Connection) -> Iterator[str]:
    from pipelines.tables import catalogue

    for table in catalogue().tables.values():
        for check in table.checks:
            if not check.is_blocking:
                continue
            query = f"select count(*) from ({check.query}) as broken"
            if first_row(connection, query)[0]:
                yield f"{table.full_name}: {check.name}"
