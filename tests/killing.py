"""Work that is killed (SIGKILL), for tests: at a step of our choice, or after a time.

Each piece of work runs in a process forked from a clean server: it shares nothing with the test but the disk.
"""

import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["tests.warm"])
STEPS = ("os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "open", "sqlite3.connect", "shutil.")
"""Audit events of Python at which a process may be ended: those that touch the disk."""


def _counted(step: int, work: Callable[..., object], *arguments: object) -> None:
    reached = 0

    def hear(event: str, values: tuple[object, ...]) -> None:
        nonlocal reached
        if event.startswith(STEPS) and not str(values[0]).endswith((".py", ".pyc", ".so")):
            reached += 1
            if reached == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)
    work(*arguments)
    reached = -(1 << 62)  # the end of the interpreter is no step
    os._exit(0)


def killed_at(step: int, work: Callable[..., object], *arguments: object) -> bool:
    """Run work in a process that is killed at its so-manieth step on the disk; False where it ended before."""
    process = FORKS.Process(target=_counted, args=(step, work, *arguments))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), f"the work itself failed: {process.exitcode}"
    return process.exitcode != 0


def killed_after(seconds: float, work: Callable[..., object], *arguments: object) -> bool:
    """Run work in a process that is killed after a time; False where it ended before."""
    process = FORKS.Process(target=work, args=arguments)
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), f"the work itself failed: {process.exitcode}"
    return process.exitcode != 0


def whole(work: Callable[..., object], *arguments: object) -> None:
    """Run work in a process of its own to its end."""
    assert not killed_after(120, work, *arguments), "it did not end"


def command(*arguments: str | Path) -> None:
    """A command of `evidence-graph`, its output thrown away. Its exit status must be 0."""
    from service.cli import app

    with contextlib.redirect_stdout(io.StringIO()):
        app([str(argument) for argument in arguments], standalone_mode=False)
