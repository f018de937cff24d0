"""Keeps for a Python step what it goes on from in the next run; what is in it, the step says.

A step must find out by itself whether what it is given still holds: it may be of any earlier run,
and is missing where the bytes are not those that were written.
"""

import hashlib
import logging

from pipelines.warehouse import Connection

LOG = logging.getLogger("bellwether")


def read(step: str, connection: Connection) -> bytes | None:
    """What the step left, byte for byte; None if nothing, or if it was damaged since."""
    found = connection.execute(
        "select c.sha256, c.content from raw.checkpoints as c where c.step = ?", [step]
    ).fetchall()
    if not found:
        return None
    noted, content = found[0]
    if hashlib.sha256(content).hexdigest() != noted:
        LOG.warning("what %s kept of its last run is damaged; everything is made anew", step)
        return None
    return bytes(content)


def write(step: str, content: bytes, connection: Connection) -> None:
    """Keep this for the step, in place of what it left before."""
    import pyarrow as pa

    # As a parameter six megabytes take eight times as long.
    row = {"step": step, "sha256": hashlib.sha256(content).hexdigest(), "content": content}
    connection.register("checkpoint_to_keep", pa.Table.from_pylist([row]))
    try:
        connection.execute(
            "insert or replace into raw.checkpoints by name select * from checkpoint_to_keep"
        )
    finally:
        connection.unregister("checkpoint_to_keep")
