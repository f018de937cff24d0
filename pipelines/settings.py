"""Paths, keys and limits, from the environment (`BELLWETHER_*`) and `bellwether.toml`."""

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PROJECT = Path(__file__).resolve().parent.parent
SQL = PROJECT / "sql"
TEMPLATES = PROJECT / "reports" / "templates"


class Settings(BaseSettings):
    """Everything an operator may set; each field's name with `BELLWETHER_` before it."""

    model_config = SettingsConfigDict(env_prefix="BELLWETHER_", toml_file="bellwether.toml")

    home: Path = Field(default=PROJECT, description="Where data/ and reports/out/ live.")
    offline: bool = Field(default=False, description="Use the bundled edition only; fetch nothing.")
    commercial: bool = Field(
        default=False,
        description="Leave out sources whose terms do not allow commercial use, or state none.",
    )
    replay_url: str | None = Field(
        default=None, description="Read every source from a replay server at this address."
    )
    pretend_now: datetime | None = Field(
        default=None, description="Moment to take for now, in replays of another day."
    )
    theme: Path = Field(
        default=PROJECT / "reports" / "theme.toml", description="Name and looks of briefings."
    )
    alerts: Path | None = Field(
        default=None, description="File of routes for alerts; none are sent without one."
    )
    threads: int = Field(default=2, description="DuckDB threads.")
    memory_limit: str = Field(default="700MB", description="DuckDB memory of the writer.")
    engine: Literal["duckdb", "spark"] = Field(
        default="duckdb", description="What computes core and marts; the rest is DuckDB's."
    )
    spark_remote: str = Field(
        default="sc://127.0.0.1:50051", description="Spark Connect server, if engine is spark."
    )
    spark_exchange: Path | None = Field(
        default=None,
        description="Folder all workers see under this path; data/exchange by default.",
    )
    keep_published: int = Field(default=3, ge=1, description="Published versions kept.")
    keep_runs_days: int = Field(
        default=45,
        ge=32,
        description="Days Dagster's records of a run are kept, beyond the last of each asset.",
    )
    fetch_timeout_s: float = Field(
        default=60.0, description="Total time one download may take, its retries included."
    )
    fetch_connect_timeout_s: float = Field(default=10.0, description="Time to find and connect.")
    fetch_read_timeout_s: float = Field(default=20.0, description="Longest silence of a server.")
    fetch_longest_wait_s: float = Field(
        default=30.0, description="Longest wait a server may ask for; beyond it the next run asks."
    )
    fetch_max_bytes: int = Field(default=64_000_000, description="Size cap, inflated.")
    fetch_max_wire_bytes: int = Field(default=32_000_000, description="Size cap, as sent.")
    fetch_per_host: int = Field(default=4, ge=1, description="Requests to one host at once.")
    fetch_per_host_per_second: float = Field(
        default=8.0, gt=0, description="Requests to one host in a second."
    )
    fetch_private_hosts: frozenset[str] = Field(
        default=frozenset(),
        description="Hosts that may be private addresses, such as a mirror of your own.",
    )
    fetch_contact: str | None = Field(
        default=None, description="Who to write to, told to servers in the User-Agent."
    )
    query_timeout_ms: int = Field(default=20_000, description="Longest ad-hoc query.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before `bellwether.toml`."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))

    def now(self) -> datetime:
        """The moment a fetch is logged under, UTC."""
        moment = self.pretend_now or datetime.now(UTC)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @cached_property
    def data(self) -> Path:
        """Folder of everything the pipeline keeps."""
        return self.home / "data"

    @cached_property
    def snapshots(self) -> Path:
        """Fetched bytes, kept once, and the log of every attempt."""
        return self.data / "snapshots"

    @cached_property
    def warehouse(self) -> Path:
        """The writer's own DuckDB file; readers never open it."""
        return self.data / "warehouse.duckdb"

    @cached_property
    def published(self) -> Path:
        """The link readers open; it points to the newest published version."""
        return self.data / "published" / "bellwether.duckdb"

    @cached_property
    def ledger(self) -> Path:
        """What cannot be rebuilt: verdicts made, sign-offs, alerts sent. Append-only."""
        return self.data / "ledger.jsonl"

    @cached_property
    def reports(self) -> Path:
        """Where rendered briefings go."""
        return self.home / "reports" / "out"
