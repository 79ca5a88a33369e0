"""Commands in a process of their own to which something happens at one moment of their work, the same on any machine."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

_SCRIPT = """
import os, signal, sys
import sim.results.chunks, sim.studies.sweep
from sim.cli import main
from sim.ensemble import workers

done, what = int(sys.argv[1]), int(sys.argv[2])

def shared(work, tasks, pool=workers.ALONE):
    at = 0
    for one in workers.shared(work, tasks, pool):
        happen(at)
        yield one
        at += 1
    happen(at)

def happen(at):
    if at == done:
        # The whole group, as the terminal does; a stop is for this process alone.
        os.kill(os.getpid(), what) if what == signal.SIGSTOP else os.killpg(os.getpgrp(), what)

for module in (sim.results.chunks, sim.studies.sweep):
    module.shared = shared
del sys.argv[1:3]
main()
"""


def begun(arguments: list[str], after: int, signal: int, **how: Any) -> subprocess.Popen[str]:
    """Begin a command that gets a signal when so many of its pieces are done."""
    return subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, str(after), str(int(signal)), *arguments],
        cwd=ROOT, start_new_session=True, text=True, **{"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **how},
    )  # fmt: skip


def parts_in(folder: Path, pattern: str) -> dict[str, bytes]:
    """Return the finished parts of a study."""
    return {file.name: file.read_bytes() for file in folder.glob(pattern)}
