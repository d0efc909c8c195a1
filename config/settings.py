"""Settings: OKR_* variables of the environment, else of `.env` here, else of `.env` in the configuration's folder."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.problems import ConfigProblems, Problem
from okr_model.facts import Instant

PREFIX = "OKR_"
ENV_FILE = ".env"


def _instant(value: Any) -> datetime:
    mend = "write a day and time with zone, like 2026-11-22T23:00+01:00 or 2026-11-22T22:00Z"
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{str(value)!r} is no instant; {mend}") from None
    if at.utcoffset() is None:
        raise ValueError(f"{str(value)!r} has no zone; {mend}")
    return at


def _database(url: str) -> str:
    if re.match(r"^(sqlite|postgresql)(\+\w+)?://", url) is None:
        raise ValueError("is no database URL; write sqlite:///FILE or postgresql://USER@HOST:5432/NAME")
    return url


def _smtp(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("is no mail server; write smtp://USER@HOST:587 or smtps://USER@HOST:465")
    if parts.password is not None:
        raise ValueError("holds a password; put it into OKR_SMTP_PASSWORD")
    return url


def _web(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no link; write https://HOST/PATH")
    return url


def _sender(address: str) -> str:
    if re.match(r"^[^@\s]+@[^@\s]+$", parseaddr(address)[1]) is None:
        raise ValueError("is no address; write okrs@example.org or Name <okrs@example.org>")
    return address


class Settings(BaseSettings):
    """Where things are and how to reach them; one field for each OKR_* variable. Empty ones count as not set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    config_dir: Path = Path("okr")
    database_url: Annotated[str, AfterValidator(_database)] = "sqlite:///okr.db"
    output_dir: Path = Path("out")
    smtp_url: Annotated[str, AfterValidator(_smtp)] | None = None
    smtp_password: SecretStr | None = None
    mail_from: Annotated[str, AfterValidator(_sender)] = "okrsync@localhost"
    scorecard_url: Annotated[str, AfterValidator(_web)] | None = None
    secrets_dir: Path | None = None
    person_key: SecretStr | None = None
    now: Annotated[datetime, BeforeValidator(_instant)] | None = None

    @model_validator(mode="after")
    def _signed_in(self) -> Settings:
        if self.smtp_url is not None and urlsplit(self.smtp_url).username and self.smtp_password is None:
            raise ValueError("OKR_SMTP_URL names a user: set OKR_SMTP_PASSWORD too")
        return self

    @property
    def env_files(self) -> tuple[Path, ...]:
        """The `.env` files that are read, the one that wins first."""
        return (Path(ENV_FILE), self.config_dir / ENV_FILE)


def settings() -> Settings:
    """The settings as they are now. Raises ConfigProblems with one sentence for each bad value."""
    folder = Path(_variable("CONFIG_DIR", (Path(ENV_FILE),)) or Settings.model_fields["config_dir"].default)
    files = (folder / ENV_FILE, Path(ENV_FILE))  # the last one wins
    secrets = _variable("SECRETS_DIR", reversed(files))
    if secrets is not None and not Path(secrets).is_dir():
        raise ConfigProblems([Problem("", None, f"{PREFIX}SECRETS_DIR", f"there is no folder {secrets}")])
    try:
        return Settings(_env_file=files, _secrets_dir=secrets)
    except ValidationError as error:
        raise ConfigProblems(_problems(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        message = f"{ENV_FILE} cannot be read ({type(error).__name__})"
        raise ConfigProblems([Problem(ENV_FILE, None, "", message)]) from None


def _variable(name: str, files: Iterable[Path]) -> str | None:
    """One variable that must be known before the others: it says where to look for them."""
    if value := os.environ.get(PREFIX + name):
        return value
    written = (dotenv_values(file, interpolate=False).get(PREFIX + name) for file in files)
    return next(filter(None, written), None)


def _problems(error: ValidationError) -> Iterator[Problem]:
    for each in error.errors(include_url=False, include_input=False):
        name = str(each["loc"][0]) if each["loc"] else ""
        key = name if not name or name.startswith(PREFIX) else f"{PREFIX}{name.upper()}"
        yield Problem("", None, key, str(each.get("ctx", {}).get("error", each["msg"])))


def run_instant(chosen: Settings) -> Instant:
    """The run's one instant: OKR_NOW, or the clock where it is not set."""
    return time.time_ns() // 1_000_000 if chosen.now is None else round(chosen.now.timestamp() * 1000)
