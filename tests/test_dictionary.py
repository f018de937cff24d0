"""The data dictionary says of every table, column and macro what it is, and is current."""

import re

import pytest

from pipelines.dictionary import PAGE, _anchor, page
from pipelines.tables import Connection, catalogue


@pytest.fixture(scope="module")
def text(edition: Connection) -> str:
    return page(edition)


def test_the_data_dictionary_is_current(text: str) -> None:
    if PAGE.read_text() != text:
        pytest.fail("docs/data_dictionary.md is out of date: run `python -m pipelines.dictionary`")


def test_every_table_macro_and_column_is_in_the_dictionary_with_its_meaning(
    edition: Connection, text: str
) -> None:
    for name, table in catalogue().tables.items():
        section = text.split(f"\n### {name}\n")[1].split("\n### ")[0]
        for column, comment in table.columns.items():
            row = next(line for line in section.splitlines() if line.startswith(f"| `{column}` |"))
            assert comment.split("|")[0].split("<")[0] in row, (name, column)
    for name in catalogue().macros:
        assert "." in name or f"\n### {name}\n" in text
    undocumented = re.findall(r"^\| `\w+` \| [^|]+ \|  \|$", text, re.MULTILINE)
    assert undocumented == []


def test_every_link_of_the_dictionary_leads_somewhere(text: str) -> None:
    anchors = {_anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    asked = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert asked
    assert asked <= anchors
    for file in set(re.findall(r"\]\(\.\./([^)]+)\)", text)):
        assert (PAGE.parent.parent / file).exists()


def test_lineage_names_what_the_sql_reads(text: str) -> None:
    frontier = text.split("\n### marts.frontier\n")[1].split("\n### ")[0]
    made_from = next(line for line in frontier.splitlines() if line.startswith("- Made from"))
    assert set(re.findall(r"\[([\w.]+)\]", made_from)) == catalogue().tables_read("marts.frontier")
    prices = text.split("\n### core.prices\n")[1].split("\n### ")[0]
    assert "[marts." in next(line for line in prices.splitlines() if line.startswith("- Read by"))
