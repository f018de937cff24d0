"""Pages of every kind of a market that never changes are, word for word, the golden ones.

A failure shows the difference. If it is meant, run this with GOLDEN=write in the environment, and
read what changed before committing it.
"""

from collections.abc import Iterator

import pytest
from golden import FIXTURE, ORDERS, differences, market, outline

from pipelines.briefings.kinds import KINDS
from pipelines.briefings.market import Order
from pipelines.briefings.render import render
from pipelines.tables import Connection


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The small market."""
    found = market(tmp_path_factory.mktemp("golden"))
    yield found
    found.close()


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.kind)
def test_a_page_is_its_golden_page(
    connection: Connection, order: Order, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = render(connection, order, tmp_path_factory.mktemp("out"))
    html = outline((page / "index.html").read_text(encoding="utf-8"))
    for name, said in (
        (f"{order.kind}.md", (page / "briefing.md").read_text(encoding="utf-8")),
        (f"{order.kind}.html.txt", html),
    ):
        found = differences(name, said, FIXTURE / name)
        assert not found, "\n" + "\n".join(found)


def test_there_is_a_golden_page_of_every_kind() -> None:
    assert {order.kind for order in ORDERS} == set(KINDS)
    for kind in KINDS:
        assert (FIXTURE / f"{kind}.md").stat().st_size > 3000


def test_a_difference_is_shown_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOLDEN", raising=False)
    golden = FIXTURE / "model.md"
    said = golden.read_text(encoding="utf-8").replace("## Standing\n", "## Places\n")
    assert [line for line in differences("model.md", said, golden) if line[:2] in ("-#", "+#")] == [
        "-## Standing", "+## Places",
    ]  # fmt: skip
