"""A folder that readers poll while it is replaced, by one run, by several, and by runs that are killed."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from digests.publication import new_edition

PAGES = ("index.html", "kr/a.html", "kr/b.html")
DAY = 86_400


def publish(folder: Path, word: str, step: Callable[[str], object] = str) -> None:
    with new_edition(folder) as fresh:
        (fresh / "kr").mkdir()
        for name in PAGES:
            step(name)
            (fresh / name).write_text(word)


def told(folder: Path) -> set[str]:
    return {(folder / name).read_text() for name in PAGES}


def grown_old(parent: Path) -> None:
    """As if all that lies there had been written yesterday."""
    for path in parent.iterdir():
        before = path.lstat().st_mtime - DAY
        os.utime(path, (before, before), follow_symlinks=False)


@contextmanager
def reader(folder: Path) -> Iterator[list[str]]:
    """Opens one page after the other until told to stop. Gives what went wrong."""
    wrong: list[str] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            for name in PAGES:
                try:
                    wrong.extend(["half a page"] if not (folder / name).read_text() else [])
                except OSError as error:
                    wrong.append(repr(error))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield wrong
    finally:
        done.set()
        thread.join()


Watch = Callable[[Callable[[], object]], AbstractContextManager[None]]
_WATCHERS: list[Callable[[], object]] = []


def _on_event(event: str, _: object) -> None:
    if event.startswith(("os.", "shutil.", "tempfile.")) and event != "os.listdir" and _WATCHERS:
        watcher = _WATCHERS.pop()  # what it does itself is no step
        watcher()
        _WATCHERS.append(watcher)


@pytest.fixture(scope="session")
def before_each_step() -> Watch:
    """Calls back before each thing that is done to the file system, as the interpreter tells of them."""
    sys.addaudithook(_on_event)

    @contextmanager
    def watch(watcher: Callable[[], object]) -> Iterator[None]:
        _WATCHERS.append(watcher)
        try:
            yield
        finally:
            _WATCHERS.clear()

    return watch


def test_between_any_two_steps_a_reader_finds_every_page(tmp_path: Path, before_each_step: Watch) -> None:
    folder = tmp_path / "scorecard"
    for word in ("older", "old"):
        publish(folder, word)
        grown_old(tmp_path)
    seen: list[set[str]] = []
    with before_each_step(lambda: seen.append(told(folder))):
        publish(folder, "new")
    assert len(seen) > len(PAGES)
    assert all(len(words) == 1 for words in seen)
    assert (seen[0], seen[-1]) == ({"old"}, {"new"})


def test_several_at_once_leave_one_whole_folder(tmp_path: Path) -> None:
    folder = tmp_path / "scorecard"
    publish(folder, "first")
    with reader(folder) as wrong, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda turn: publish(folder, str(turn)), range(60)))
    assert wrong == []
    assert len(told(folder)) == 1
    assert not [path for path in tmp_path.iterdir() if path.name.endswith((".link", ".old"))]


STEPS: list[tuple[object, str]] = [
    (Path, "write_text"),
    (Path, "symlink_to"),
    (os, "replace"),
    (Path, "unlink"),
    (Path, "lstat"),
    (shutil, "rmtree"),
]


@pytest.mark.parametrize(("owner", "step"), STEPS, ids=[step for _, step in STEPS])
def test_whoever_is_killed_leaves_a_whole_folder_and_the_next_run_clears_up(
    tmp_path: Path, owner: object, step: str
) -> None:
    folder = tmp_path / "scorecard"
    for word in ("older", "old"):
        publish(folder, word)
        grown_old(tmp_path)
    child = os.fork()
    if child == 0:  # a process of its own, which kills itself at the step
        setattr(owner, step, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        publish(folder, "new")
        os._exit(0)
    _, ended = os.waitpid(child, 0)
    assert os.WTERMSIG(ended) == signal.SIGKILL
    assert told(folder) in ({"old"}, {"new"})

    grown_old(tmp_path)
    publish(folder, "newest")
    assert told(folder) == {"newest"}
    editions = [path for path in tmp_path.iterdir() if path != folder]
    assert len(editions) == 2  # the newest, and the one that somebody may be reading


def test_a_failure_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "scorecard"
    publish(folder, "old")
    before = sorted(tmp_path.iterdir())

    def full(name: str) -> None:
        if name == PAGES[-1]:
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        publish(folder, "new", full)
    assert told(folder) == {"old"}
    assert sorted(tmp_path.iterdir()) == before


def test_a_plain_folder_of_that_name_makes_way(tmp_path: Path) -> None:
    folder = tmp_path / "scorecard"
    folder.mkdir()
    (folder / "index.html").write_text("copied from elsewhere")
    publish(folder, "new")
    assert told(folder) == {"new"}
    assert folder.is_symlink()


def test_the_whole_place_can_be_moved(tmp_path: Path) -> None:
    publish(tmp_path / "out" / "scorecard", "word")
    (tmp_path / "out").rename(tmp_path / "elsewhere")
    assert told(tmp_path / "elsewhere" / "scorecard") == {"word"}
