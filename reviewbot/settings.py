"""The operator's settings: environment (prefix REVIEWBOT_) over `reviewbot.toml`, read once, frozen."""

import os
import re
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from reviewbot.errors import ConfigurationError

Globs = Annotated[tuple[str, ...], NoDecode]  # in the environment: comma between


class Settings(BaseSettings):
    """Every setting of an instance. Secrets are `SecretStr`: they do not appear in a print or a log."""

    model_config = SettingsConfigDict(env_prefix="REVIEWBOT_", extra="forbid", frozen=True, env_ignore_empty=True)

    # GitLab
    gitlab_url: str = ""
    gitlab_token: SecretStr = SecretStr("")
    ca_bundle: Path | None = None
    webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    # model
    llm_base_url: str = ""
    llm_api_key: SecretStr = SecretStr("")
    llm_model: str = ""
    llm_concurrency: int = Field(16, ge=1, le=1024)  # requests at once in this process
    llm_concurrency_per_review: int = Field(8, ge=1, le=256)
    llm_idle_seconds: float = Field(60, gt=0)  # silence on a stream
    llm_request_seconds: float = Field(300, gt=0)
    llm_max_output_tokens: int = Field(8_000, ge=256)
    # storage and queue
    database_url: str = ""
    broker_url: str = ""
    data_dir: Path = Path(platformdirs.user_data_dir("reviewbot"))
    retention_days: int = Field(30, ge=1)
    # the web part
    public_url: str = ""
    admin_token: SecretStr = SecretStr("")
    instance_key: SecretStr = SecretStr("")
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    # reviews
    max_inline_comments: int = Field(10, ge=0)
    max_cost_per_review: float | None = Field(None, ge=0)
    max_cost_per_day: float | None = Field(None, ge=0)  # of one project
    review_seconds: float = Field(1500, gt=0)
    chunk_tokens: int = Field(12_000, ge=500)
    context: bool = True
    review_drafts: bool = False
    trust_outsiders: bool = False  # review merge requests of non-members without a member's command
    exclude: Globs = ()
    include: Globs = ()
    ignored_branches: Globs = ()
    ignored_authors: Globs = ()
    ignored_labels: Globs = ()
    trigger_labels: Globs = ("reviewbot",)
    language: str = "English"
    # jobs
    worker_concurrency: int = Field(16, ge=1, le=512)  # reviews at once in this process
    debounce_seconds: float = Field(3, ge=0)
    debounce_max_seconds: float = Field(60, ge=0)
    sweep_seconds: float = Field(15, gt=0)
    poll_seconds: float = Field(300, ge=0)  # 0: do not poll GitLab for lost events
    lease_seconds: float = Field(60, gt=0)
    log_level: str = "INFO"

    @field_validator(
        "webhook_secret",
        "exclude",
        "include",
        "ignored_branches",
        "ignored_authors",
        "ignored_labels",
        "trigger_labels",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        """Lists come with a comma between; several webhook secrets are allowed at once for rotation."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("gitlab_url", "llm_base_url", "public_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        """It goes into links in GitLab as it is."""
        if value and not re.fullmatch(r"https?://[^\s()<>\[\]\"'`\\]+", value):
            raise ValueError("an address like https://reviewbot.example.com was expected")
        return value

    @property
    def database(self) -> str:
        """The database's URL: SQLite in the data folder unless told otherwise."""
        return self.database_url or f"sqlite:///{self.data_dir / 'reviewbot.sqlite3'}"

    @property
    def embedded(self) -> bool:
        """No broker is configured: tasks run on an in-process one."""
        return not self.broker_url

    @property
    def model_configured(self) -> bool:
        return bool(self.llm_model)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        path = Path(os.environ.get("REVIEWBOT_CONFIG", "reviewbot.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, path)


def load(**overrides: object) -> Settings:
    """Read the settings; `overrides` (from the command line) win. Raises `ConfigurationError` naming the setting."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigurationError(
            f"Setting REVIEWBOT_{name}: {first['msg']}",
            mend="correct it in the environment or in reviewbot.toml",
        ) from error
