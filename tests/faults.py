"""Commands in which the n-th file operation fails, or kills: an interpreter that runs them in copies of itself.

`python -m tests.faults` reads lines of JSON, each a command, the folder to run it in, and where the fault is; it answers
with the exit code, how many operations were counted and what was told. Counted is what would change something below the
folder: opening for writing, writing, syncing, renaming, removing, making a folder. A fault in a write comes when half is
written. What is written outlives its process without being synced, so that syncing itself is left out; and a figure of the
same numbers and words is drawn once for all commands.
"""

from __future__ import annotations

import errno
import hashlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from tests.inside import prepare

ROOT = Path(__file__).parents[1]
CHANGING = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink"}
FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Done(NamedTuple):
    """How a command ended: its exit code (below 0 if it was killed), operations, and what it told."""

    code: int
    operations: int
    told: str


class Interpreter:
    """The interpreter, from the outside."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "120"},
        )  # fmt: skip

    def run(self, command: str, folder: Path, at: int = 0, how: str = "kill") -> Done:
        """Run a command in a folder, with a fault at its `at`-th operation; none at 0."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([command.split(), str(folder), at, how]), file=self._process.stdin, flush=True)
        return Done(*json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Fault:
    """Counts operations below a folder, and acts at one of them."""

    def __init__(self, folder: str, at: int, how: str) -> None:
        self.count, self._at, self._how, self._folder = 0, at, how, os.path.realpath(folder)
        self._write = os.write
        sys.addaudithook(self._heard)
        os.write, os.fsync = self._writing, self._syncing  # type: ignore[assignment]

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            if not isinstance(arguments[0], (str, os.PathLike)) or not (arguments[2] or 0) & FOR_WRITING:
                return
        elif event not in CHANGING:
            return
        if os.path.abspath(os.fspath(arguments[0])).startswith(self._folder) and self._is_here():
            self._act()

    def _writing(self, number: int, data: Any) -> int:
        if number > 2 and self._is_here():
            self._write(number, bytes(data)[: len(data) // 2])
            self._act()
        return self._write(number, data)

    def _syncing(self, number: int) -> None:
        if self._is_here():
            self._act()

    def _is_here(self) -> bool:
        self.count += 1
        return self.count == self._at

    def _act(self) -> None:
        if self._how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def serve() -> None:
    """Answer line by line; commands run in copies of this process, in which all is imported already."""
    prepare()
    for module in ("pandas", "pyarrow.parquet"):
        importlib.import_module(module)
    with tempfile.TemporaryDirectory() as drawings:
        _draw_once(Path(drawings))
        _answer()


def _answer() -> None:
    for line in sys.stdin:
        words, folder, at, how = json.loads(line)
        read, write = os.pipe()
        child = os.fork()
        if not child:
            os.close(read)
            _run(words, folder, at, how, write)
        os.close(write)
        with os.fdopen(read) as pipe:
            told = pipe.read()
        _, status = os.waitpid(child, 0)
        # What it counted comes last, unless it was killed.
        text, _, count = told.rpartition("\n#")
        answer = (text, int(count)) if count else (told, 0)
        print(json.dumps([os.waitstatus_to_exitcode(status), answer[1], answer[0]]), flush=True)


def _draw_once(drawings: Path) -> None:
    """Keep the figures of pages in a folder of their own, by all that is told of them."""
    from sim.report import html
    from sim.report.parts import Picture

    draw = html.inline

    def inline(picture: Picture, source: str) -> tuple[str, float, float]:
        told = repr((picture.name, picture.title, picture.says, picture.tables, picture.bands, picture.of, source))
        kept = drawings / hashlib.sha256(told.encode()).hexdigest()
        if not kept.exists():
            kept.write_text(json.dumps(draw(picture, source)), encoding="utf-8")
        text, left, right = json.loads(kept.read_text(encoding="utf-8"))
        return text, left, right

    html.inline = inline


def _run(words: list[str], folder: str, at: int, how: str, pipe: int) -> None:
    from sim.cli import main

    os.chdir(folder)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(pipe, 2)
    sys.argv = ["parley", *words]
    code: Any = 1
    fault = Fault(folder, at, how)
    try:
        main()
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        print("Traceback", repr(error), file=sys.stderr)
    sys.stderr.flush()
    fault._write(pipe, f"\n#{fault.count}".encode())
    os._exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    serve()
