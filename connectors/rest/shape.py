"""Wire types made from the paths of one stream, so that decoding reads only what is used and validates it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec

Scalar = str | int | float | bool | None


@dataclass
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    required: bool = False
    leaf: Any = None  # its type


def struct_of(leaves: Iterable[tuple[str, Any, bool]]) -> type[Any]:
    """A Struct that holds (dotted path, type, required) leaves; objects on the way may be null.

    Attribute names are the keys' positions, for keys are not always names. Raises ValueError where one path runs
    through another's end.
    """
    root = _Node(required=True)
    for path, kind, required in leaves:
        _plant(root, path.split("."), kind, required=required)
    made: type[Any] = _struct(root)
    return made


def reader(root: type[Any], path: str) -> Callable[[Any], Any]:
    """Reads the leaf at `path`; None where something on the way is null or missing."""
    steps = _steps(root, path)

    def read(value: Any) -> Any:
        for step in steps:
            if value is None:
                return None
            value = getattr(value, step)
        return value

    return read


def column(root: type[Any], path: str) -> Callable[[Iterable[Any]], list[Any]]:
    """Reads the leaf at `path` of many; None where something on the way is null or missing."""
    read, straight = reader(root, path), attrgetter(".".join(_steps(root, path)))

    def read_all(values: Iterable[Any]) -> list[Any]:
        try:
            return list(map(straight, values))
        except AttributeError:  # a null on the way
            return list(map(read, values))

    return read_all


def _steps(root: type[Any], path: str) -> list[str]:
    """The attributes on the way to the leaf at `path`."""
    steps: list[str] = []
    kind: Any = root
    for key in path.split("."):
        names = {one.encode_name: one for one in msgspec.structs.fields(kind)}
        steps.append(names[key].name)
        kind = next((part for part in getattr(names[key].type, "__args__", ()) if _is_struct(part)), None)
    return steps


def _plant(node: _Node, keys: list[str], kind: Any, *, required: bool) -> None:
    for key in keys:
        if node.leaf is not None:
            raise ValueError(f"the path {'.'.join(keys)} runs through a value that another one ends at")
        node = node.children.setdefault(key, _Node())
        node.required = node.required or required
    if node.children:
        raise ValueError(f"the path {'.'.join(keys)} ends where another one goes on")
    node.leaf = kind


def _struct(node: _Node) -> Any:
    fields: list[Any] = []
    rename: dict[str, str] = {}
    for position, (key, child) in enumerate(node.children.items()):
        name = f"f{position}"
        rename[name] = key
        kind = child.leaf if child.leaf is not None else _struct(child) | None
        fields.append((name, kind) if child.required else (name, kind | None, None))
    return msgspec.defstruct("Record", fields, rename=rename, kw_only=True, frozen=True, gc=False)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
