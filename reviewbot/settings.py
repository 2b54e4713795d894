"""The operator's settings: environment (prefix REVIEWBOT_) over `reviewbot.toml`, read once, frozen."""

import difflib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from reviewbot.core.linter_reports import DEFAULT
from reviewbot.errors import ConfigurationError

_PREFIX = "REVIEWBOT_"
_FILE = f"{_PREFIX}CONFIG"  # names the file of settings; not in it
_CLOSE = 0.8  # likeness from which a name is taken for a slip of the pen
_WEEK = 7 * 86_400.0

Globs = Annotated[tuple[str, ...], NoDecode]  # in the environment: comma between
Seconds = Annotated[float, Field(gt=0, le=_WEEK)]
Wait = Annotated[float, Field(ge=0, le=_WEEK)]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


class Settings(BaseSettings):
    """Every setting of an instance. Secrets are `SecretStr`: they do not appear in a print or a log."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, extra="forbid", frozen=True, env_ignore_empty=True, allow_inf_nan=False
    )

    # GitLab
    gitlab_url: str = ""
    gitlab_token: SecretStr = SecretStr("")
    ca_bundle: Path | None = None
    webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    # model
    llm_base_url: str = ""
    llm_api_key: SecretStr = SecretStr("")
    llm_model: str = ""
    llm_model_trivial: str = ""  # instead of `llm_model`, for reviews of that tier
    llm_model_lite: str = ""
    llm_model_full: str = ""
    llm_concurrency: int = Field(16, ge=1, le=1024)  # requests at once in this process
    llm_concurrency_per_review: int = Field(8, ge=1, le=256)
    llm_idle_seconds: Seconds = 60  # silence on a stream
    llm_request_seconds: Seconds = 300
    llm_max_output_tokens: int = Field(8_000, ge=256, le=1_000_000)
    # storage and queue
    database_url: str = ""
    broker_url: str = ""
    data_dir: Path = Path(platformdirs.user_data_dir("reviewbot"))
    retention_days: int = Field(30, ge=1, le=36_500)
    feedback_days: int = Field(400, ge=1, le=36_500)  # of facts of comments and what people made of them
    # the web part
    public_url: str = ""
    admin_token: SecretStr = SecretStr("")
    instance_key: SecretStr = SecretStr("")
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    # reviews
    max_inline_comments: int = Field(10, ge=0)
    pause_after: int = Field(5, ge=0)
    max_cost_per_review: float | None = Field(None, ge=0)
    max_cost_per_day: float | None = Field(None, ge=0)  # of one project
    review_seconds: Seconds = 1500
    reviewers: Globs = ()  # ids: only these, in every tier
    reviewers_dir: Path | None = None
    rules_dir: Path | None = None
    backtest_days: int = Field(0, ge=0, le=400)  # 0: changes of rules are not tried on past merge requests
    rules_project: str = "reviewbot-config"  # of each ancestor group; empty: groups have no rules
    packs: Globs = ()  # of shipped rules: on by name, off with a `!` before it
    passes: int = Field(1, ge=1, le=10)
    passes_combine: Literal["union", "vote"] = "union"
    chunk_tokens: int = Field(16_000, ge=500, le=1_000_000)
    context: bool = True
    tickets: bool = True  # models may read the issues of a merge request
    tools: bool = True  # models may read the repository beside the diff
    judge: bool = True
    linter_reports: Globs = DEFAULT
    review_drafts: bool = False
    trust_outsiders: bool = False  # review merge requests of non-members without a member's command
    max_replies_per_thread: int = Field(5, ge=0)
    break_glass_role: Literal["developer", "maintainer", "owner"] = "maintainer"
    allow_approve: bool = False  # where a repository's file asks for it
    allow_request_changes: bool = False
    exclude: Globs = ()
    include: Globs = ()
    ignored_branches: Globs = ()
    ignored_authors: Globs = ()
    ignored_labels: Globs = ()
    trigger_labels: Globs = ("reviewbot",)
    language: str = "English"
    # jobs
    worker_concurrency: int = Field(16, ge=1, le=512)  # reviews at once in this process
    debounce_seconds: Wait = 3
    debounce_max_seconds: Wait = 60
    sweep_seconds: Seconds = 15
    poll_seconds: Wait = 300  # 0: do not poll GitLab for lost events
    feedback_seconds: Wait = 3_600  # 0: do not ask GitLab what people made of comments
    lease_seconds: Seconds = 60
    log_level: Level = "INFO"

    @field_validator("*", mode="before")
    @classmethod
    def _without_nul(cls, value: object) -> object:
        """No file, address or database takes it."""
        if isinstance(value, str) and "\0" in value:
            raise ValueError("NUL is not allowed")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator(
        "webhook_secret",
        "exclude",
        "reviewers",
        "packs",
        "include",
        "ignored_branches",
        "ignored_authors",
        "ignored_labels",
        "trigger_labels",
        "linter_reports",
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

    @field_validator("rules_project")
    @classmethod
    def _name(cls, value: str) -> str:
        """`-`, which is no project's name, stands for none: an empty variable counts as not set."""
        if not re.fullmatch(r"-|[\w.][\w.-]{0,254}|", value):
            raise ValueError("the name of a project was expected, as it stands in an address")
        return value.removeprefix("-")

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        """It goes into links in GitLab as it is."""
        if value and not re.fullmatch(r"https?://[^\s()<>\[\]\"'`\\]+", value):
            raise ValueError("an address like https://reviewbot.example.com was expected")
        return value

    @field_validator("ca_bundle")
    @classmethod
    def _certificates(cls, value: Path | None) -> Path | None:
        """Looked at here, not in the first request of a review."""
        if value is not None:
            import ssl

            try:
                ssl.create_default_context(cafile=value)
            except OSError as error:
                raise ValueError(
                    f"{value} holds no certificates that can be read: {error.strerror or error}"
                ) from error
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
        return init_settings, env_settings, _from_file(settings_cls)


def _from_file(settings_cls: type[BaseSettings]) -> PydanticBaseSettingsSource:
    """The file that `REVIEWBOT_CONFIG` names must be there, `reviewbot.toml` in the working folder need not."""
    named = os.environ.get(_FILE)
    path = Path(named or "reviewbot.toml").expanduser()
    try:
        if (named and not path.exists()) or path.is_dir():
            mend = f"correct {_FILE}, which names the settings' file" if named else "give the folder another name"
            raise ConfigurationError(f"{path} is not a file", mend=mend)
        return TomlConfigSettingsSource(settings_cls, path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", mend=f"mend it, or {_FILE}") from error
    except (ValueError, RecursionError) as error:
        words = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise ConfigurationError(
            f"{path} is not valid TOML: {words[:200]}", mend="see docs/configuration.md"
        ) from error


def load(**overrides: object) -> Settings:
    """Read the settings; `overrides` (from the command line) win. Raises `ConfigurationError` naming the setting."""
    for name in strangers():
        if known := _close(name.removeprefix(_PREFIX)):
            raise ConfigurationError(f"{name} is no setting", mend=f"did you mean {_PREFIX}{known}?")
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        raise _named(error) from error
    except SettingsError as error:
        raise ConfigurationError(str(error)[:200], mend="correct it in the environment") from error


def strangers(names: Iterable[str] = os.environ) -> list[str]:
    """Environment variables with our prefix that are no setting: misspelt, or made by Kubernetes for a service."""
    known = {_FILE, *(f"{_PREFIX}{name.upper()}" for name in Settings.model_fields)}
    return sorted(name for name in names if name.upper().startswith(_PREFIX) and name.upper() not in known)


def _close(name: str) -> str:
    """The known setting that `name` (without prefix) was probably meant to be; empty: none is close."""
    found = difflib.get_close_matches(name.upper(), [each.upper() for each in Settings.model_fields], 1, _CLOSE)
    return found[0] if found else ""


def _named(error: ValidationError) -> ConfigurationError:
    """The first thing that is wrong, without its value: it may be a secret."""
    first = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        close = _close(name)
        mend = f"did you mean {close.lower()}?" if close else "see docs/configuration.md for the keys"
        return ConfigurationError(f"The settings' file has an unknown key: {name[:60]}", mend=mend)
    words = first["msg"].removeprefix("Value error, ")  # pydantic's, of a check of ours
    return ConfigurationError(
        f"Setting {_PREFIX}{name.upper()}: {words}", mend="correct it in the environment or in reviewbot.toml"
    )
