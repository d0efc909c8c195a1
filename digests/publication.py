"""A folder that is replaced in one step: whoever opens a file in it finds the old one or the new one, never none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_KEPT_SECONDS = 3600
"""A reader may be halfway through an older edition, and another run may still be writing one."""


@contextmanager
def new_edition(folder: Path) -> Iterator[Path]:
    """Gives an empty folder to fill; once it is whole, `folder` is it.

    `folder` is a link to its newest edition, which lies beside it in `.NAME-*`: a link can be replaced at one stroke,
    a folder with something in it cannot. The edition before is kept for those who are reading it, older ones and what
    a killed run has left are removed. Raises OSError where it cannot, and leaves `folder` as it was.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=_prefix(folder), dir=folder.parent))
    try:
        fresh.chmod(0o755)
        yield fresh
        before = _point(folder, fresh)
    except BaseException:
        if folder.resolve() != fresh.resolve():
            shutil.rmtree(fresh, ignore_errors=True)
        raise
    _tidy(folder, {fresh.name, before.name})


def _point(folder: Path, fresh: Path) -> Path:
    """Makes `folder` the link to `fresh`. Returns the edition that it led to before."""
    link, before = fresh.with_name(f"{fresh.name}.link"), folder.resolve()
    link.symlink_to(fresh.name)
    try:
        if folder.is_dir() and not folder.is_symlink():  # a copy of a site, or a folder made by hand
            before = folder.rename(fresh.with_name(f"{fresh.name}.old"))
        link.replace(folder)
    finally:
        link.unlink(missing_ok=True)
    return before


def _tidy(folder: Path, kept: set[str]) -> None:
    newest = folder.lstat().st_mtime
    for path in folder.parent.glob(f"{_prefix(folder)}*"):
        try:
            old = newest - path.lstat().st_mtime > _KEPT_SECONDS
        except FileNotFoundError:  # another run is tidying too
            continue
        if not old or path.name in kept:
            continue
        if path.is_symlink():
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(path, ignore_errors=True)


def _prefix(folder: Path) -> str:
    return f".{folder.name}-"
