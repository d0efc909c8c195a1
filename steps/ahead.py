"""Reading ahead: the next page is fetched and decoded while this one is being stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class _End:
    """Nothing comes any more; `error`, where that is why."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Reader(Generic[T]):
    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self.ready: Queue[T | _End] = Queue(maxsize=1)
        self.stopped = Event()

    def run(self) -> None:
        end = _End()
        try:
            for item in self._items:
                self.ready.put(item)
                if self.stopped.is_set():
                    break
        except BaseException as error:
            end = _End(error)
        finally:
            close = getattr(self._items, "close", None)
            if close is not None:
                close()
        if not self.stopped.is_set():
            self.ready.put(end)

    def stop(self) -> None:
        """Lets go of a reader that waits for room, so that it ends by itself."""
        self.stopped.set()
        with suppress(Empty):
            self.ready.get_nowait()


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items in the same order, read in a thread of their own, at most two of them ahead of their use.

    An error of `items` is raised behind the items that came before it. Where the use ends early, reading ends with
    the item that is under way.
    """
    reader = _Reader(items)
    Thread(target=reader.run, name="ahead", daemon=True).start()
    try:
        while True:
            item = reader.ready.get()
            if not isinstance(item, _End):
                yield item
            elif item.error is not None:
                raise item.error
            else:
                return
    finally:
        reader.stop()
