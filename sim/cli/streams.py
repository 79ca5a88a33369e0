"""The standard streams, such that printing never stops the work.

A closed stream is as /dev/null; what reads may go away (`parley show baseline | head -1`); a full disk is said at the end,
when all else is done.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any

from sim.gate import shown

STREAMS = ("stdin", "stdout", "stderr")


class _Out(io.RawIOBase):
    """What is written to, and goes on without an error when that can no longer be written to."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        # Held, because it would close what it writes to when it goes.
        self._stream = stream
        self._raw: Any = getattr(stream.buffer, "raw", stream.buffer)
        self.failure: OSError | None = None

    def write(self, data: Any) -> int:
        if self.failure is None:
            try:
                return int(self._raw.write(data) or 0)
            except OSError as error:
                self.failure = error
        return len(data)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def isatty(self) -> bool:
        return bool(self._raw.isatty())


class _Text(io.TextIOWrapper):
    """Text of which a terminal acts on nothing: names of files, and what is read, may hold what would."""

    def write(self, text: str) -> int:
        super().write(shown(text))
        return len(text)

    def draw(self, text: str) -> None:
        """Write what a terminal is to act on."""
        super().write(text)


def set_up() -> None:
    """Put streams in place that take all that is written."""
    for number, name in enumerate(STREAMS):
        if getattr(sys, name) is not None:
            continue
        try:
            os.fstat(number)
        except OSError:
            # Or the next file that is opened would get this number, and what is printed would go there.
            os.open(os.devnull, os.O_RDWR)
        setattr(sys, name, open(os.devnull, "w" if number else "r", encoding="utf-8"))  # noqa: SIM115
    for name in STREAMS[1:]:
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            buffer = io.BufferedWriter(_Out(stream))
            # A terminal or file that cannot show a letter shows a question mark.
            setattr(sys, name, _Text(buffer, stream.encoding, "replace", line_buffering=stream.line_buffering))


def failure() -> str:
    """Return why not all could be printed, or nothing; who reads may leave when it has seen enough."""
    sys.stdout.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    error = raw.failure if isinstance(raw, _Out) else None
    # Windows says of a pipe without a reader that the argument is invalid.
    if error is None or error.errno in (errno.EPIPE, errno.ESHUTDOWN) or (os.name == "nt" and error.errno == errno.EINVAL):
        return ""
    return error.strerror or str(error)
