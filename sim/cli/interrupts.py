"""Ctrl-C and a request to end: the prompt is back within a second, whatever is at work."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from typing import Any

INTERRUPTED = 130
# How long what is at work may take to put its things away.
SECONDS = 0.7

_stopping = threading.Event()
# Held by who ends this process: either what was interrupted, or the time that it had.
_ending = threading.Lock()


def heed() -> None:
    """Heed interrupts from now on."""
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    unraisable = sys.unraisablehook
    # An interrupt in the middle of what Python tidies is not raised, but printed; the end comes all the same.
    sys.unraisablehook = lambda what: None if _stopping.is_set() else unraisable(what)


def let_go() -> None:
    """Leave interrupts to the system, while Python tidies up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def is_stopping() -> bool:
    """Return whether an interrupt was heard, whatever became of it."""
    return _stopping.is_set()


def _last_words() -> str:
    """Return what becomes of what was at work."""
    parts = sys.modules.get("sim.results.parts")
    if parts is not None and parts.anything_kept():
        return "stopped: what is finished is kept, and the same command goes on with it\n"
    return "stopped: nothing is half-written, and the same command may be given again\n"


def end() -> None:
    """Say how things stand and end this process, without waiting for anything."""
    if _ending.acquire(blocking=False):
        say(_last_words())
        os._exit(INTERRUPTED)


def say(text: str) -> None:
    """Print a line to stderr, past all that Python may be in the middle of."""
    with suppress(OSError, ValueError, AttributeError):
        os.write(sys.stderr.fileno(), text.encode("ascii", "replace"))


def _stop(number: int, frame: Any) -> None:
    if _stopping.is_set():
        os._exit(INTERRUPTED)
    _stopping.set()
    say("\n" if sys.stderr.isatty() else "")
    say("stopping... (once more: at once)\n")
    waiting = threading.Timer(SECONDS, end)
    waiting.daemon = True
    waiting.start()
    raise KeyboardInterrupt
