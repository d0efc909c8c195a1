"""Plugins of installed packages, here of the connectors' kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint

import pytest
from pydantic import BaseModel

from config import plugins
from config.plugins import Registry


class PluginError(Exception):
    pass


@dataclass(frozen=True)
class Thing:
    name: str
    options: type[BaseModel] = BaseModel
    api_version: int = 1


THING, OLD = Thing("built"), Thing("old", api_version=0)
Installed = Callable[..., Registry[Thing]]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Installed:
    def made(**entries: str) -> Registry[Thing]:
        found = [EntryPoint(name, value, "okrsync.things") for name, value in entries.items()]
        monkeypatch.setattr(plugins, "entry_points", lambda group: found if group == "okrsync.things" else [])
        return Registry(
            kind="thing",
            group="okrsync.things",
            built_in={"own": __name__},
            plugin=Thing,
            api_version=1,
            error=PluginError,
        )

    return made


def test_a_broken_package_disables_only_itself(installed: Installed) -> None:
    found = installed(gone="no_such_package:THING", wrong="json:loads", own="json:loads", mine=f"{__name__}:THING")
    assert found.names() == ["gone", "mine", "own", "wrong"]
    assert found.find("mine") is found.find("own") is THING
    assert found.problems() == [
        "thing 'gone' cannot be loaded from no_such_package:THING: ModuleNotFoundError",
        "thing 'own' from json:loads is ignored: okrsync has one of that name",
        "thing 'wrong' names something that is not a Thing: fix its entry point",
    ]


def test_another_api_version_is_refused(installed: Installed) -> None:
    with pytest.raises(PluginError, match="'old' is built for api_version 0, this okrsync speaks 1: install a release"):
        installed(old=f"{__name__}:OLD").find("old")


def test_an_unknown_one_names_those_there_are(installed: Installed) -> None:
    with pytest.raises(PluginError, match="'mein' is not known: use one of mine, own, or install its package"):
        installed(mine="x:y").find("mein")


def test_option_models_import_a_plugin_when_it_is_asked_for_and_not_before(installed: Installed) -> None:
    models = installed(gone="no_such_package:THING").option_models()
    assert "gone" in models
    assert "other" not in models
    assert (list(models), len(models), models["own"]) == (["gone", "own"], 2, BaseModel)
    with pytest.raises(KeyError):
        models["other"]
    with pytest.raises(PluginError):
        models["gone"]
