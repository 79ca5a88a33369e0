"""Same bytes where the manifest says the same; on other processors last digits differ, and it says so.

NumPy is told to leave out what newer processors have: so this machine stands for five kinds, or as many as it is newer than.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

# The oldest first, as NumPy names what it may use beyond the baseline.
BEYOND = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
LEVELS = range(len(BEYOND) + 1)

MADE = """
import hashlib, json
import numpy as np
from sim.ensemble.origin import origin
x = np.random.Generator(np.random.SFC64(3)).uniform(1e-3, 20, 50_000)
made = b"".join(f(x).tobytes() for f in (np.exp, np.expm1, np.log, np.log1p, np.tanh, np.cbrt, lambda v: v**1.7, np.sqrt))
print(json.dumps([dict(origin())["instructions"], hashlib.sha256(made).hexdigest()]))
"""

RUN = """
import json
from sim.ensemble.run import Plan, run_ensemble
from sim.model import WarScenario
from sim.scenario import load_scenario
found = run_ensemble(load_scenario("baseline", WarScenario), Plan(150, 1, 720)).outcomes
print(json.dumps({name: values.tolist() for name, values in found.items()}))
"""


def said(code: str, level: int) -> Any:
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": ",".join(BEYOND[level:])}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


@lru_cache
def outcomes(level: int) -> dict[str, np.ndarray[Any, Any]]:
    return {name: np.array(values) for name, values in said(RUN, level).items()}


@pytest.mark.skipif(not BEYOND, reason="NumPy has nothing beyond its baseline on this machine")
def test_processors_that_make_other_last_digits_say_so() -> None:
    made = [tuple(said(MADE, level)) for level in LEVELS]
    assert len({names for names, _ in made}) == len({digits for _, digits in made}) == len(set(made))


@pytest.mark.ensembles
@pytest.mark.skipif(not BEYOND, reason="NumPy has nothing beyond its baseline on this machine")
@pytest.mark.parametrize("level", LEVELS[:-1])
def test_another_processor_changes_last_digits_and_nothing_that_happens(level: int) -> None:
    for name, values in outcomes(LEVELS[-1]).items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(outcomes(level)[name], values, rtol=1e-9, atol=1e-9, err_msg=name)
        else:
            np.testing.assert_array_equal(outcomes(level)[name], values, err_msg=name)
