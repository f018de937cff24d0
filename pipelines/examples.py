"""Writes `docs/sql.md`: the questions of `sql/examples/` with their answers on the bundled edition.

python -m pipelines.examples
"""

from pathlib import Path

import duckdb

from pipelines import raw, tables
from pipelines.settings import PROJECT, SQL
from pipelines.sources import sources
from pipelines.warehouse import Connection

PAGE = PROJECT / "docs" / "sql.md"
INTRODUCTION = """# Questions in SQL

Each question is a file of `sql/examples/`; `bellwether sql "..."` or any DuckDB client on the
published file answers it. The answers shown are the bundled edition's: with the feeds' history
loaded there is more evidence and they differ. Made by `python -m pipelines.examples`; a test holds
them current.
"""
SHOWN = 12


def examples() -> list[tuple[str, str, str]]:
    """Name, question and query of every example, by name."""
    found = []
    for path in sorted((SQL / "examples").glob("*.sql")):
        first, query = path.read_text().split("\n", 1)
        found.append((path.stem, first.removeprefix("-- ").strip(), query.strip()))
    return found


def page(connection: Connection) -> str:
    """The page, with the answers of this warehouse."""
    parts = [INTRODUCTION]
    for name, question, query in examples():
        answer = connection.execute(query)
        columns = [column[0] for column in answer.description or ()]
        found = answer.fetchall()
        table = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
        table += [f"| {' | '.join(map(_cell, row))} |" for row in found[:SHOWN]]
        if not found:
            table = ["No row."]
        parts.append(
            f"\n## {question}\n`sql/examples/{name}.sql`\n\n```sql\n{query}\n```\n\n"
            + "\n".join(table)
            + "\n"
        )
    return "".join(parts)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value).replace("|", "\\|")


def edition() -> Connection:
    """Every table and macro in memory, from the edition alone."""
    connection = duckdb.connect()
    tables.create_schemas(connection)
    raw.create_tables(connection, sources().values())
    tables.build_all(connection)
    return connection


def main(path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text(page(edition()))


if __name__ == "__main__":
    main()
