"""What a model cost on a day: worked examples by hand for the rule of resolution.

Versions called zeta are invented, so that the edition says nothing of them; a vendor's own listing
in a feed registers them.
"""

import json
from datetime import date
from typing import Any

from feeds import FEEDS, Market, Prices, rows

from pipelines.tables import Connection

ZETA = "openai/zeta-1"


def says(market: Market, feed: str, moment: str, prices: Prices) -> None:
    """A feed's payload, with a few others beside so that one row is not the whole feed."""
    others = {f"eta-{n}": ("7", "9") for n in range(5)}
    market.fetched(feed, moment, FEEDS[feed].payload({**prices, **others}))


def states(market: Market, **more: Any) -> None:
    """A curated price of the vendor itself."""
    market.add("prices", **{
        "model_id": ZETA, "host_id": "openai", "variant": "standard", "lineage": "vendor",
        "evidence": "vendor_statement", "source_url": "https://example.org/prices",
        "publisher": "OpenAI", "licence": "facts",
    } | more)  # fmt: skip


def stated(price: tuple[str, str], day: str, **more: Any) -> dict[str, Any]:
    return {
        "input_usd_per_mtok": price[0], "output_usd_per_mtok": price[1],
        "valid_from_earliest": day, "valid_from_latest": day, "published_on": day, **more,
    }  # fmt: skip


# ------------------------------------------------------------------ one source


def test_a_price_is_unknown_before_it_was_first_seen(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    market.build()
    assert market.price(ZETA, "2026-01-09") is None
    assert market.price(ZETA, "2026-01-10") == ("2", "8")
    assert market.price(ZETA, "2026-03-01") == ("2", "8")


def test_a_price_is_unknown_to_those_who_could_not_have_seen_it(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    market.build()
    assert market.price(ZETA, "2026-01-10", known_by="2026-01-09") is None
    assert market.price(ZETA, "2026-01-10", known_by="2026-01-10") == ("2", "8")


def test_a_change_between_two_snapshots_is_unknown_in_the_gap_with_hindsight(
    market: Market,
) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-20", {"zeta-1": ("1", "4")})
    market.build()
    assert market.price(ZETA, "2026-01-10") == ("2", "8")
    assert market.price(ZETA, "2026-01-15") is None
    assert market.price(ZETA, "2026-01-20") == ("1", "4")
    found = market.answer(ZETA, "2026-01-20")
    assert found is not None
    assert found["valid_from_earliest"] == date(2026, 1, 10)
    assert found["valid_from_latest"] == date(2026, 1, 20)


def test_before_the_change_is_known_the_old_price_is_the_answer(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-20", {"zeta-1": ("1", "4")})
    market.build()
    for day in ("2026-01-15", "2026-01-19"):
        assert market.price(ZETA, day, known_by=day) == ("2", "8")
    assert market.price(ZETA, "2026-01-15", known_by="2026-01-20") is None


def test_an_unchanged_read_narrows_the_gap(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-18", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-20", {"zeta-1": ("1", "4")})
    market.build()
    assert market.price(ZETA, "2026-01-15") == ("2", "8")
    assert market.price(ZETA, "2026-01-18") == ("2", "8")
    assert market.price(ZETA, "2026-01-19") is None


def test_a_row_that_vanished_has_no_price_from_then_on(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-20", {})
    market.build()
    assert market.price(ZETA, "2026-01-10") == ("2", "8")
    assert market.price(ZETA, "2026-01-20") is None
    # Nobody knew on the 15th that it would be gone on the 20th.
    assert market.price(ZETA, "2026-01-15", known_by="2026-01-15") == ("2", "8")


def test_a_row_that_returned_has_its_price_again_but_not_between(market: Market) -> None:
    for day, listed in (("2026-01-10", True), ("2026-01-12", False), ("2026-01-20", True)):
        says(market, "litellm", day, {"zeta-1": ("2", "8")} if listed else {})
    market.build()
    assert market.price(ZETA, "2026-01-10") == ("2", "8")
    assert market.price(ZETA, "2026-01-14") is None
    assert market.price(ZETA, "2026-01-20") == ("2", "8")


def test_a_cache_price_that_is_added_is_no_change_of_price(market: Market) -> None:
    feed = FEEDS["litellm"]
    prices = {"zeta-1": ("2", "8"), "eta": ("7", "9")}
    market.fetched("litellm", "2026-01-10", feed.payload(prices))
    market.fetched("litellm", "2026-01-20", feed.changed(
        prices, lambda d: d["zeta-1"].update(cache_read_input_token_cost=1e-06)
    ))  # fmt: skip
    market.build()
    assert market.price(ZETA, "2026-01-15") == ("2", "8")
    found = market.answer(ZETA, "2026-01-20")
    assert found is not None
    assert found["cache_read_usd_per_mtok"] == 1
    assert found["valid_from_latest"] == date(2026, 1, 10)


# ------------------------------------------------------------------ several sources


def test_what_two_lineages_say_outvotes_one_and_is_disputed(market: Market) -> None:
    for feed, price in (
        ("litellm", ("2", "8")), ("models_dev", ("3", "9")), ("genai_prices", ("3", "9")),
    ):  # fmt: skip
        says(market, feed, "2026-01-10", {"zeta-1": price})
    market.build()
    found = market.answer(ZETA, "2026-01-10")
    assert found is not None
    assert (found["input"], found["output"]) == ("3", "9")
    assert found["is_disputed"]
    assert found["lineages"] == 2


def test_agreement_is_not_disputed(market: Market) -> None:
    for feed in FEEDS:
        says(market, feed, "2026-01-10", {"zeta-1": ("2", "8")})
    market.build()
    found = market.answer(ZETA, "2026-01-10")
    assert found is not None
    assert (found["lineages"], found["is_disputed"]) == (3, False)


def test_a_copying_source_is_no_vote_of_its_own(market: Market) -> None:
    """models.dev counts as LiteLLM's copy here; the one independent source has the better rank."""
    market.connection.execute(
        "update raw.sources set lineage = 'models_dev' where source = 'genai_prices'"
    )
    for feed, price in (
        ("litellm", ("2", "8")), ("models_dev", ("3", "9")), ("genai_prices", ("3", "9")),
    ):  # fmt: skip
        says(market, feed, "2026-01-10", {"zeta-1": price})
    market.build()
    found = market.answer(ZETA, "2026-01-10")
    assert found is not None
    assert (found["input"], found["lineages"], found["is_disputed"]) == ("2", 1, True)


def test_with_one_voice_each_the_latest_change_speaks(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "models_dev", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "models_dev", "2026-01-20", {"zeta-1": ("1", "4")})
    says(market, "litellm", "2026-01-25", {"zeta-1": ("2", "8"), "kappa": ("1", "2")})
    market.build()
    found = market.answer(ZETA, "2026-01-26")
    assert found is not None
    assert (found["input"], found["is_disputed"]) == ("1", True)


def test_the_same_price_after_an_absence_is_no_change(market: Market) -> None:
    """A stale feed read again after months had o1-mini at its launch price in 2025-05."""
    says(market, "models_dev", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "models_dev", "2026-01-18", {"zeta-1": ("1", "4")})
    for day, listed in (("2026-01-10", True), ("2026-01-12", False), ("2026-01-22", True)):
        says(market, "litellm", day, {"zeta-1": ("2", "8")} if listed else {})
    market.build()
    assert market.price(ZETA, "2026-01-23") == ("1", "4")


def test_with_nothing_else_to_go_by_the_more_reliable_lineage_speaks(market: Market) -> None:
    says(market, "genai_prices", "2026-01-10", {"zeta-1": ("1", "4")})
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    market.build()
    assert market.price(ZETA, "2026-01-10") == ("2", "8")


def test_another_lineage_fills_the_gap(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-20", {"zeta-1": ("1", "4")})
    says(market, "models_dev", "2026-01-12", {"zeta-1": ("2", "8")})
    says(market, "models_dev", "2026-01-13", {"zeta-1": ("1", "4")})
    market.build()
    assert market.price(ZETA, "2026-01-12") == ("2", "8")
    assert market.price(ZETA, "2026-01-15") == ("1", "4")


def test_within_a_lineage_the_name_that_changed_last_speaks(market: Market) -> None:
    """An alias repriced, its dated name left stale: o1-mini's case of 2025-01-31."""
    market.add("aliases", spelling="openai/zeta", model_id="openai/zeta-20260101",
               valid_from="2026-01-01", reason="test", source_url="https://example.org",
               publisher="test", published_on="2026-01-01", licence="test",
               source_or_any="any", valid_from_or_always="2026-01-01")  # fmt: skip
    both = {"zeta": ("2", "8"), "zeta-20260101": ("2", "8")}
    says(market, "litellm", "2026-01-10", both)
    says(market, "litellm", "2026-01-11", both | {"zeta": ("1", "4")})
    market.build()
    assert market.price("openai/zeta-20260101", "2026-01-12") == ("1", "4")


# ------------------------------------------------------------------ the vendor's own statement


def test_the_vendor_speaks_first(market: Market) -> None:
    for feed in ("litellm", "models_dev"):
        says(market, feed, "2026-01-10", {"zeta-1": ("3", "9")})
    states(market, **stated(("2", "8"), "2026-01-10"))
    market.build()
    found = market.answer(ZETA, "2026-01-10")
    assert found is not None
    assert (found["input"], found["output"], found["is_disputed"]) == ("2", "8", True)
    assert found["evidence"] == "vendor_statement"
    assert found["source_url"] == "https://example.org/prices"


def test_a_later_change_seen_elsewhere_outdates_the_vendors_statement(market: Market) -> None:
    states(market, **stated(("2", "8"), "2026-01-10"))
    says(market, "litellm", "2026-01-11", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-20", {"zeta-1": ("1", "4")})
    market.build()
    assert market.price(ZETA, "2026-01-19", known_by="2026-01-19") == ("2", "8")
    assert market.price(ZETA, "2026-01-20") == ("1", "4")


def test_a_dated_end_is_an_end(market: Market) -> None:
    says(market, "litellm", "2026-06-01", {"zeta-1": ("1", "4")})
    states(market, **stated(("2", "8"), "2026-01-10", valid_to="2026-02-01"))
    market.build()
    assert market.price(ZETA, "2026-01-31") == ("2", "8")
    assert market.price(ZETA, "2026-02-01") is None


# ------------------------------------------------------------------ jumps


def test_a_jump_of_four_times_is_held_while_nobody_else_shows_it(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-20", {"zeta-1": ("0.5", "2")})
    market.build()
    assert market.price(ZETA, "2026-01-25") == ("2", "8")
    assert market.reasons("litellm") == ["jump of 4x or more that no other lineage shows"]


def test_a_jump_counts_from_the_day_another_lineage_shows_it(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-20", {"zeta-1": ("0.5", "2")})
    says(market, "models_dev", "2026-01-25", {"zeta-1": ("0.5", "2")})
    market.build()
    assert market.price(ZETA, "2026-01-22", known_by="2026-01-24") == ("2", "8")
    assert market.price(ZETA, "2026-01-25", known_by="2026-01-25") == ("0.5", "2")
    # Known from the confirmation on, it holds from its own first sight.
    assert market.price(ZETA, "2026-01-21") == ("0.5", "2")
    assert market.reasons("litellm") == []


def test_a_spike_that_was_taken_back_leaves_no_trace(market: Market) -> None:
    for day, price in (("10", ("2", "8")), ("11", ("20", "80")), ("12", ("2", "8"))):
        says(market, "litellm", f"2026-01-{day}", {"zeta-1": price})
    market.build()
    assert [market.price(ZETA, f"2026-01-{day}") for day in (10, 11, 12)] == [("2", "8")] * 3


def test_what_follows_a_jump_nobody_saw_is_held_with_it(market: Market) -> None:
    """A unit error that is then changed by a tenth is still a unit error."""
    for day, price in (("10", ("2", "8")), ("12", ("200", "800")), ("14", ("180", "720"))):
        says(market, "litellm", f"2026-01-{day}", {"zeta-1": price})
    market.build()
    assert market.price(ZETA, "2026-01-20") == ("2", "8")
    assert len(market.reasons("litellm")) == 2


def test_after_a_spike_that_was_taken_back_changes_count_again(market: Market) -> None:
    for day, price in (
        ("10", ("2", "8")), ("11", ("20", "80")), ("12", ("2", "8")), ("13", ("1.5", "6")),
    ):  # fmt: skip
        says(market, "litellm", f"2026-01-{day}", {"zeta-1": price})
    market.build()
    assert market.price(ZETA, "2026-01-12") == ("2", "8")
    assert market.price(ZETA, "2026-01-13") == ("1.5", "6")


def test_a_first_sight_four_times_off_what_others_say_is_held(market: Market) -> None:
    """Claude Instant at a fifth of its price; a model of IBM's at a thousand times its price."""
    says(market, "models_dev", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-11", {"zeta-1": ("2000", "2000")})
    market.build()
    found = market.answer(ZETA, "2026-01-12")
    assert found is not None
    assert (found["input"], found["lineages"], found["is_disputed"]) == ("2", 1, False)
    assert market.reasons("litellm") == ["jump of 4x or more that no other lineage shows"]


def test_a_first_sight_off_what_others_say_counts_once_a_third_says_it_too(
    market: Market,
) -> None:
    """The feed that was there first may be the stale one: o3 at 10/40 in a dead collection."""
    says(market, "models_dev", "2026-01-10", {"zeta-1": ("10", "40")})
    says(market, "litellm", "2026-01-11", {"zeta-1": ("2", "8")})
    says(market, "genai_prices", "2026-01-15", {"zeta-1": ("2", "8")})
    market.build()
    assert market.price(ZETA, "2026-01-14", known_by="2026-01-14") == ("10", "40")
    assert market.price(ZETA, "2026-01-15", known_by="2026-01-15") == ("2", "8")


def test_a_jump_that_lasts_unconfirmed_makes_the_former_price_unknown(market: Market) -> None:
    for day in ("2026-01-12", "2026-01-30", "2026-02-20"):
        says(market, "litellm", day, {"zeta-1": ("20", "80"), f"of-{day}": ("7", "9")})
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    market.build()
    for known_by in ("2026-01-15", "2026-02-15"):
        assert market.price(ZETA, "2026-01-15", known_by=known_by) == ("2", "8")
    assert market.price(ZETA, "2026-02-20", known_by="2026-02-20") is None
    assert market.price(ZETA, "2026-01-15") is None
    assert market.price(ZETA, "2026-01-10") == ("2", "8")


def test_an_absence_before_a_jump_is_confirmed_ends_the_price(market: Market) -> None:
    """Which of two ends counts is which was known first, whatever becomes known later."""
    for day, price in (("10", ("2", "8")), ("12", ("20", "80"))):
        says(market, "litellm", f"2026-01-{day}", {"zeta-1": price})
    says(market, "litellm", "2026-01-15", {})
    market.build()
    for _ in ("as then", "with hindsight"):
        assert market.price(ZETA, "2026-01-11", known_by="2026-01-14") == ("2", "8")
        assert market.price(ZETA, "2026-01-11", known_by="2026-01-16") is None
        says(market, "models_dev", "2026-03-01", {"zeta-1": ("20", "80")})
        market.build()


def test_less_than_four_times_is_a_change_like_any_other(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    says(market, "litellm", "2026-01-20", {"zeta-1": ("0.6", "2.4")})
    market.build()
    assert market.price(ZETA, "2026-01-20") == ("0.6", "2.4")


# ------------------------------------------------------------------ not sold


def release(market: Market, opened: str, published: str) -> None:
    market.add("releases", event_id="zeta", model_id=ZETA, event_type="launch",
               announced_on=published, api_available_on=opened, availability_scope="API",
               release_title="Zeta", source_url="https://example.org", publisher="OpenAI",
               published_on=published, licence="facts")  # fmt: skip


def test_nothing_is_sold_before_its_api_opens(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    release(market, "2026-01-15", "2026-01-12")
    market.build()
    assert market.price(ZETA, "2026-01-14") is None
    assert market.price(ZETA, "2026-01-15") == ("2", "8")
    # Before the opening day was published, the listing was all there was to go by.
    assert market.price(ZETA, "2026-01-11", known_by="2026-01-11") == ("2", "8")


def test_nothing_is_sold_by_its_vendor_after_the_shutdown(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    azure = FEEDS["litellm"].document({"azure/zeta-1": ("2", "8")}, "azure")
    both = azure | FEEDS["litellm"].document(
        {"zeta-1": ("2", "8")} | {f"eta-{n}": ("7", "9") for n in range(5)}
    )
    market.fetched("litellm", "2026-01-11", json.dumps(both).encode())
    market.add("retirements", model_id=ZETA, deprecated_on="2026-01-20", shutdown_on="2026-02-01",
               source_url="https://example.org", publisher="OpenAI", published_on="2026-01-20",
               licence="facts")  # fmt: skip
    market.build()
    assert market.price(ZETA, "2026-01-31") == ("2", "8")
    assert market.price(ZETA, "2026-02-01") is None
    assert market.price(ZETA, "2026-02-01", known_by="2026-01-19") == ("2", "8")
    # A host may go on selling it.
    assert market.price(ZETA, "2026-02-01", host="azure") == ("2", "8")


def page(market: Market, moment: str, shutdown: str | None, note: str = "") -> None:
    """The vendor's page of deprecations as a feed read it, with another model beside."""
    said = [{"model_id": "eta-1", "shutdown_date": "2027-01-01"}]
    if shutdown:
        said.append({"model_id": "zeta-1", "shutdown_date": shutdown})
    row = {"provider": "OpenAI", "url": f"https://example.org/{note}", "announcement_date": ""}
    market.fetched("deprecations_rss", moment, json.dumps([row | one for one in said]).encode())


def test_a_shutdown_a_feed_announced_ends_the_list_price(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    page(market, "2026-01-15", "2026-02-01")
    market.build()
    assert market.price(ZETA, "2026-01-31") == ("2", "8")
    assert market.price(ZETA, "2026-02-01") is None
    assert market.price(ZETA, "2026-02-01", known_by="2026-01-14") == ("2", "8")


def test_a_shutdown_read_after_its_day_is_believed_after_a_month(market: Market) -> None:
    """A feed read Google's page as if Gemini 2.5 Pro had been shut down five months before."""
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    page(market, "2026-03-01", "2026-02-01")
    page(market, "2026-03-20", "2026-02-01", "again")
    market.build()
    assert market.price(ZETA, "2026-03-25") == ("2", "8")
    page(market, "2026-04-05", "2026-02-01", "still")
    market.build()
    assert market.price(ZETA, "2026-03-25") is None
    assert market.price(ZETA, "2026-03-25", known_by="2026-04-04") == ("2", "8")


def test_a_misread_shutdown_that_was_taken_back_never_ended_a_price(market: Market) -> None:
    says(market, "litellm", "2026-01-10", {"zeta-1": ("2", "8")})
    page(market, "2026-03-01", "2026-02-01")
    page(market, "2026-03-20", "2026-11-01")
    page(market, "2026-04-20", "2026-11-01", "again")
    market.build()
    for known_by in ("2026-03-02", "2026-03-21", "2026-04-21"):
        assert market.price(ZETA, "2026-03-01", known_by=known_by) == ("2", "8")


def genai(market: Market, moment: str, prices: Any) -> None:
    feed = FEEDS["genai_prices"]
    market.fetched("genai_prices", moment, feed.changed(
        {"zeta-1": ("2", "8"), "eta": ("7", "9")},
        lambda d: feed.row(d, "zeta-1").update(prices=prices),
    ))  # fmt: skip


def meters(input_price: float, output_price: float) -> dict[str, float]:
    return {"input_mtok": input_price, "output_mtok": output_price}


def test_an_announced_price_is_no_price_until_it_is_seen_in_force(market: Market) -> None:
    announced = [
        {"prices": meters(2, 8)},
        {"constraint": {"start_date": "2026-02-01"}, "prices": meters(1, 4)},
    ]
    genai(market, "2026-01-10", announced)
    market.build()
    assert market.price(ZETA, "2026-02-05") == ("2", "8")
    assert market.price(ZETA, "2026-01-20") == ("2", "8")
    assert any("announced" in reason for reason in market.reasons("genai_prices"))


def test_an_announcement_that_was_withdrawn_never_was_a_price(market: Market) -> None:
    genai(market, "2026-01-10", [
        {"prices": meters(2, 8)},
        {"constraint": {"start_date": "2026-02-01"}, "prices": meters(1, 4)},
    ])  # fmt: skip
    genai(market, "2026-01-20", meters(2, 8))
    market.build()
    assert market.price(ZETA, "2026-02-05") == ("2", "8")


def test_an_announced_price_counts_once_the_feed_is_read_on_its_day(market: Market) -> None:
    announced = [
        {"prices": meters(2, 8)},
        {"constraint": {"start_date": "2026-02-01"}, "prices": meters(1, 4)},
    ]
    genai(market, "2026-01-10", announced)
    genai(market, "2026-02-03", announced)
    market.build()
    assert market.price(ZETA, "2026-01-31") == ("2", "8")
    assert market.price(ZETA, "2026-02-03") == ("1", "4")
    assert market.price(ZETA, "2026-02-01") == ("1", "4")
    assert market.price(ZETA, "2026-02-02", known_by="2026-02-02") == ("2", "8")


def test_a_past_start_date_dates_the_change(market: Market) -> None:
    genai(market, "2026-02-10", [
        {"prices": meters(2, 8)},
        {"constraint": {"start_date": "2026-02-01"}, "prices": meters(1, 4)},
    ])  # fmt: skip
    market.build()
    assert market.price(ZETA, "2026-02-01") == ("1", "4")
    # The undated price is no price "since ever": before the feed was read it is unknown.
    assert market.price(ZETA, "2026-01-31") is None


# ------------------------------------------------------------------ aliases


def test_the_price_of_an_alias_follows_what_it_pointed_to(market: Market) -> None:
    """A feed lists only the undated name at one price; the name moved on 2026-02-01."""
    for version, start, end in (
        ("openai/zeta-1", "2026-01-01", "2026-02-01"), ("openai/zeta-2", "2026-02-01", None),
    ):  # fmt: skip
        market.add("aliases", spelling="openai/zeta", model_id=version, valid_from=start,
                   valid_to=end, reason="test", source_url="https://example.org",
                   publisher="test", published_on=start, licence="test",
                   source_or_any="any", valid_from_or_always=start)  # fmt: skip
    listed = {"zeta": ("2", "8"), "zeta-2": ("1", "4"), "zeta-1": ("2", "8")}
    says(market, "litellm", "2026-01-10", listed)
    says(market, "litellm", "2026-02-03", listed | {"zeta": ("1", "4")})
    market.build()
    then = rows(market.connection, "select model_id from model_on('zeta', date '2026-01-20')")
    assert then == [("openai/zeta-1",)]
    assert market.price("openai/zeta-1", "2026-01-20") == ("2", "8")
    assert market.price("openai/zeta-2", "2026-02-03") == ("1", "4")
    assert market.price("openai/zeta-1", "2026-02-03") == ("2", "8")


def moves(market: Market, *periods: tuple[str, str, str | None]) -> None:
    """The name zeta points to versions by period."""
    for version, start, end in periods:
        market.add("aliases", spelling="openai/zeta", model_id=version, valid_from=start,
                   valid_to=end, reason="test", source_url="https://example.org",
                   publisher="test", published_on=start, licence="test",
                   source_or_any="any", valid_from_or_always=start)  # fmt: skip


TWICE = ("openai/zeta-1", "2026-01-01", "2026-02-01"), ("openai/zeta-2", "2026-02-01", None)


def test_two_ends_are_known_each_from_a_day_of_its_own(market: Market) -> None:
    """The listing's and the name's: what was known in between does not change afterwards."""
    moves(market, *TWICE)
    versions = {"zeta-1": ("3", "9"), "zeta-2": ("3", "9")}
    says(market, "genai_prices", "2025-12-20", versions)
    says(market, "litellm", "2026-01-10", {"zeta": ("2", "8")})
    says(market, "genai_prices", "2026-01-11", {})
    market.build()
    for _ in ("as then", "with hindsight"):
        assert market.price("openai/zeta-1", "2026-01-20", known_by="2026-02-15") == ("2", "8")
        assert market.price("openai/zeta-1", "2026-02-15", known_by="2026-01-31") == ("2", "8")
        assert market.price("openai/zeta-1", "2026-02-15", known_by="2026-02-15") is None
        assert market.price("openai/zeta-2", "2026-02-15", known_by="2026-02-15") is None
        says(market, "litellm", "2026-03-01", {"kappa": ("2", "8")})
        market.build()


def test_a_moving_names_old_price_is_not_carried_to_the_version_it_moves_to(
    market: Market,
) -> None:
    """Mistral Small 4 at the price of Small 3.2, DeepSeek V4 Flash at that of V3.2: four feeds."""
    moves(market, *TWICE)
    says(market, "models_dev", "2026-01-09", {"zeta-1": ("2", "8"), "zeta-2": ("1", "4")})
    says(market, "models_dev", "2026-01-10", {})
    for day in ("2026-01-10", "2026-02-10", "2026-03-10"):
        says(market, "litellm", day, {"zeta": ("2", "8"), f"of-{day}": ("7", "9")})
    market.build()
    assert market.price("openai/zeta-1", "2026-01-31") == ("2", "8")
    for day in ("2026-02-01", "2026-02-10", "2026-03-10"):
        assert market.price("openai/zeta-2", day) is None
    assert market.reasons("litellm") == [
        "the price a moving name had before it moved to openai/zeta-2"
    ]


def test_a_moving_name_speaks_for_the_new_version_once_its_price_changes(market: Market) -> None:
    moves(market, *TWICE)
    says(market, "models_dev", "2026-01-09", {"zeta-1": ("2", "8"), "zeta-2": ("1", "4")})
    says(market, "models_dev", "2026-01-10", {})
    says(market, "litellm", "2026-01-10", {"zeta": ("2", "8")})
    says(market, "litellm", "2026-02-20", {"zeta": ("1", "4")})
    market.build()
    assert market.price("openai/zeta-2", "2026-02-10") is None
    found = market.answer("openai/zeta-2", "2026-02-20")
    assert found is not None
    assert (found["input"], found["valid_from_earliest"]) == ("1", date(2026, 2, 1))
    assert market.price("openai/zeta-1", "2026-02-20") is None


def test_a_moving_names_price_does_not_become_the_new_versions_by_an_absence(
    market: Market,
) -> None:
    moves(market, *TWICE)
    says(market, "models_dev", "2026-01-09", {"zeta-1": ("2", "8"), "zeta-2": ("1", "4")})
    says(market, "models_dev", "2026-01-10", {})
    for day, listed in (("2026-01-10", True), ("2026-02-05", False), ("2026-02-20", True)):
        says(market, "litellm", day, {"zeta": ("2", "8")} if listed else {})
    market.build()
    assert market.price("openai/zeta-2", "2026-02-20") is None


# ------------------------------------------------------------------ out of date


def test_a_price_nobody_has_affirmed_since_a_change_is_out_of_date(market: Market) -> None:
    """DeepSeek V4 Pro at 1.74 after two changes, by two feeds last read before them."""
    says(market, "models_dev", "2026-01-10", {"zeta-1": ("3", "9")})
    says(market, "genai_prices", "2026-01-11", {"zeta-1": ("3", "9")})
    says(market, "litellm", "2026-01-10", {"zeta-1": ("3", "9")})
    says(market, "litellm", "2026-01-20", {"zeta-1": ("2", "8")})
    market.build()
    found = market.answer(ZETA, "2026-01-21")
    assert found is not None
    assert (found["input"], found["lineages"], found["is_disputed"]) == ("2", 1, False)
    assert market.price(ZETA, "2026-01-21", known_by="2026-01-19") == ("3", "9")


def test_a_price_that_others_affirm_after_a_change_outvotes_it_and_is_disputed(
    market: Market,
) -> None:
    for feed in FEEDS:
        says(market, feed, "2026-01-10", {"zeta-1": ("3", "9")})
    says(market, "litellm", "2026-01-20", {"zeta-1": ("2", "8")})
    says(market, "models_dev", "2026-01-21", {"zeta-1": ("3", "9"), "kappa": ("1", "2")})
    market.build()
    # One of two that say so was read since: both count.
    found = market.answer(ZETA, "2026-01-21")
    assert found is not None
    assert (found["input"], found["lineages"], found["is_disputed"]) == ("3", 2, True)
    assert market.price(ZETA, "2026-01-20", known_by="2026-01-20") == ("2", "8")


def test_a_frozen_feed_that_still_answers_affirms_nothing(market: Market) -> None:
    """genai-prices' first file answers 200 since 2026-07-25, always with the same bytes."""
    for feed in ("models_dev", "genai_prices", "litellm"):
        says(market, feed, "2026-01-10", {"zeta-1": ("3", "9")})
    says(market, "litellm", "2026-01-20", {"zeta-1": ("2", "8")})
    for feed in ("models_dev", "genai_prices"):
        says(market, feed, "2026-01-25", {"zeta-1": ("3", "9")})
    market.build()
    assert market.price(ZETA, "2026-01-26") == ("2", "8")


def test_a_fault_before_and_after_a_source_fell_silent_stands_in_quarantine_once(
    market: Market,
) -> None:
    feed = FEEDS["litellm"]  # tokencost's file has the same form
    prices = {f"gpt-{n}": (f"{n}", f"{4 * n}") for n in range(1, 7)}
    for day in ("2025-01-10", "2025-11-10"):
        market.fetched("tokencost", day, feed.payload(prices | {"gpt-9": ("8", "2")}))
    says(market, "litellm", "2026-03-01", {})
    market.build()
    found = rows(
        market.connection,
        "select cast(q.first_seen_at as date), cast(q.ended_at as date) "
        "from core.quarantine as q where q.source = 'tokencost' and q.spelling = 'gpt-9'",
    )
    assert found == [(date(2025, 1, 10), date(2026, 2, 8))]


def test_many_days_asked_at_once_get_what_each_gets_alone(edition: Connection) -> None:
    """However the engine takes the macro apart for a table of days, no price comes twice."""
    days = [date(2024, 6, 30), date(2024, 9, 30), date(2025, 3, 31)]
    listed = ", ".join(f"(date '{day}')" for day in days)
    for known_by in ("null", "date '2025-04-01'"):
        together = edition.execute(
            "select d.on_day, p.offering_id, p.input_usd_per_mtok from "
            f"(values {listed}) as d(on_day) cross join prices_on(d.on_day, {known_by}) as p "
            "order by 1, 2"
        ).fetchall()
        apart = [
            (day, *row)
            for day in days
            for row in edition.execute(
                "select offering_id, input_usd_per_mtok "
                f"from prices_on('{day}', {known_by}) order by 1"
            ).fetchall()
        ]
        assert together == apart
