"""Retirements announced on providers' deprecation pages, scraped into one JSON list.

The meaning of its dates changed over time (which one is which is judged in staging).
`announcement_date` of the newer payloads is the day of the first scrape, not of any announcement.
"""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from pipelines.sources import Parsed, PayloadError, Rejected, Source, observe, plain, read_json

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Row(BaseModel):
    """One model at one provider. Dates stay text: some are prose, and empty means unknown."""

    model_config = ConfigDict(extra="ignore")

    provider: Name
    model_id: Name
    announcement_date: str | None = None
    deprecation_date: str | None = None
    shutdown_date: str | None = None
    first_observed: str | None = None
    #: Until 2025-11 one name, since then a list.
    replacement_model: str | None = None
    replacement_models: list[str] | None = None
    url: str | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        """A model listed without any date is not retired: a provider's whole list once was."""
        if not (self.announcement_date or self.deprecation_date or self.shutdown_date):
            raise ValueError("no date of any kind")
        return self


def parse(payload: bytes, part: str = "") -> Parsed:
    """Read the list. Raises PayloadError if it is none; the earliest file was a test object."""
    document = read_json(payload)
    if not isinstance(document, list):
        raise PayloadError("expected a JSON list of deprecations")
    parsed = Parsed()
    seen = set()
    for row in document:
        if not isinstance(row, dict):
            parsed.rejected.append(Rejected("?", {"value": str(row)[:200]}, "not an object", ""))
            continue
        key = f"{row.get('provider')}/{str(row.get('model_id')).strip()}"
        if key in seen:
            parsed.rejected.append(Rejected(key, plain(row), "stands more than once"))
        else:
            observe(Row, key, row, parsed, "retirements")
        seen.add(key)
    if not parsed.things:
        raise PayloadError("no dated deprecation in the list")
    return parsed


SOURCE = Source(
    name="deprecations_rss",
    title="Deprecations feed",
    kind="retirements",
    producer="deprecations.info",
    url="https://raw.githubusercontent.com/deprecations/deprecations-rss/main/data.json",
    licence="MIT",
    licence_url="https://github.com/deprecations/deprecations-rss/blob/main/LICENSE",
    citation="deprecations.info, data.json; the provider's page where one is cited",
    cadence=timedelta(days=1),
    lineage="deprecations_rss",
    reliability_rank=2,
    may_redistribute=True,
    may_use_commercially=True,
    things=("retirements",),
    file_names=("data.json",),
    is_tree=False,
    live_parts=("",),
    is_live=True,
    key_variable=None,
    smallest_share_of_last=0.6,
    parse=parse,
    offline_edition=None,
)
