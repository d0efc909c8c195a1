"""Reading ahead brings the same items, errors in their place, and lets go of its thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from steps.ahead import ahead


def reading() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "ahead"]


def settled() -> bool:
    until = time.monotonic() + 5
    while reading() and time.monotonic() < until:
        time.sleep(0.01)
    return not reading()


def test_the_same_items_in_the_same_order() -> None:
    assert list(ahead(iter(range(1_000)))) == list(range(1_000))
    assert settled()


def test_an_error_comes_behind_the_items_before_it() -> None:
    def failing() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("here")

    items = ahead(failing())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="here"):
        next(items)
    assert settled()


def test_it_never_runs_far_ahead_and_stops_with_its_use() -> None:
    taken = []
    closed = threading.Event()

    def counted() -> Iterator[int]:
        try:
            for number in range(1_000):
                taken.append(number)
                yield number
        finally:
            closed.set()

    pages = ahead(counted())
    assert next(pages) == 0
    time.sleep(0.1)
    assert len(taken) <= 3
    pages.close()  # type: ignore[attr-defined]
    assert closed.wait(5)
    assert settled()
    assert len(taken) <= 5
