"""Commands in one process that has imported all: each runs in a fork of it, with a limit of time. Talks in lines of JSON."""

from __future__ import annotations

import functools
import importlib
import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

ROOT = Path(__file__).parents[1]


class Done(NamedTuple):
    """How a command ended: its exit code, or None where it hung, and what it printed."""

    code: int | None
    out: bytes
    err: bytes


class Inside:
    """The commands of one process, of the program in a folder; `run` is as a shell would have it."""

    def __init__(self, folder: Path, *options: str, program: Path = ROOT) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *options, __file__], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(program), "MPLBACKEND": "agg", "COLUMNS": "120",
                 "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(self, *arguments: object, folder: Path | None = None, seconds: float = 120.0, columns: str = "120") -> Done:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as place:
            told = {"arguments": [str(one) for one in arguments], "place": place, "seconds": seconds, "columns": columns}
            if folder is not None:
                told["folder"] = str(folder)
            self._process.stdin.write(json.dumps(told) + "\n")
            self._process.stdin.flush()
            code = json.loads(self._process.stdout.readline())
            return Done(code, *((Path(place) / name).read_bytes() for name in ("out", "err")))


def prepare() -> None:
    """Do once what every command would do anew: import all, make what is made when it is first asked for."""
    for module in ("matplotlib.backends.backend_svg", "scipy.special", "sim.api", "sim.cli.app", "sim.report.make"):
        importlib.import_module(module)
    from sim.model import WarScenario
    from sim.results.manifest import KINDS

    for model in (WarScenario, *KINDS.values()):
        model.model_rebuild()
    from typer import main

    from sim.cli.app import app
    from sim.report.html import environment

    main.get_command = functools.cache(main.get_command)
    main.get_command(app)
    environment().get_template("page.html")
    from sim.api import load

    load("baseline")


def _serve() -> None:
    """Prepare, then run what comes in."""
    prepare()
    for line in sys.stdin:
        told = json.loads(line)
        began, ended = os.pipe()
        child = os.fork()
        if not child:
            os.close(began)
            os.chdir(told.get("folder", "."))
            os.environ["COLUMNS"] = told["columns"]
            _one(told["arguments"], Path(told["place"]))
        os.close(ended)
        # The pipe closes when the child ends, however it ends.
        ready, _, _ = select.select([began], [], [], told["seconds"])
        if not ready:
            os.kill(child, 9)
        _, status = os.waitpid(child, 0)
        os.close(began)
        print(json.dumps(os.waitstatus_to_exitcode(status) if ready else None), flush=True)


def _one(arguments: list[str], place: Path) -> None:
    from sim.cli import main

    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(place / name, os.O_WRONLY | os.O_CREAT), number)
    with open(os.devnull, encoding="utf-8") as nothing:
        os.dup2(nothing.fileno(), 0)
    sys.argv = ["parley", *arguments]
    code = 70
    try:
        main()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
