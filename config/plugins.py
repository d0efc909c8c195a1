"""Plugins by name: the built-in ones, and installed packages that bring one with an entry point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel


class Plugin(Protocol):
    """What every kind of plugin has."""

    @property
    def api_version(self) -> int: ...
    @property
    def options(self) -> type[BaseModel]: ...


P = TypeVar("P", bound=Plugin)


@dataclass(frozen=True)
class Registry(Generic[P]):
    """All plugins of one kind. One that cannot be used raises `error`, in one sentence, and disables only itself."""

    kind: str  # "connector"
    group: str  # of entry points
    built_in: Mapping[str, str]  # name -> module, which holds the plugin under its kind in capitals
    plugin: type[P]
    api_version: int
    error: type[Exception]
    _found: dict[str, P] = field(default_factory=dict, compare=False)

    def names(self) -> list[str]:
        """Every plugin's name, broken ones too."""
        return sorted(self.built_in.keys() | self._installed.keys())

    def find(self, name: str) -> P:
        """The plugin of that name, imported when first asked for."""
        if name not in self._found:
            self._found[name] = self._load(name)
        return self._found[name]

    def problems(self) -> list[str]:
        """One sentence for each installed plugin that cannot be used; the others work."""
        found = [
            f"{self.kind} {name!r} from {entry.value} is ignored: okrsync has one of that name"
            for name, entry in self._installed.items()
            if name in self.built_in
        ]
        for name in self._installed.keys() - self.built_in.keys():
            try:
                self.find(name)
            except self.error as problem:
                found.append(str(problem))
        return sorted(found)

    def option_models(self) -> Mapping[str, type[BaseModel]]:
        """Option models by name, each plugin imported only when it is asked for."""
        return _OptionModels(self)

    @cached_property
    def _installed(self) -> dict[str, EntryPoint]:
        return {entry.name: entry for entry in entry_points(group=self.group)}

    def _load(self, name: str) -> P:
        if name in self.built_in:
            return self._checked(name, getattr(import_module(self.built_in[name]), self.kind.upper()))
        entry = self._installed.get(name)
        if entry is None:
            there = ", ".join(self.names())
            raise self.error(f"{self.kind} {name!r} is not known: use one of {there}, or install its package")
        try:
            loaded = entry.load()
        except Exception as error:
            why = type(error).__name__
            raise self.error(f"{self.kind} {name!r} cannot be loaded from {entry.value}: {why}") from error
        return self._checked(name, loaded)

    def _checked(self, name: str, loaded: object) -> P:
        if not isinstance(loaded, self.plugin):
            wanted = self.plugin.__name__
            raise self.error(f"{self.kind} {name!r} names something that is not a {wanted}: fix its entry point")
        if loaded.api_version != self.api_version:
            raise self.error(
                f"{self.kind} {name!r} is built for api_version {loaded.api_version}, this okrsync speaks "
                f"{self.api_version}: install a release of it that fits"
            )
        return loaded


class _OptionModels(Mapping[str, type[BaseModel]]):
    def __init__(self, registry: Registry[P]) -> None:
        self._registry: Registry[P] = registry

    def __getitem__(self, name: str) -> type[BaseModel]:
        if name not in self:
            raise KeyError(name)
        return self._registry.find(name).options

    def __contains__(self, name: object) -> bool:
        return name in self._registry.names()

    def __iter__(self) -> Iterator[str]:
        return iter(self._registry.names())

    def __len__(self) -> int:
        return len(self._registry.names())
