"""Fetching one page while the one before is being loaded."""

import threading
from collections.abc import Callable, Iterator
from queue import Queue
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Callable[[], Iterator[T]]) -> Iterator[T]:
    """What `items()` gives, made in a thread of its own, one ahead of what is taken; what it raises is raised here.

    Where the taker stops early, the thread ends with its next item.
    """
    made: Queue[tuple[T] | BaseException | None] = Queue(maxsize=1)
    stopped = threading.Event()

    def make() -> None:
        try:
            for item in items():
                made.put((item,))
                if stopped.is_set():
                    return
            made.put(None)
        except BaseException as error:
            made.put(error)

    # a daemon: an interrupted program must not wait for a slow service
    threading.Thread(target=make, name="harvest", daemon=True).start()
    try:
        while (item := made.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        stopped.set()
        if not made.empty():
            made.get_nowait()
