"""Spellings mean one version, for a reason that can be told, or none; never a guess."""

import csv
import doctest
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from feeds import FEEDS, Market, rows

from pipelines import identity, registry, spelling, tables
from pipelines.answers import identity_answer
from pipelines.registry import Identity, known_registry, systems_in
from pipelines.spelling import Suffixes, normalise, taken_apart, word_bag
from pipelines.tables import SQL, Connection, catalogue

Resolve = Callable[..., Identity]


@pytest.fixture(scope="module")
def resolve(warehouse: Connection) -> Resolve:
    return known_registry(warehouse).resolve


def without_configuration(name: str) -> tuple[str, tuple[str, ...]]:
    """The barest form of a name, and what was taken off."""
    last = list(taken_apart(name, Suffixes([])))[-1]
    return last.name, last.configuration


@pytest.mark.parametrize("module", [spelling, registry])
def test_examples_of_the_documentation_hold(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.failed == 0
    assert found.attempted >= 3


# ------------------------------------------------------------------ one name in many spellings


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("anthropic.claude-3-5-sonnet-20240620-v1:0", "anthropic/claude 3.5 Sonnet 20240620"),
        ("claude-3-5-sonnet@20240620", "claude-3.5-sonnet-20240620"),
        ("gpt-35-turbo-0613", "gpt-3.5-turbo-0613"),
        ("Gemini-1.5-Flash-8b-Exp-0827", "Gemini-1.5-Flash-8B-Exp-0827"),
        ("chatgpt-4o-01-29-2025", "chatgpt-4o-latest-2025-01-29"),
        ("doubao-seed-2-0-pro-260215", "Doubao-Seed-2.0-Pro 2026-02-15"),
        ("llama-v3p1-8b-instruct", "llama3.1:8b-instruct"),
        ("Zephyr β-7B", "zephyr-beta-7b"),
        ("Command R+ (08-2024)", "command-r-plus-08-2024"),
        ("grok-2-08-13", "grok-2-0813"),
    ],
)
def test_case_separators_dates_and_builds_do_not_matter(name: str, same: str) -> None:
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
        ("qwen2-57b-a14b", "qwen2.5-7b-a14b"),
        ("deepseek-v3", "deepseek-r1"),
        ("llama-3.1-8b", "llama-1.3-8b"),
    ],
)
def test_different_versions_stay_apart(name: str, other: str) -> None:
    assert normalise(name) != normalise(other)
    assert word_bag(normalise(name)) != word_bag(normalise(other))


@pytest.mark.parametrize(
    ("name", "bare", "configuration"),
    [
        ("zeta-2024-09-12_high", "zeta-2024-09-12", "effort high"),
        ("zeta-2024-09-12-medium", "zeta-2024-09-12", "effort medium"),
        ("zeta-20250219_16K", "zeta-20250219", "thinking 16K"),
        ("zeta-20250219-thinking-64k", "zeta-20250219", "thinking 64K"),
        ("zeta-thinking:8192", "zeta", "thinking 8192"),
        ("zeta-20250219 (32k thinking tokens)", "zeta-20250219", "thinking 32K"),
        ("Zeta (thinking)", "Zeta", "thinking"),
        ("Zeta-2024-12-17 (N=1) (Low)", "Zeta-2024-12-17", "effort low"),
        ("Zeta-2024-12-17 (N=1) (Med)", "Zeta-2024-12-17", "effort medium"),
        ("zeta:thinking:low", "zeta", "thinking; effort low"),
        ("zeta_unknown", "zeta", ""),
    ],
)
def test_a_recognised_configuration_is_taken_off(name: str, bare: str, configuration: str) -> None:
    found, said = without_configuration(name)
    assert (found, "; ".join(said)) == (bare, configuration)


@pytest.mark.parametrize(
    "name",
    ["zeta-medium", "zeta-max", "Zeta-2_7b", "zeta-8B", "zeta_5", "zeta-thinking-2507",
     "zeta-thinking-20260123"],
)  # fmt: skip
def test_parts_of_names_are_no_configuration(name: str) -> None:
    assert without_configuration(name) == (name, ())


def test_a_configuration_of_no_known_version_resolves_nothing(resolve: Resolve) -> None:
    found = resolve("epoch_hub", "zeta-9-2024-09-12_high")
    assert (found.status, found.target) == ("unknown", None)
    assert found.candidates


def test_nearness_is_a_suggestion_never_an_answer(resolve: Resolve) -> None:
    """Of 100 points of likeness claude-3-9-sonnet has 94 with two known versions."""
    found = resolve("litellm", "claude-3-9-sonnet-20250219")
    assert (found.status, found.target) == ("unknown", None)
    assert found.candidates[0][0] == "anthropic/claude-3-7-sonnet-20250219"
    for name in ("claude-3-5-sonet-20240620", "o1-mini-2024-09-21", "gpt-4o-2024-05-14"):
        assert resolve("litellm", name).status == "unknown", name


def test_words_may_change_places_and_numbers_may_not(resolve: Resolve) -> None:
    assert word_bag("gemini-flash-1-5-002") == word_bag("gemini-1-5-flash-002")
    found = resolve("openrouter", "google/gemini-flash-1.5-002")
    assert found.target == "google/gemini-1.5-flash-002"
    assert resolve("openrouter", "google/gemini-flash-1.5-8b-002").status == "unknown"


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("gpt-4o-0806", "openai/gpt-4o-2024-08-06"),
        ("GPT-4o (Aug 2024)", "openai/gpt-4o-2024-08-06"),
        ("GPT-4o (Nov '24)", "openai/gpt-4o-2024-11-20"),
        ("claude-3.5-sonnet-1022", "anthropic/claude-3-5-sonnet-20241022"),
        ("gpt-4o-20240807", None),
        ("GPT-4o (Dec 2024)", None),
    ],
)
def test_a_day_or_month_alone_names_the_only_version_of_it(
    resolve: Resolve, name: str, target: str | None
) -> None:
    assert resolve("", name).target == target


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("Mistral-Nemo-Instruct-2407", "mistral/mistral-nemo-2407"),
        ("mistralai/Mistral-Small-24B-Instruct-2501", "mistral/mistral-small-24b-instruct-2501"),
        ("Mistral-Large-Instruct-2411", "mistral/mistral-large-2411"),
        ("mistral-large-base-2411", None),
    ],
)
def test_published_weights_are_the_apis_version_of_the_same_code(
    resolve: Resolve, name: str, target: str | None
) -> None:
    assert resolve("", name).target == target


# ------------------------------------------------------------------ host, vendor, variant


@pytest.mark.parametrize(
    ("source", "name", "host_spelling", "target", "host", "variant"),
    [
        ("litellm", "o1-mini", "openai", "openai/o1-mini", "openai", "standard"),
        ("litellm", "openrouter/openai/o1-mini", "openrouter", "openai/o1-mini", "openrouter",
         "standard"),
        ("litellm", "anthropic.claude-3-5-sonnet-20240620-v1:0", "bedrock",
         "anthropic/claude-3-5-sonnet-20240620", "amazon_bedrock", "standard"),
        ("litellm", "us.anthropic.claude-3-5-sonnet-20240620-v1:0", "bedrock",
         "anthropic/claude-3-5-sonnet-20240620", "amazon_bedrock", "us"),
        ("litellm", "bedrock/us-gov-west-1/anthropic.claude-3-5-sonnet-20240620-v1:0", "bedrock",
         "anthropic/claude-3-5-sonnet-20240620", "amazon_bedrock", "us-gov-west-1"),
        ("litellm", "vertex_ai/claude-3-5-sonnet@20240620", "vertex_ai-anthropic_models",
         "anthropic/claude-3-5-sonnet-20240620", "google_vertex", "standard"),
        ("litellm", "gemini/gemini-1.5-flash", "gemini", "google/gemini-1.5-flash",
         "google_ai_studio", "standard"),
        ("litellm", "gemini-1.5-flash", "vertex_ai-language-models", "google/gemini-1.5-flash",
         "google_vertex", "standard"),
        ("litellm", "databricks/databricks-claude-3-7-sonnet", "databricks",
         "anthropic/claude-3.7-sonnet", "databricks", "standard"),
        ("models_dev", "openai/gpt-4o", "openai", "openai/gpt-4o", "openai", "standard"),
        ("models_dev", "github-models/openai/o1-mini", "github-models", "openai/o1-mini",
         "github_models", "standard"),
        ("models_dev", "sap-ai-core/anthropic--claude-3.7-sonnet", "sap-ai-core",
         "anthropic/claude-3.7-sonnet", "sap_ai_core", "standard"),
        ("models_dev", "stackit/neuralmagic/Mistral-Nemo-Instruct-2407-FP8", "stackit",
         "mistral/mistral-nemo-2407", "stackit", "fp8"),
        ("models_dev", "chutes/microsoft/phi-4-TEE", "chutes", "microsoft/phi-4", "chutes", "tee"),
        ("openrouter", "openai/gpt-4o-2024-08-06:batch", "openrouter", "openai/gpt-4o-2024-08-06",
         "openrouter", "batch"),
        ("genai_prices", "openai/o1-mini", "openai", "openai/o1-mini", "openai", "standard"),
    ],
)  # fmt: skip
def test_host_vendor_and_variant_are_told_apart(
    resolve: Resolve, source: str, name: str, host_spelling: str, target: str, host: str,
    variant: str,
) -> None:  # fmt: skip
    found = resolve(source, name, host_spelling)
    assert (found.status, found.target) == ("resolved", target)
    assert (found.host_id, found.variant) == (host, variant)
    assert found.way


@pytest.mark.parametrize("vendor", ["zai", "z-ai", "zai-org", "zhipuai", "Zhipu AI", "THUDM"])
def test_a_vendor_of_many_spellings_is_one(resolve: Resolve, vendor: str) -> None:
    registry_ = resolve.__self__  # type: ignore[attr-defined]
    assert registry_.vendors.find(vendor) == "zai"


def test_a_gateways_row_is_no_list_price(warehouse: Connection) -> None:
    """LiteLLM's copy of a gateway stayed at 3/12 after the vendor's cut: another offering."""
    found = rows(
        warehouse,
        "select o.host_id, o.is_list_price from core.offerings as o "
        "where o.model_id = 'openai/o1-mini-2024-09-12' and o.variant = 'standard' "
        "and o.host_id in ('openai', 'openrouter') order by o.host_id",
    )
    assert found == [("openai", True), ("openrouter", False)]


def test_a_priced_configuration_is_a_variant_and_no_list_price(resolve: Resolve) -> None:
    found = resolve("openrouter", "openai/gpt-4o-2024-08-06 (high)")
    assert (found.target, found.variant) == ("openai/gpt-4o-2024-08-06", "effort high")


def test_two_sources_of_one_lineage_share_their_aliases(resolve: Resolve) -> None:
    for source in ("epoch_hub", "epoch_stitching"):
        found = resolve(source, "o1-mini-2024-09-12_high")
        assert found.configuration == "effort high"
        assert found.target == "o1-mini-2024-09-12_high in epoch_hub"


def test_the_day_of_a_listing_does_not_settle_a_moving_name(resolve: Resolve) -> None:
    """OpenRouter ends its permanent names with the day of its own listing."""
    moving = resolve("openrouter_rankings_daily", "openai/gpt-4o-20260101")
    assert moving.status == "unknown"
    still = resolve("openrouter_rankings_daily", "openai/o1-mini-20260101")
    assert still.target == "openai/o1-mini"
    other = resolve("models_dev", "openai/o1-mini-20260101")
    assert other.status == "unknown"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("gpt-4o-mini", "model"), ("ft:gpt-4o-2024-08-06", "fine-tune"), ("x-auto", "router"),
        ("openrouter/auto", "router"), ("text-embedding-3-small", "embedding"),
        ("gemini-2.5-flash-image", "image"), ("gpt-4o-realtime-preview", "audio"),
        ("together-ai-8.1b-21b", "size class"), ("Gemini-1.5-Flash-8B", "model"),
    ],
)  # fmt: skip
def test_fine_tunes_routes_and_embeddings_are_no_chat_models(
    resolve: Resolve, name: str, kind: str
) -> None:
    assert resolve.__self__.kind_of(name) == kind  # type: ignore[attr-defined]


# ------------------------------------------------------------------ agent systems


@pytest.mark.parametrize(
    ("name", "system", "target"),
    [
        ("SWE-agent + Claude 3.5 Sonnet (20240620)", "SWE-agent",
         "anthropic/claude-3-5-sonnet-20240620"),
        ("OpenHands + CodeAct v2.1 (claude-3-5-sonnet-20241022)", "OpenHands + CodeAct v2.1",
         "anthropic/claude-3-5-sonnet-20241022"),
        ("Agentless-1.5 + GPT 4o (2024-05-13)", "Agentless-1.5", "openai/gpt-4o-2024-05-13"),
        ("Kortix AI (claude-3-5-sonnet-20241022)", "Kortix AI",
         "anthropic/claude-3-5-sonnet-20241022"),
        ("Honeycomb + Zeta 9", "Honeycomb", None),
    ],
)  # fmt: skip
def test_an_entry_of_a_system_names_system_and_model(
    resolve: Resolve, name: str, system: str, target: str | None
) -> None:
    found = resolve("swebench", name)
    assert (found.system, found.target) == (system, target)
    assert (found.status == "resolved") is (target is not None)


def test_brackets_name_no_system_where_entries_are_models(resolve: Resolve) -> None:
    """`Bard (Gemini Pro)` was the product with its search, not the version alone."""
    assert resolve("lmarena", "Bard (Gemini Pro)").target != "google/gemini-1.0-pro-001"
    assert list(systems_in("gpt-4o")) == []


# ------------------------------------------------------------------ aliases, dated


def version_on(connection: Connection, name: str, day: str) -> str | None:
    found = rows(connection, "select model_id from model_on(?, ?)", [name, date.fromisoformat(day)])
    return found[0][0] if found else None


def test_an_alias_means_what_it_pointed_to_that_day(warehouse: Connection) -> None:
    for day, version in (
        ("2024-05-12", None), ("2024-09-12", "openai/gpt-4o-2024-05-13"),
        ("2024-10-01", "openai/gpt-4o-2024-05-13"), ("2024-10-02", "openai/gpt-4o-2024-08-06"),
        ("2026-01-01", "openai/gpt-4o-2024-08-06"),
    ):  # fmt: skip
        for name in ("gpt-4o", "openai/gpt-4o", "OpenAI/GPT-4o"):
            assert version_on(warehouse, name, day) == version, (name, day)


def test_a_version_means_itself_on_any_day(warehouse: Connection) -> None:
    version = "openai/o1-mini-2024-09-12"
    assert version_on(warehouse, version, "2020-01-01") == version


def test_adding_an_alias_is_one_line(market: Market, tmp_path: Path) -> None:
    market.fetched("litellm", "2026-01-10", FEEDS["litellm"].payload({"zeta-9": ("1", "2")}))
    market.fetched("models_dev", "2026-01-10", FEEDS["models_dev"].payload(
        {"azure/the-zeta": ("1", "2")}, provider="azure"))  # fmt: skip
    connection = market.build()
    spelled = "select status, target from core.names where spelling like '%the-zeta'"
    assert rows(connection, spelled) == [("unknown", None)]
    seeds = tmp_path / "sql" / "seeds"
    shutil.copytree(SQL / "seeds", seeds)
    with (seeds / "aliases.csv").open("a") as file:
        file.write(
            "the-zeta,models_dev,openai/zeta-9,,,,a test,https://x.example,X,2026-01-01,x,\n"
        )
    known = tables.catalogue()
    tables.build(tables.read_table(seeds / "aliases.sql", tmp_path / "sql"), connection)
    siblings = [t for t in known.tables.values() if t.python == "pipelines.identity"]
    tables.build_python("pipelines.identity", siblings, connection)
    assert rows(connection, spelled) == [("resolved", "the-zeta in models_dev")]
    tables.build(known.tables["core.aliases"], connection)
    pointed = "select model_id from core.aliases where alias = 'the-zeta in models_dev'"
    assert rows(connection, pointed) == [("openai/zeta-9",)]


# ------------------------------------------------------------------ the registry grows by itself


def registered(connection: Connection, like: str) -> list[tuple[str, str, str]]:
    return rows(
        connection,
        "select model_id, registered_by, known_since::date::varchar from core.models "
        "where model_id like ? and registered_by <> 'edition' order by model_id",
        [like],
    )


def test_the_vendors_own_listing_registers_a_version(market: Market) -> None:
    market.fetched("litellm", "2026-01-10", FEEDS["litellm"].payload({"zeta-9": ("1", "2")}))
    found = registered(market.build(), "openai/zeta-9")
    assert found == [("openai/zeta-9", "litellm", "2026-01-10")]


def test_a_host_registers_nothing(market: Market) -> None:
    payload = FEEDS["litellm"].payload({"azure/zeta-9": ("1", "2"), "o1": ("15", "60")}, "azure")
    market.fetched("litellm", "2026-01-10", payload)
    connection = market.build()
    assert registered(connection, "%zeta-9") == []
    [(status, known)] = rows(
        connection,
        "select status, candidates from core.unresolved_names where spelling like '%zeta-9'",
    )
    assert status == "unknown"
    assert known


def test_a_public_hubs_owner_and_name_register_vendor_and_version(market: Market) -> None:
    payload = FEEDS["litellm"].payload({"deepinfra/ZetaWorks/Zeta-9B-Instruct": ("1", "2")},
                                       "deepinfra")  # fmt: skip
    market.fetched("litellm", "2026-01-10", payload)
    connection = market.build()
    assert registered(connection, "zetaworks/%") == [
        ("zetaworks/zeta-9b-instruct", "litellm", "2026-01-10")
    ]
    assert rows(connection, "select registered_by, known_since::date::varchar from core.vendors "
                "where vendor_id = 'zetaworks'") == [("litellm", "2026-01-10")]  # fmt: skip


def test_converted_weights_are_a_variant_of_the_makers_version(market: Market) -> None:
    """A host's FP8 copy is no version of its own, whoever made it."""
    names = {"deepinfra/ZetaWorks/Zeta-9B-Instruct": ("1", "2"),
             "deepinfra/Squeezers/Zeta-9B-Instruct-FP8": ("0.5", "1")}  # fmt: skip
    market.fetched("litellm", "2026-01-10", FEEDS["litellm"].payload(names, "deepinfra"))
    connection = market.build()
    assert registered(connection, "squeezers/%") == []
    assert rows(
        connection, "select target, variant from core.names where spelling like '%FP8'"
    ) == [("zetaworks/zeta-9b-instruct", "fp8")]


def test_a_setting_or_a_route_registers_nothing(market: Market) -> None:
    names = {"zeta-9_high": ("1", "2"), "zeta-embedding-9": ("1", "2"), "zeta-auto": ("1", "2")}
    market.fetched("litellm", "2026-01-10", FEEDS["litellm"].payload(names))
    assert registered(market.build(), "openai/zeta%") == []


def test_a_spelling_is_resolved_from_the_day_its_version_was_registered(market: Market) -> None:
    """A gateway lists the version first; nobody could know then whose it was."""
    market.fetched("litellm", "2026-01-10", FEEDS["litellm"].payload(
        {"azure/zeta-9": ("1", "2")}, "azure"))  # fmt: skip
    market.fetched("models_dev", "2026-01-20", FEEDS["models_dev"].payload({"zeta-9": ("1", "2")}))
    market.build()
    for day, price in (("2026-01-15", None), ("2026-01-20", ("1", "2"))):
        found = market.price("openai/zeta-9", "2026-01-12", known_by=day, host="azure")
        assert found == price


# ------------------------------------------------------------------ names that move


def listed(market: Market, day: str, *names: str) -> None:
    market.fetched("litellm", day, FEEDS["litellm"].payload(dict.fromkeys(names, ("1", "2"))))


def pointings(connection: Connection, alias: str) -> list[tuple[str, str, str, str, str | None]]:
    return rows(
        connection,
        "select model_id, valid_from::varchar, valid_to::varchar, known_on::varchar, "
        "ended_known_on::varchar from core.aliases where alias = ? order by valid_from",
        [alias],
    )


def test_an_undated_name_points_to_its_only_dated_version(market: Market) -> None:
    listed(market, "2026-01-20", "zeta", "zeta-2026-01-10")
    connection = market.build()
    assert pointings(connection, "openai/zeta") == [
        ("openai/zeta-2026-01-10", "2026-01-10", "9999-12-31", "2026-01-20", None)
    ]
    assert registered(connection, "openai/zeta") == []
    assert registered(connection, "openai/zeta-2026-01-10") != []


def test_a_second_dated_version_ends_the_pointing_and_changes_no_earlier_answer(
    market: Market,
) -> None:
    listed(market, "2026-01-20", "zeta", "zeta-2026-01-10")
    market.build()
    asked = [("2026-01-25", known_by) for known_by in ("2026-01-20", "2026-02-10", "2026-03-19")]
    asked += [("2026-03-15", "2026-03-19")]
    before = [market.list_prices(day, known_by) for day, known_by in asked]
    assert all("openai/zeta-2026-01-10" in prices for prices in before)
    listed(market, "2026-03-20", "zeta", "zeta-2026-01-10", "zeta-2026-03-01")
    connection = market.build()
    assert [market.list_prices(day, known_by) for day, known_by in asked] == before
    assert pointings(connection, "openai/zeta") == [
        ("openai/zeta-2026-01-10", "2026-01-10", "2026-03-20", "2026-01-20", "2026-03-20"),
        ("openai/zeta", "2026-03-20", "9999-12-31", "2026-03-20", None),
    ]
    after = market.list_prices("2026-03-25")
    assert {"openai/zeta", "openai/zeta-2026-01-10", "openai/zeta-2026-03-01"} <= set(after)
    [(is_moving,)] = rows(connection, "select is_moving_name from core.models "
                          "where model_id = 'openai/zeta'")  # fmt: skip
    assert is_moving


def test_of_two_dated_versions_the_undated_name_is_not_guessed(market: Market) -> None:
    listed(market, "2026-03-20", "zeta", "zeta-2026-01-10", "zeta-2026-03-01")
    assert pointings(market.build(), "openai/zeta") == [
        ("openai/zeta", "0001-01-01", "9999-12-31", "0001-01-01", None)
    ]


def test_a_version_dated_later_takes_no_name_listed_before(market: Market) -> None:
    """What the name meant before the dated version came is not that version."""
    listed(market, "2026-01-20", "zeta")
    listed(market, "2026-03-20", "zeta", "zeta-2026-03-01")
    connection = market.build()
    assert [m for m, *_ in pointings(connection, "openai/zeta")] == ["openai/zeta"]
    assert [m for m, *_ in registered(connection, "openai/zeta%")] == [
        "openai/zeta", "openai/zeta-2026-03-01"
    ]  # fmt: skip


def test_a_month_in_a_name_dates_nothing(market: Market) -> None:
    listed(market, "2026-01-20", "zeta", "zeta-2506")
    assert [m for m, *_ in registered(market.build(), "openai/zeta%")] == [
        "openai/zeta", "openai/zeta-2506"
    ]  # fmt: skip


def router(*entries: dict[str, object]) -> bytes:
    import json

    pricing = {"prompt": "0.000001", "completion": "0.000002"}
    return json.dumps({"data": [{"pricing": pricing, **entry} for entry in entries]}).encode()


def test_a_gateways_own_word_says_what_its_short_name_means(market: Market) -> None:
    market.fetched("openrouter", "2026-01-10", router(
        {"id": "zetaworks/zeta-coder", "hugging_face_id": "ZetaWorks/Zeta-Coder-480B-Instruct"},
        {"id": "zetaworks/zeta-7b", "hugging_face_id": "ZetaWorks/Zeta-Coder-480B-Instruct"},
        {"id": "zetaworks/zeta-coder-pro", "description": "Zeta Coder Pro is the same underlying "
         "model as [Zeta Coder](https://openrouter.ai/zetaworks/zeta-coder), served with "
         "`reasoning.mode` set to `pro` for more."},
    ))  # fmt: skip
    found = rows(market.build(), "select spelling, target, configuration from core.names "
                 "where source = 'openrouter' order by 1")  # fmt: skip
    assert found == [
        ("zetaworks/zeta-7b", "zetaworks/zeta-7b", None),  # the link names another size
        ("zetaworks/zeta-coder", "zetaworks/zeta-coder-480b-instruct", None),
        ("zetaworks/zeta-coder-pro", "zetaworks/zeta-coder-480b-instruct", "reasoning mode pro"),
    ]


def test_a_tilde_alias_is_read_as_of_the_day(market: Market) -> None:
    tilde = {"id": "~zetaworks/zeta-latest"}
    one, two = {"id": "zetaworks/zeta-1"}, {"id": "zetaworks/zeta-2"}
    said = {"alias_target": {"name": "Zeta 1", "slug": "zetaworks/zeta-1"}}
    later = {"alias_target": {"name": "Zeta 2", "slug": "zetaworks/zeta-2"}}
    market.fetched("openrouter", "2026-01-10", router(tilde, one))
    market.fetched("openrouter", "2026-02-10", router(tilde | said, one))
    market.fetched("openrouter", "2026-03-10", router(tilde | later, one, two))
    connection = market.build()
    tables.build(tables.catalogue().tables["core.aliases"], connection)
    for day, version in (
        ("2026-01-15", None), ("2026-02-10", "zetaworks/zeta-1"),
        ("2026-03-09", "zetaworks/zeta-1"), ("2026-03-10", "zetaworks/zeta-2"),
    ):  # fmt: skip
        found = identity_answer(connection, "~zetaworks/zeta-latest", "openrouter",
                                date.fromisoformat(day))  # fmt: skip
        assert found["model_id"] == version, day


def test_what_was_decided_stays_whatever_comes_later(market: Market) -> None:
    """Loaded step by step or at once, every spelling means the same from the same day on."""
    steps = [
        ("litellm", "2026-01-10", FEEDS["litellm"].payload({"zeta-9": ("1", "2")})),
        ("models_dev", "2026-01-15", FEEDS["models_dev"].payload(
            {"azure/zeta-9": ("1", "2")}, provider="azure")),
        ("openrouter", "2026-01-20", router({"id": "zetaworks/zeta-9"}, {"id": "openai/zeta-9"})),
        ("litellm", "2026-02-10", FEEDS["litellm"].payload(
            {"zeta-9": ("1", "2"), "zeta-9-2026-02-01": ("1", "2"), "zeta-8": ("1", "2")})),
    ]  # fmt: skip
    query = "select source, spelling, target, known_since from core.names where target is not null"
    seen: dict[tuple[str, str], tuple[str, datetime]] = {}
    for feed, day, payload in steps:
        market.fetched(feed, day, payload)
        for source, name, target, since in rows(market.build(), query):
            if since <= datetime.fromisoformat(day):
                assert seen.setdefault((source, name), (target, since)) == (target, since)
    assert len(seen) >= 6


# ------------------------------------------------------------------ the verified cases


def as_of(source: str) -> tuple[str, date | None]:
    name, _, day = source.partition("@")
    return name, date.fromisoformat(day.replace("_", "-")) if day else None


def judged(connection: Connection, cases: list[dict[str, str]]) -> tuple[list[object], float]:
    """Pairs wrongly taken for one, and the share found of those that are one."""
    wrong: list[object] = []
    joined = []
    for case in cases:
        a, b = (
            identity_answer(connection, case[f"id_{end}"], case[f"source_{end}"])
            for end in ("a", "b")
        )
        resolved = a["status"] == b["status"] == "resolved"
        same = resolved and a["model_id"] == b["model_id"]
        if case["match_level"] == "same_version_diff_config":
            joined.append(same)
            if same and a["configuration"] == b["configuration"]:
                wrong.append((case["id_a"], case["id_b"], a, b))
        elif case["same_model"] == "true":
            joined.append(same)
        elif same:
            wrong.append((case["id_a"], case["id_b"], a, b))
    return wrong, sum(joined) / len(joined)


def cases_in(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.archive
def test_verified_pairs_hold(archive_warehouse: Connection, gold: Path) -> None:
    """No two versions as one; nearly all pairs that are one found to be one."""
    cases = cases_in(gold / "entity_cases.csv")
    wrong, found = judged(archive_warehouse, cases)
    assert wrong == []
    assert found >= 0.95
    assert len(cases) >= 45


@pytest.mark.archive
def test_late_names_that_no_alias_mentions_hold(archive_warehouse: Connection) -> None:
    """Checked by hand; of names first seen in 2026, so that no seed was made for them."""
    cases = cases_in(Path(__file__).with_name("identity_cases.csv"))
    aliases = {row["spelling"].lower() for row in cases_in(SQL / "seeds" / "aliases.csv")}
    for case in cases:
        for end in ("a", "b"):
            name = case[f"id_{end}"]
            assert name.lower() not in aliases
            assert rows(
                archive_warehouse,
                "select 1 from core.names where source = ? and spelling = ?",
                [case[f"source_{end}"], name],
            ), f"{name} was never said"
    wrong, found = judged(archive_warehouse, cases)
    assert wrong == []
    assert found >= 0.95
    assert len(cases) >= 40


#: Names of these kinds mean no model to chat with, whoever asks.
NOT_CHAT = ("embedding", "image", "audio", "classifier", "translation", "router", "size class")


@pytest.mark.archive
def test_nearly_all_that_sources_say_of_models_is_understood(archive_warehouse: Connection) -> None:
    """Rows in quarantine count; in `strict` fine-tunes, derivatives and products do too."""

    def share(things: str, sources: tuple[str, ...], kinds: str) -> float:
        [(found,)] = rows(
            archive_warehouse,
            "select sum(c.rows_resolved) / sum(c.rows) from marts.name_coverage as c "
            f"where c.thing = ? and list_contains(?, c.source) and {kinds}",
            [things, list(sources)],
        )
        return float(found)

    strict = f"c.kind not in {NOT_CHAT}"
    for source in ("litellm", "models_dev", "openrouter"):
        assert share("prices", (source,), "c.kind = 'model'") >= 0.97, source
        assert share("prices", (source,), strict) >= 0.96, source
    benchmarks = tuple(
        source
        for (source,) in rows(
            archive_warehouse, "select distinct source from core.name_rows where thing = 'results'"
        )
    )
    assert len(benchmarks) >= 12
    assert share("results", benchmarks, "true") >= 0.95


@pytest.mark.archive
def test_no_two_versions_of_the_archive_share_a_name(archive_warehouse: Connection) -> None:
    spelled: dict[tuple[str, str], str] = {}
    for (model_id,) in rows(archive_warehouse, "select model_id from core.models order by 1"):
        vendor, version = model_id.split("/", 1)
        other = spelled.setdefault((vendor, normalise(version)), model_id)
        assert other == model_id


@pytest.mark.archive
def test_every_alias_of_the_edition_points_to_a_version(archive_warehouse: Connection) -> None:
    """A line for a version that no listing ever registers would be waited for in vain."""
    lost = rows(
        archive_warehouse,
        "select a.spelling, a.model_id from seeds.aliases as a "
        "left join core.models as m on m.model_id = a.model_id where m.model_id is null",
    )
    assert lost == []


@pytest.mark.archive
def test_names_of_the_whole_archive_are_decided_in_seconds(archive_warehouse: Connection) -> None:
    import time

    frames = tables.read_frames(identity.READS, archive_warehouse)
    began = time.process_time()
    identity.compute(**frames)
    assert time.process_time() - began < 10


def test_an_alias_of_a_version_known_later_is_told_and_stops_no_run(edition: Connection) -> None:
    """Which of two names a feed said first depends on the day from which feeds are read."""
    [(spelling, target)] = rows(
        edition,
        "select a.spelling, a.model_id from seeds.aliases as a "
        "inner join core.models as t on t.model_id = a.model_id "
        "where a.source is null and a.spelling not in (select m.model_id from core.models as m) "
        "order by all limit 1",
    )
    edition.execute("begin")
    try:
        edition.execute(
            "insert into core.models select * replace (? as model_id, timestamp '2026-03-01' as "
            "known_since) from core.models where model_id = ?",
            [spelling, target],
        )
        edition.execute(
            "update core.models set known_since = '2026-04-01' where model_id = ?", [target]
        )
        found = tables.check(catalogue().tables["core.aliases"], edition)
    finally:
        edition.execute("rollback")
    assert found.warnings == {"no_version_becomes_an_alias": 1}
