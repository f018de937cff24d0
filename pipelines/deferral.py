"""Knows what a run put off, so that the day's facts were published first: `raw.deferred`.

With a new fit everything that is told with hindsight is told anew, minutes of work that nothing a
source said today waits for. The daily run leaves it, says so in the file it publishes, and the job
`catch_up` makes it and publishes again. Until then the tables concerned are as they were before;
no verdict is recorded and no launch briefed.
"""

from collections.abc import Collection

import duckdb

from pipelines.warehouse import Connection


def steps_deferred(connection: Connection) -> frozenset[str]:
    """Steps (modules) of which something is still to be made, in the file that is open."""
    try:
        found = connection.execute("select d.step from raw.deferred as d").fetchall()
    except duckdb.CatalogException:  # published by a release before
        return frozenset()
    return frozenset(step for (step,) in found)


def note(steps: Collection[str], connection: Connection) -> None:
    """Note that it is these steps."""
    connection.execute("delete from raw.deferred")
    for step in steps:
        connection.execute("insert into raw.deferred values (?)", [step])
