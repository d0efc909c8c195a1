"""OKR_* settings: where they are read from, and what is wrong with them."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.problems import ConfigProblems
from config.settings import Settings, run_instant, settings


def _told() -> list[str]:
    with pytest.raises(ConfigProblems) as caught:
        settings()
    return [str(problem) for problem in caught.value.problems]


def test_defaults(clean_env: Path) -> None:
    found = settings()
    assert found == Settings()
    assert (found.config_dir, found.database_url) == (Path("okr"), "sqlite:///okr.db")
    assert (found.output_dir, found.mail_from) == (Path("out"), "okrsync@localhost")
    assert (found.smtp_url, found.person_key, found.now, found.scorecard_url) == (None, None, None, None)


def test_environment_then_env_here_then_env_of_the_folder(clean_env: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean_env / "plans").mkdir()
    (clean_env / ".env").write_text("OKR_CONFIG_DIR=plans\nOKR_OUTPUT_DIR=here\nOKR_DATABASE_URL=sqlite:///here.db\n")
    (clean_env / "plans" / ".env").write_text(
        "OKR_OUTPUT_DIR=plans\nOKR_DATABASE_URL=sqlite:///plans.db\nOKR_PERSON_KEY=k3y\nZENDESK_TOKEN=t\n"
    )
    monkeypatch.setenv("OKR_DATABASE_URL", "sqlite:///environment.db")
    monkeypatch.setenv("OKR_SMTP_URL", "")
    found = settings()
    assert (found.config_dir, found.output_dir) == (Path("plans"), Path("here"))
    assert found.database_url == "sqlite:///environment.db"
    assert found.smtp_url is None
    assert found.person_key is not None
    assert found.person_key.get_secret_value() == "k3y"
    assert "k3y" not in repr(found)


def test_secrets_of_its_own_may_lie_in_the_secrets_folder(clean_env: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean_env / "kept").mkdir()
    (clean_env / "kept" / "OKR_SMTP_PASSWORD").write_text("pa55\n")
    monkeypatch.setenv("OKR_SECRETS_DIR", "kept")
    found = settings().smtp_password
    assert found is not None
    assert found.get_secret_value() == "pa55"


def test_every_bad_value_is_one_sentence(clean_env: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {
        "OKR_NOW": "2026-11-22T10:00",
        "OKR_DATABASE_URL": "mysql://root:pa55@host/x",
        "OKR_SMTP_URL": "smtp://user:pa55@mail.example.org",
        "OKR_MAIL_FROM": "nobody",
        "OKR_SCORECARD_URL": "scorecard.html",
    }
    for name, value in bad.items():
        monkeypatch.setenv(name, value)
    found = _told()
    assert sorted(problem.split(": ")[0] for problem in found) == sorted(bad)
    assert (
        "OKR_NOW: '2026-11-22T10:00' has no zone; "
        "write a day and time with zone, like 2026-11-22T23:00+01:00 or 2026-11-22T22:00Z"
    ) in found
    assert not any("pa55" in problem for problem in found)


def test_a_mail_server_with_a_user_needs_a_password(clean_env: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKR_SMTP_URL", "smtp://ana@mail.example.org:587")
    assert _told() == ["OKR_SMTP_URL names a user: set OKR_SMTP_PASSWORD too"]
    monkeypatch.setenv("OKR_SMTP_PASSWORD", "x")
    settings()


@pytest.mark.parametrize("text", ["yesterday", "2026-11-22", "1763800000"])
def test_now_must_be_an_instant(clean_env: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("OKR_NOW", text)
    assert _told()[0].startswith("OKR_NOW: ")


def test_a_secrets_folder_that_is_not_there(clean_env: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKR_SECRETS_DIR", "nowhere")
    assert _told() == ["OKR_SECRETS_DIR: there is no folder nowhere"]


def test_the_runs_instant_is_now_or_the_clock(clean_env: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKR_NOW", "2026-11-22T23:00:00.250+01:00")
    assert run_instant(settings()) == 1_795_384_800_250
    monkeypatch.delenv("OKR_NOW")
    clock = datetime.now(UTC).timestamp() * 1000
    assert abs(run_instant(settings()) - clock) < 60_000


def test_settings_load_neither_yaml_nor_what_runs_need() -> None:
    code = (
        "import sys, config.settings; print([m for m in ('ruamel.yaml', 'sqlalchemy', 'pandas') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"
