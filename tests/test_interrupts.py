"""Ctrl-C at any moment: the prompt comes back, nothing is shown of what went on inside, and the same command ends the same.

Moments are drawn over the time that a command takes on this machine, so that they fall into all of its phases.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.inside import Inside

pytestmark = pytest.mark.hostile

# Generous, because other tests keep the machine busy; on an idle one it is below one second, which is printed.
SECONDS = 20
SIZE = ("--months", "2", "--results", "out")
# Wars with few assumptions, of which one at a time takes seconds, not minutes.
WARS = {
    "border_war.yaml": (ROOT / "tests/wars/border_war.yaml").read_text(encoding="utf-8"),
    "fewer.yaml": "title: Fewer men\nextends: border_war\nmanpower: {defender: {intake_per_month: 2_000}}\n",
}
BORDER, FEWER = WARS
ASKED = {
    "run": ("run", BORDER, "--replications", "300", "--chunk", "20", *SIZE),
    "run --report": ("run", BORDER, "--replications", "60", "--report", *SIZE),
    "sweep": ("sweep", BORDER, "--vary", "arms.defender.aid_scale=0:2:8", "--replications", "40", *SIZE),
    "compare": ("compare", BORDER, FEWER, "--replications", "800", *SIZE),
    "sensitivity": ("sensitivity", "history/iwo_jima", "--one-at-a-time", "--replications", "100", "--outcome",
                    "casualties_attacker", *SIZE),
}  # fmt: skip


def begin(arguments: tuple[str, ...], folder: Path) -> subprocess.Popen[str]:
    for name, text in WARS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "sim", *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def heeds(process: subprocess.Popen[str]) -> bool:
    """Wait until the command heeds interrupts, before which Python itself is being started; return whether it is there."""
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = int(next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")), 16)
        if caught >> (signal.SIGTERM - 1) & 1:
            return True
        time.sleep(0.001)
    return False


def digests(folder: Path) -> dict[str, str]:
    """Return the bytes of all results but how long they took."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file() and file.name != "timing.json")
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def interrupted(inside: Inside, name: str, workers: int, moments: int, folder: Path, seed: int) -> list[float]:
    """Interrupt a command at random moments; return how long the prompt took, each time."""
    ask = (*ASKED[name], "--workers", str(workers))
    started = time.monotonic()
    process = begin(ask, folder)
    _, told = process.communicate()
    assert process.returncode == 0, told
    takes = time.monotonic() - started
    whole = digests(folder / "out")
    shutil.rmtree(folder / "out")
    luck, waits = random.Random(seed), []
    for _ in range(moments):
        process = begin(ask, folder)
        if heeds(process):
            time.sleep(luck.uniform(0, takes))
        sent, number = time.monotonic(), luck.choice((signal.SIGINT, signal.SIGINT, signal.SIGTERM))
        # It may have been quicker than the first time.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        _, told = process.communicate()
        waits.append(time.monotonic() - sent)
        assert process.returncode in (0, 130, -number), told
        assert "Traceback" not in told
        assert "error" not in told
        if process.returncode == 130:
            assert told.splitlines()[-1].startswith("stopped: ")
        # What it said is true: the same command may be given again.
        done = inside.run(*ask, folder=folder, seconds=600)
        assert done.code == 0, done.err
        assert digests(folder / "out") == whole
        assert {file.name for file in folder.iterdir()} == {*WARS, "out"}
        shutil.rmtree(folder / "out")
    return waits


@pytest.mark.parametrize("name", ["run", "compare"])
def test_a_command_that_is_interrupted_gives_the_prompt_back(name: str, inside: Inside, tmp_path: Path) -> None:
    assert max(interrupted(inside, name, 2, 1, tmp_path, seed=1)) < SECONDS


@pytest.mark.long
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", ASKED)
def test_a_command_that_is_interrupted_at_many_moments_gives_the_prompt_back(
    name: str, workers: int, inside: Inside, tmp_path: Path
) -> None:
    waits = interrupted(inside, name, workers, 40, tmp_path, seed=workers)
    print(f"\n{name} with {workers}: the prompt after {sorted(waits)[20]:.2f} s (median), {max(waits):.2f} s at most")
    assert max(waits) < SECONDS


def test_a_second_interrupt_ends_at_once_and_leaves_no_process(tmp_path: Path) -> None:
    process = begin((*ASKED["run"], "--workers", "2"), tmp_path)
    assert heeds(process)
    process.send_signal(signal.SIGSTOP)
    # Both are there when it goes on: the second comes while the first is being heeded.
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    _, told = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in told


def test_what_is_printed_when_nothing_can_be_gone_on_with(tmp_path: Path) -> None:
    process = begin(ASKED["compare"], tmp_path)
    assert heeds(process)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate()
    assert process.returncode == 130
    assert told.splitlines() == [
        "stopping... (once more: at once)",
        "stopped: nothing is half-written, and the same command may be given again",
    ]


def test_an_interrupt_that_comes_as_soon_as_they_are_heeded_is_one() -> None:
    """It comes between two lines, which a busy machine makes long."""
    code = """
import signal
from sim.cli import interrupts, main
heed = interrupts.heed
interrupts.heed = lambda: (heed(), signal.raise_signal(signal.SIGINT))
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, "Traceback" in done.stderr) == (130, False), done.stderr
