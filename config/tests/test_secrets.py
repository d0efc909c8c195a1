"""Secrets: found where they are kept, filled in where they are named, told to nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, model_validator

from config.loader import Config, OptionModels
from config.secrets import resolver
from config.settings import Settings


def test_secrets_reach_the_options_as_secrets(read: Callable[..., Config], secrets: dict[str, str]) -> None:
    config = read()
    options: Any = config.sources["helpdesk"].options
    assert isinstance(options.api_token, SecretStr)
    assert options.api_token.get_secret_value() == secrets["ZENDESK_TOKEN"]
    assert not any(value in repr(config) for value in secrets.values())


def test_an_absent_secret_is_told_once_for_each_place(told: Callable[..., list[str]]) -> None:
    found = told(secrets={})
    assert [problem.split(": ")[0] for problem in found] == [f"sources.yaml:{line}" for line in (8, 17, 24, 30)]
    assert found[2] == (
        "sources.yaml:24: sources.helpdesk.api_token: the secret ZENDESK_TOKEN is named here but not set; "
        "set it in the environment, .env or OKR_SECRETS_DIR"
    )


def test_the_environment_wins_over_env_files_and_those_over_the_folder(
    clean_env: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clean_env / "okr").mkdir()
    (clean_env / "kept").mkdir()
    for name in ("A", "B", "C", "D"):
        (clean_env / "kept" / name).write_text("folder\n", encoding="utf-8")
    (clean_env / "okr" / ".env").write_text("A=own\nB=own\nC=own$x\n", encoding="utf-8")
    (clean_env / ".env").write_text("A=here\nB=here\nE=\n", encoding="utf-8")
    monkeypatch.setenv("A", "environment")
    find = resolver(Settings(secrets_dir=clean_env / "kept"))
    assert [find(name) for name in "ABCDEF"] == ["environment", "here", "own$x", "folder", None, None]


def test_a_name_leads_nowhere_else(clean_env: Path) -> None:
    (clean_env / "kept").mkdir()
    (clean_env / "outside").write_text("x", encoding="utf-8")
    assert resolver(Settings(secrets_dir=clean_env / "kept"))("../outside") is None


class Telltale(BaseModel):
    """Options that say everything in their errors."""

    api_key: int

    @model_validator(mode="before")
    @classmethod
    def _tells(cls, data: dict[str, Any]) -> dict[str, Any]:
        raise ValueError(f"bad options { ({key: _opened(value) for key, value in data.items()}) }")


def _opened(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("broken")
@given(value=st.text(st.characters(categories=["L", "N"]), min_size=12, max_size=40))
def test_no_message_ever_holds_a_secret(
    told: Callable[..., list[str]], models: OptionModels, secrets: dict[str, str], value: str
) -> None:
    found = told(secrets=dict.fromkeys(secrets, value), models={**models.connectors, "stripe": Telltale})
    assert len(found) >= 4
    assert not any(value in problem for problem in found)


@pytest.fixture
def broken(change: Callable[[str, str, str], str]) -> None:
    """Secrets in all the wrong places."""
    change("sources.yaml", "base_url: https://ozone.example.org", "base_url: {secret: OZONE_PASSWORD}")
    change("sources.yaml", "[automod]", "{secret: OZONE_PASSWORD}")
    change("sources.yaml", "in_app: [mobile_sdk, native_messaging]", "in_app: [{secret: ZENDESK_TOKEN}]")
    change("sources.yaml", "{member: {id: moderator_id", "{member: {id: {secret: WAREHOUSE_URL}")
