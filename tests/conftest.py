"""What the tests share: scenarios and their variants, ensembles, the command line in a process of its own."""

import copy
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sim.ensemble.run import Ensemble, Plan, run_ensemble
from sim.model import WarScenario
from sim.scenario import Scenario, ScenarioError, ScenarioHead, load_scenario
from sim.scenario.describe import DEFAULT, entries
from sim.scenario.read import Place
from sim.scenario.tree import everything, in_one_form
from sim.scenario.write import to_yaml
from tests.inside import Inside

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
Load = Callable[..., Scenario[ScenarioHead]]
# Shipped as one of the user's own would be: what it does not write are defaults, which are told as such.
WITH_DEFAULTS = ("examples/border_war",)
# Where the longest tests are: they begin, lest one process be left alone with them at the end.
LONGEST = (
    "bad/test_corpus.py", "model/test_events.py", "model/test_arms.py", "model/test_skeleton.py", "report/test_browser.py",
    "report/test_hostile.py", "test_damaged_results.py", "test_failures.py", "test_faults.py", "test_readme.py",
)  # fmt: skip


def pytest_configure() -> None:
    """Let the processes that tests start keep what they compile, lest each compile the whole program anew."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first, and leave the order as it is among them and among the others."""
    first = {ROOT / "tests" / name for name in LONGEST}
    items.sort(key=lambda item: item.path not in first)


@pytest.fixture(scope="session")
def load() -> Load:
    """Load a shipped scenario with settings: load("baseline", "arms.defender.aid_scale=0.3").

    Whoever asks again gets the same one: it is frozen, and who changes its tree changes a copy.
    """

    @lru_cache(maxsize=256)
    def load(name: str, *settings: str) -> Scenario[ScenarioHead]:
        return load_scenario(name, WarScenario, settings)

    return load


def written(scenario: Scenario[Any]) -> set[str]:
    """Return the paths of the numbers that the files of a scenario write, and do not leave at their defaults."""
    return {entry.path for entry in entries(scenario) if entry.origin != DEFAULT}


def with_tree(base: Scenario[Any], tree: dict[str, Any], file: Path, settings: Sequence[str] = ()) -> Scenario[Any]:
    """Return a scenario of other values, as if they had been written to a file of their own and read, which takes long."""
    written, tree = tree, in_one_form(tree, WarScenario)
    try:
        places = {path: Place(str(file), 1, 1) for path, _ in everything(tree) if path}
        changed = replace(base, places=places).with_tree(tree)
        made = replace(changed, name=file.stem, path=file, base=tree, files=(file,))
        return made.with_settings(settings) if settings else made
    except ScenarioError:
        # What is wrong has its place in a file.
        file.write_text(to_yaml(written), encoding="utf-8")
        return load_scenario(file, WarScenario, settings)


@pytest.fixture
def variant(load: Load, tmp_path: Path) -> Callable[[Callable[[dict[str, Any]], None]], Scenario[ScenarioHead]]:
    """Load the baseline after changing its tree in place."""

    def variant(change: Callable[[dict[str, Any]], None]) -> Scenario[ScenarioHead]:
        tree = copy.deepcopy(load("baseline").tree)
        change(tree)
        return with_tree(load("baseline"), tree, tmp_path / "variant.yaml")

    return variant


@pytest.fixture(scope="session")
def ensemble() -> Callable[..., Ensemble]:
    """Run a scenario: ensemble(scenario, replications, days)."""

    def ensemble(scenario: Scenario[ScenarioHead], replications: int, days: int, seed: int = 1, **plan: Any) -> Ensemble:
        return run_ensemble(scenario, Plan(replications, seed, days, **plan))

    return ensemble


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id: str) -> Callable[[str, Callable[[Path], object]], Path]:
    """Make a folder once for all processes that test together: once(name, make) returns it."""
    import fcntl

    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def once(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = shared / name, shared / f"{name}.done"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return once


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Start Chromium; what needs it is marked with `NEEDS_CHROMIUM` of tests.browsing."""
    from playwright.sync_api import sync_playwright

    from tests.browsing import CHROMIUM

    with sync_playwright() as playwright:
        # Root, as on many machines that only test, has no sandbox.
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def inside() -> Iterator[Inside]:
    """Have one process import the program, and run commands in forks of it."""
    with Inside(ROOT) as process:
        yield process


@pytest.fixture(scope="session")
def parley(inside: Inside, tmp_path_factory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in a process of its own, and in a folder of its own unless one is named."""

    def surroundings() -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}

    before = surroundings()

    def parley(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sim", *map(str, arguments)]
        cwd = cwd or tmp_path_factory.mktemp("here")
        # How wide a terminal is, is looked at when something is printed.
        if environment.keys() <= {"COLUMNS"} and surroundings() == before:
            done = inside.run(*arguments, folder=cwd, seconds=600, columns=environment.get("COLUMNS", "120"))
            assert done.code is not None, f"it did not end: {command}"
            return subprocess.CompletedProcess(command, done.code, done.out.decode(), done.err.decode())
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **environment}
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    return parley
