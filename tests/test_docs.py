"""The docs fail the build when they are untrue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.main import app
from config.settings import Settings
from connectors.registry import CONNECTORS
from digests.channels.registry import CHANNELS
from okr_model.facts import FACTS, fact_fields
from okr_model.metrics import MEASURES
from okr_model.scorecard import CLOSED_WORST_FIRST, WORST_FIRST
from okr_model.targets import KINDS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")]


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command with its options, as a user types them."""

    def walk(command: Any, words: str) -> Iterator[tuple[str, list[str]]]:
        for name, each in sorted(command.commands.items()):
            if hasattr(each, "commands"):
                yield from walk(each, f"{words} {name}")
            else:
                options = [option for parameter in each.params for option in parameter.opts if option.startswith("--")]
                yield f"{words} {name}", [option for option in options if option != "--help"]

    yield from walk(typer.main.get_command(app), "okr")


@pytest.mark.parametrize(("command", "options"), list(commands()))
def test_every_command_and_option_is_documented(command: str, options: list[str]) -> None:
    text = (DOCS / "commands.md").read_text()
    section = re.search(rf"^## `{re.escape(command)}\b.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"docs/commands.md has no section on `{command}`"
    for option in options:
        assert f"`{option}" in section[0], f"{command} {option}"


def test_every_documented_command_exists() -> None:
    documented = re.findall(r"^## `(okr [a-z ]+?)(?: [A-Z\[].*)?`", (DOCS / "commands.md").read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(name for name, _ in commands())


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert f"`OKR_{name.upper()}`" in (DOCS / "configuration.md").read_text()


@pytest.mark.parametrize("word", [*MEASURES, *KINDS])
def test_every_measure_and_target_kind_is_documented(word: str) -> None:
    assert re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", (DOCS / "configuration.md").read_text())


@pytest.mark.parametrize("status", [*WORST_FIRST, *CLOSED_WORST_FIRST])
def test_every_status_is_documented(status: str) -> None:
    assert f"| {status} |" in (DOCS / "semantics.md").read_text()


@pytest.mark.parametrize(("fact", "field"), [(fact, field) for fact in FACTS for field in fact_fields(fact)])
def test_every_fact_and_field_is_documented(fact: str, field: str) -> None:
    row = next(line for line in (DOCS / "semantics.md").read_text().splitlines() if line.startswith(f"| `{fact}` |"))
    assert f"`{field}`" in row


@pytest.mark.parametrize("name", sorted(CONNECTORS.names()))
def test_every_connector_and_each_of_its_options_is_documented(name: str) -> None:
    text = (DOCS / "connectors" / f"{name}.md").read_text()
    for option, field in CONNECTORS.find(name).options.model_fields.items():
        assert f"`{field.alias or option}`" in text, option


@pytest.mark.parametrize("name", sorted(CHANNELS.names()))
def test_every_channel_and_each_of_its_options_is_documented(name: str) -> None:
    text = (DOCS / "channels.md").read_text()
    section = re.search(rf"^## `{name}`.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, name
    for option in CHANNELS.find(name).options.model_fields:
        assert f"`{option}`" in section[0], option


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_named_in_the_docs_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", page.read_text(), re.MULTILINE):
        name = target[0] or target[1]
        assert re.search(rf"^{name}:", makefile, re.MULTILINE), name
