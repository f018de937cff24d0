"""Spellings mean one version, for a reason that can be told, or none; never a guess."""

import csv
import doctest
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from feeds import FEEDS, Market, rows

from pipelines import identity
from pipelines.identity import Identity, Registry, normalise
from pipelines.tables import Connection

Resolve = Callable[..., Identity]


def registry_of(connection: Connection) -> Registry:
    """The registry as the pipeline makes it, with what vendors' listings registered."""
    queries = {name: query for name, query in identity.READS.items() if name != "spellings"}
    queries["models"] = "select * from core.models"
    return Registry(**{name: connection.execute(q).df() for name, q in queries.items()})


@pytest.fixture(scope="module")
def resolve(warehouse: Connection) -> Resolve:
    return registry_of(warehouse).resolve


def version_on(connection: Connection, target: str | None, day: date) -> str | None:
    """The version a resolved name meant on a day."""
    found = rows(
        connection,
        "select model_id from core.aliases where alias = ? and valid_from <= ? and valid_to > ?",
        [target, day, day],
    )
    return found[0][0] if found else None


def test_examples_of_the_documentation_hold() -> None:
    assert doctest.testmod(identity) == doctest.TestResults(failed=0, attempted=2)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("us.anthropic.claude-3-5-sonnet-20240620-v1:0", "claude-3-5-sonnet-20240620"),
        ("anthropic.claude-3-5-sonnet-20240620-v1:0", "Claude 3.5 Sonnet 20240620"),
        ("claude-3-5-sonnet@20240620", "claude-3.5-sonnet-20240620"),
        ("gpt-35-turbo-0613", "gpt-3.5-turbo-0613"),
        ("Gemini-1.5-Flash-8b-Exp-0827", "Gemini-1.5-Flash-8B-Exp-0827"),
    ],
)
def test_case_separators_and_builds_do_not_matter(name: str, same: str) -> None:
    assert normalise(name) == normalise(same)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("claude-3-5-sonnet-20241022", "claude-3-7-sonnet-20250219"),
        ("o1-mini-2024-09-12", "o1-preview-2024-09-12"),
        ("gpt-4o", "gpt-4o-mini"),
        ("gpt-4.1", "gpt-4-1106-preview"),
        ("gpt-4-32k", "gpt-4"),
        ("gemini-1.5-flash", "gemini-1.5-flash-8b"),
        ("claude-3-opus-20240229", "claude-3-sonnet-20240229"),
    ],
)
def test_different_versions_stay_apart(name: str, other: str) -> None:
    assert normalise(name) != normalise(other)


def test_nearness_is_a_suggestion_never_an_answer(resolve: Resolve) -> None:
    """Of 100 points of likeness claude-3-9-sonnet has 94 with two known versions."""
    found = resolve("litellm", "claude-3-9-sonnet-20250219")
    assert (found.status, found.target) == ("unknown", None)
    assert found.candidates[0][0] == "anthropic/claude-3-7-sonnet-20250219"
    for spelling in ("claude-3-5-sonet-20240620", "o1-mini-2024-09-21", "gpt-4o-2024-05-14"):
        assert resolve("litellm", spelling).status == "unknown", spelling


@pytest.mark.parametrize(
    ("source", "spelling", "host_spelling", "target", "host", "variant"),
    [
        ("litellm", "o1-mini", "openai", "openai/o1-mini", "openai", "standard"),
        ("litellm", "openrouter/openai/o1-mini", "openrouter", "openai/o1-mini", "openrouter",
         "standard"),
        ("litellm", "anthropic.claude-3-5-sonnet-20240620-v1:0", "bedrock",
         "anthropic/claude-3-5-sonnet-20240620", "amazon_bedrock", "standard"),
        ("litellm", "us.anthropic.claude-3-5-sonnet-20240620-v1:0", "bedrock",
         "anthropic/claude-3-5-sonnet-20240620", "amazon_bedrock", "us"),
        ("litellm", "vertex_ai/claude-3-5-sonnet@20240620", "vertex_ai-anthropic_models",
         "anthropic/claude-3-5-sonnet-20240620", "google_vertex", "standard"),
        ("litellm", "gemini/gemini-1.5-flash", "gemini", "google/gemini-1.5-flash",
         "google_ai_studio", "standard"),
        ("litellm", "gemini-1.5-flash", "vertex_ai-language-models", "google/gemini-1.5-flash",
         "google_vertex", "standard"),
        ("models_dev", "openai/gpt-4o", "openai", "openai/gpt-4o", "openai", "standard"),
        ("models_dev", "github-models/openai/o1-mini", "github-models", "openai/o1-mini",
         "github_models", "standard"),
        ("genai_prices", "openai/o1-mini", "openai", "openai/o1-mini", "openai", "standard"),
    ],
)  # fmt: skip
def test_host_and_vendor_are_told_apart(
    resolve: Resolve, source: str, spelling: str, host_spelling: str, target: str, host: str,
    variant: str,
) -> None:  # fmt: skip
    found = resolve(source, spelling, host_spelling)
    assert (found.status, found.target) == ("resolved", target)
    assert (found.host_id, found.variant) == (host, variant)
    assert found.way


def test_a_gateways_row_is_no_list_price(warehouse: Connection) -> None:
    """LiteLLM's copy of a gateway stayed at 3/12 after the vendor's cut: another offering."""
    found = rows(
        warehouse,
        "select o.host_id, o.is_list_price from core.offerings as o "
        "where o.model_id = 'openai/o1-mini-2024-09-12' and o.variant = 'standard' "
        "and o.host_id in ('openai', 'openrouter') order by o.host_id",
    )
    assert found == [("openai", True), ("openrouter", False)]


def test_an_alias_means_what_it_pointed_to_that_day(warehouse: Connection) -> None:
    for day, version in (
        ("2024-09-12", "openai/gpt-4o-2024-05-13"), ("2024-10-01", "openai/gpt-4o-2024-05-13"),
        ("2024-10-02", "openai/gpt-4o-2024-08-06"), ("2026-01-01", "openai/gpt-4o-2024-08-06"),
    ):  # fmt: skip
        for name in ("gpt-4o", "openai/gpt-4o", "OpenAI/GPT-4o"):
            found = rows(warehouse, "select model_id from model_on(?, ?::date)", [name, day])
            assert found == [(version,)], (name, day)
    assert rows(warehouse, "select model_id from model_on('gpt-4o', '2024-05-12'::date)") == []


def test_a_version_means_itself_on_any_day(warehouse: Connection) -> None:
    found = rows(
        warehouse, "select model_id from model_on('openai/o1-mini-2024-09-12', '2020-01-01'::date)"
    )
    assert found == [("openai/o1-mini-2024-09-12",)]


def test_the_vendors_own_listing_registers_a_version(market: Market) -> None:
    market.fetched("litellm", "2026-01-10", FEEDS["litellm"].payload({"zeta-9": ("1", "2")}))
    connection = market.build()
    found = rows(connection, "select registered_by, known_since::date::varchar from core.models "
                 "where model_id = 'openai/zeta-9'")  # fmt: skip
    assert found == [("litellm", "2026-01-10")]


def test_a_host_registers_nothing(market: Market) -> None:
    payload = FEEDS["litellm"].payload({"azure/zeta-9": ("1", "2"), "o1": ("15", "60")}, "azure")
    market.fetched("litellm", "2026-01-10", payload)
    connection = market.build()
    assert rows(connection, "select * from core.models where model_id like '%zeta-9'") == []
    [(status, known)] = rows(
        connection,
        "select status, candidates from core.unresolved_names where spelling like '%zeta-9'",
    )
    assert status == "unknown"
    assert known


def test_a_spelling_is_resolved_from_the_day_its_version_was_registered(market: Market) -> None:
    """A gateway lists the version first; nobody could know then whose it was."""
    market.fetched("litellm", "2026-01-10", FEEDS["litellm"].payload(
        {"openrouter/openai/zeta-9": ("1", "2")}, "openrouter"))  # fmt: skip
    market.fetched("models_dev", "2026-01-20", FEEDS["models_dev"].payload({"zeta-9": ("1", "2")}))
    market.build()
    for day, price in (("2026-01-15", None), ("2026-01-20", ("1", "2"))):
        found = market.price("openai/zeta-9", "2026-01-12", known_by=day, host="openrouter")
        assert found == price


# ------------------------------------------------------------------ the verified cases

SOURCE_OF = {"litellm": "litellm", "models.dev": "models_dev", "genai-prices": "genai_prices"}
#: Day on which undated names are compared: that of the cases' own notes, or the launch.
ON = date(2024, 9, 12)
HOST_OF = {"github-models": "github-models", "alibaba": "alibaba", "zai": "zai"}


def litellm_host(spelling: str) -> str | None:
    """What the feed's own provider field says for the spellings of the cases."""
    if "anthropic." in spelling:
        return "bedrock"
    if spelling.startswith("gemini-"):
        return "vertex_ai-language-models"
    if spelling.startswith("claude"):
        return "anthropic"
    return spelling.split("/")[0] if "/" in spelling else "openai"


def host_spelling_of(source: str, spelling: str) -> str | None:
    if source == "litellm":
        return litellm_host(spelling)
    return spelling.split("/")[0]


def test_verified_pairs_hold(warehouse: Connection, resolve: Resolve, gold: Path) -> None:
    """Same pairs resolve to the same version, false pairs never do; counted, so none slips."""
    with (gold / "entity_cases.csv").open(newline="") as file:
        cases = list(csv.DictReader(file))
    both, one, skipped, failures = 0, 0, 0, []
    for case in cases:
        sides = []
        for end in ("a", "b"):
            source = SOURCE_OF.get(case[f"source_{end}"])
            if source is None:
                continue
            spelling = case[f"id_{end}"]
            found = resolve(source, spelling, host_spelling_of(source, spelling))
            sides.append((spelling, found, version_on(warehouse, found.target, ON)))
        if not sides:
            skipped += 1  # no side is of a feed under test here
            continue
        if len(sides) == 1:
            one += 1
            continue
        both += 1
        (name_a, a, version_a), (name_b, b, version_b) = sides
        resolved = a.status == b.status == "resolved"
        if case["same_model"] == "true" and resolved and version_a != version_b:
            failures.append((name_a, name_b, version_a, version_b))
        if case["same_model"] == "false" and resolved and a.target == b.target:
            failures.append((name_a, name_b, a.target))
    assert failures == []
    assert both >= 4
    assert both + one + skipped == len(cases)


def test_verified_pairs_of_known_versions_do_resolve(
    warehouse: Connection, resolve: Resolve
) -> None:
    """The true pairs above are not right by leaving both unresolved."""
    bedrock = "anthropic.claude-3-5-sonnet-20240620-v1:0"
    for first, second in (
        (bedrock, f"us.{bedrock}"),
        ("o1-mini", "o1-mini-2024-09-12"), ("gemini-1.5-flash", "gemini/gemini-1.5-flash"),
        ("o1-mini", "openrouter/openai/o1-mini"),
    ):  # fmt: skip
        found = [
            version_on(warehouse, resolve("litellm", s, litellm_host(s)).target, ON)
            for s in (first, second)
        ]
        assert found[0] is not None
        assert found[0] == found[1]


@pytest.mark.archive
def test_no_two_versions_of_the_archive_share_a_name(archive_warehouse: Connection) -> None:
    known = [m for (m,) in rows(archive_warehouse, "select model_id from core.models")]
    spelled: dict[tuple[str, str], str] = {}
    for model_id in known:
        vendor, version = model_id.split("/", 1)
        other = spelled.setdefault((vendor, normalise(version)), model_id)
        assert other == model_id


@pytest.mark.archive
def test_every_feed_resolves_most_of_its_vendors_own_rows(archive_warehouse: Connection) -> None:
    """A vendor's own listing registers itself, so that what is left is routes and pointers."""
    found = rows(
        archive_warehouse,
        "select n.source, avg(case when n.status = 'resolved' then 1 else 0 end) from core.names "
        "as n inner join core.vendors as v on v.list_price_host_id = n.host_id "
        "where n.source in ('litellm', 'models_dev', 'genai_prices') group by n.source",
    )
    assert len(found) == 3
    assert all(share > 0.5 for _, share in found), found
