"""The questions an analyst asks run, have answers, and are shown as they are."""

import pytest
from feeds import rows

from pipelines.examples import PAGE, examples, page
from pipelines.tables import Connection


def test_there_are_enough_questions_and_each_is_one() -> None:
    found = examples()
    assert len(found) >= 25
    assert all(question.endswith("?") for _, question, _ in found)
    assert len({question for _, question, _ in found}) == len(found)


@pytest.mark.parametrize(("name", "query"), [(name, query) for name, _, query in examples()])
def test_every_question_has_an_answer_on_the_edition(
    edition: Connection, name: str, query: str
) -> None:
    assert rows(edition, query), name


@pytest.mark.archive
@pytest.mark.parametrize(("name", "query"), [(name, query) for name, _, query in examples()])
def test_every_question_has_an_answer_on_the_archive(
    archive_warehouse: Connection, name: str, query: str
) -> None:
    assert rows(archive_warehouse, query), name


def test_the_page_of_questions_is_current(edition: Connection) -> None:
    """Make it anew with `python -m pipelines.examples`."""
    assert PAGE.read_text() == page(edition)
