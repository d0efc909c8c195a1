"""A folder with the shipped template, options as connectors have them, and an environment without OKR_*."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from config import template
from config.loader import Config, OptionModels, load
from config.problems import ConfigProblems


class Options(BaseModel):
    """As the connectors' own base."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Queue(Options):
    base_url: str
    username: str = "admin"
    password: SecretStr
    facts: tuple[Literal["review", "member"], ...] | None = None
    automation: tuple[str, ...]


class Payments(Options):
    base_url: str = "https://payments.example.org"
    api_key: SecretStr
    facts: tuple[Literal["transaction"], ...] | None = None


class Tag(Options):
    tag: str


class Helpdesk(Options):
    base_url: str = "https://helpdesk.example.org"
    subdomain: str
    email: str
    api_token: SecretStr
    user_report: Tag
    in_app: tuple[str, ...] = ()
    facts: tuple[Literal["ticket", "feedback"], ...] | None = None


class Sql(Options):
    queryable: ClassVar[bool] = True

    url: SecretStr
    timezone: str | None = None
    facts: dict[str, str]


class Table(Options):
    path: str
    facts: dict[str, dict[str, str]]


MODELS: dict[str, type[BaseModel]] = {
    "ozone": Queue,
    "stripe": Payments,
    "zendesk": Helpdesk,
    "sql": Sql,
    "table": Table,
}


class Webhook(Options):
    webhook: SecretStr


CHANNEL_MODELS: dict[str, type[BaseModel]] = {"email": Options, "slack": Webhook}
SECRETS = {
    "OZONE_PASSWORD": "hunter2-ozone",
    "STRIPE_API_KEY": "rk_live_4242",
    "ZENDESK_TOKEN": "zd-token-77",
    "WAREHOUSE_URL": "postgresql://reader:pa55@warehouse/trust",
}


@pytest.fixture
def models() -> OptionModels:
    return OptionModels(MODELS, CHANNEL_MODELS)


@pytest.fixture
def secrets() -> dict[str, str]:
    return dict(SECRETS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The template, written."""
    template.write(tmp_path / "okr")
    return tmp_path / "okr"


@pytest.fixture
def read(folder: Path) -> Callable[..., Config]:
    """Loads the folder, with other secrets or option models where they are given."""

    def loaded(secrets: Mapping[str, str] = SECRETS, models: Mapping[str, Any] = MODELS) -> Config:
        return load(folder, OptionModels(models, CHANNEL_MODELS), dict(secrets).get)

    return loaded


@pytest.fixture
def told(read: Callable[..., Config]) -> Callable[..., list[str]]:
    """The problems of the folder, as they are printed."""

    def texts(**others: Any) -> list[str]:
        try:
            read(**others)
        except ConfigProblems as problems:
            return [str(problem) for problem in problems.problems]
        return []

    return texts


@pytest.fixture
def change(folder: Path) -> Callable[[str, str, str], str]:
    """Replaces the one occurrence of a text in a file; returns the whole new text."""

    def changed(file: str, old: str, new: str) -> str:
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {file}"
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        return text.replace(old, new)

    return changed


@pytest.fixture
def clean_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and no OKR_* variable or secret in the environment."""
    for name in [*os.environ]:
        if name.upper().startswith("OKR_") or name in SECRETS:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path
