"""Mutated scenarios never bring anything but a ScenarioError, and never take long."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

PROCESSES = 2


def load_mutants(folder: Path, first: int, count: int, every: int) -> dict[str, Any]:
    """Load mutants in two processes; fail with the number of the first that fails, its input in a file."""
    share = -(-count // PROCESSES)
    start = time.perf_counter()
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.mutants", str(first + share * process), str(share), str(every)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for process in range(PROCESSES)
    ]
    reports = []
    for process in running:
        said, wrong = process.communicate(timeout=900 + count)
        assert process.returncode == 0, wrong
        reports.append(json.loads(said))
    seconds = time.perf_counter() - start
    for report in reports:
        if report["failed"] is not None:
            from tests.fuzz.mutants import mutant

            made = mutant(report["number"], report["number"] % every == 0)
            file = folder / f"mutant_{report['number']}.yaml"
            file.write_bytes(made.data)
            pytest.fail(f"mutant {report['number']} of {every} (in {file}, settings {made.settings}): {report['failed']}")
    whole: dict[str, Any] = {key: sum(report[key] for report in reports) for key in ("count", "right", "of_the_model")}
    whole["slowest"] = max(report["slowest"] for report in reports)
    print(
        f"\n{whole['count']} mutants ({whole['of_the_model']} of the model, {whole['right']} right) in {seconds:.0f} s, "
        f"{whole['count'] / seconds:.0f} a second; slowest {whole['slowest'][0]:.2f} s: number {whole['slowest'][1]}"
    )
    return whole


@pytest.mark.hostile
def test_some_mutants(tmp_path: Path) -> None:
    whole = load_mutants(tmp_path, 0, 3_000, 60)
    assert whole["count"] == 3_000
    # Neither are all of them broken at once, nor none at all.
    assert 50 < whole["right"] < 2_000


@pytest.mark.long
def test_many_mutants(tmp_path: Path) -> None:
    whole = load_mutants(tmp_path, 1_000_000, 200_000, 20)
    assert whole["count"] == 200_000
    assert whole["of_the_model"] == 10_000
