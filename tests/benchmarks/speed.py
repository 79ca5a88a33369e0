"""How fast a run is, beside a calibration loop and the plain reference, and by part. Used by the tests and by the table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

import sim
from sim import model
from sim.engine.agenda import Agenda
from sim.engine.draws import Draws
from sim.engine.world import Setting
from sim.ensemble.run import BATCH, Plan, run_ensemble
from sim.ensemble.workers import pool_of
from sim.model import POLITICS, simulate
from sim.report.html import html
from sim.report.make import page_of
from tests.benchmarks.clock import Costs, calibration
from tests.benchmarks.growth import Tree, baseline, batch, varied
from tests.conftest import ROOT
from tests.reference.war import Recorder
from tests.reference.war import simulate as plain_history
from tests.test_oracle import Luck

DAYS = 1095
# Every day of the calibration loop is like every other.
LOOP_DAYS = 50


# Against a calibration loop and the plain reference.


class Speed(NamedTuple):
    """What a replication-day costs in batches of a size: in ns, in units of the calibration loop, and of the reference."""

    n: int
    nanoseconds: float
    calibrations: float
    reference: float


class ReadyLuck:
    """Draws made before, so that the reference is not charged for making them."""

    def __init__(self, luck: Luck) -> None:
        self._streams = luck._streams

    def normal(self, name: str, index: int) -> float:
        return float(self._streams[name].at(index)[0])

    uniform = normal


def reference() -> Callable[[], None]:
    """Return one history of the plain reference, which is not charged for recording every day as its interface asks."""
    scenario = baseline()
    world, drawn = simulate(scenario, Setting(scenario.world.start_date, 1, 7, np.arange(1)))
    parameters = {path: float(values[0]) for path, values in drawn.values.items()}
    luck = Luck(0, world.draws.opened)
    plain_history(scenario.tree, parameters, luck, DAYS)  # the draws are made once, before the clock runs

    made = []

    class NoRecorder(Recorder):
        def __init__(self, war: Any) -> None:
            self.war = war
            war.state = self.state
            made.append(self)

    def work() -> None:
        with patch("tests.reference.war.Recorder", NoRecorder):
            plain_history(scenario.tree, parameters, ReadyLuck(luck), DAYS)
        assert made, "it records"

    return work


def speeds(
    sizes: Sequence[int] = (256, 1024, BATCH), rounds: int = 2, good: Callable[[Speed], bool] = lambda speed: True
) -> list[Speed]:
    """Measure the speed in batches of these sizes; again until those of the largest are good."""
    batch(baseline(), 16, 30)()
    works: dict[object, Callable[[], object]] = {n: batch(baseline(), n, DAYS) for n in sizes}
    works |= {("loop", n): calibration(n, LOOP_DAYS) for n in sizes}
    works["reference"] = reference()

    def told(costs: Costs) -> list[Speed]:
        found = []
        for n in sizes:
            mine = costs.seconds[n] / n / DAYS
            plain = costs.seconds["reference"] / DAYS
            loop = costs.seconds["loop", n] / n / LOOP_DAYS
            found.append(Speed(n, mine * 1e9, mine / loop, plain / mine))
        return found

    return told(Costs(works).until(lambda costs: good(told(costs)[-1]), rounds))


# By part.


@contextmanager
def clocked(spent: dict[str, float]) -> Iterator[None]:
    """Put clocks around what each mechanism does, in its life and for who has an appointment, and around drawing."""
    whose = {topic: mechanism.name for mechanism in model.MECHANISMS for topic in mechanism.topics}

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def clock(*arguments: Any, **keywords: Any) -> Any:
            start = time.perf_counter()
            try:
                return work(*arguments, **keywords)
            finally:
                spent[name] = spent.get(name, 0.0) + time.perf_counter() - start

        return clock

    def lives(mechanism: Any) -> Callable[[Any], Iterator[Any]]:
        life = mechanism.life

        def clock(self: Any) -> Iterator[Any]:
            process = life(self)
            start = time.perf_counter()
            for event in process:
                spent[mechanism.name] = spent.get(mechanism.name, 0.0) + time.perf_counter() - start
                yield event
                start = time.perf_counter()

        return clock

    topic, gathering = Agenda.topic, Agenda.gathering

    def clocked_topic(self: Agenda, name: str, items: int, handler: Any) -> None:
        topic(self, name, items, timed(whose.get(name, name), handler))

    def clocked_gathering(self: Agenda, name: str, gathered: Any) -> None:
        gathering(self, name, timed(whose.get(name, name), gathered))

    patches = [patch.object(mechanism, "life", lives(mechanism)) for mechanism in model.MECHANISMS]
    patches += [patch.object(Agenda, "topic", clocked_topic), patch.object(Agenda, "gathering", clocked_gathering)]
    patches.append(patch.object(Draws, "block", timed("draws", Draws.block)))
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


def parts(n: int = BATCH, rounds: int = 2) -> dict[str, float]:
    """Return which share of a run each part takes, the largest first; of several runs that which was quickest.

    Drawing happens inside the mechanisms and while parameters are drawn: it is told beside the others, and is in them too.
    """
    batch(baseline(), 16, 30)()
    best: dict[str, float] = {}
    least = np.inf
    for _ in range(rounds):
        spent: dict[str, float] = {}
        with clocked(spent):
            start = time.perf_counter()
            batch(baseline(), n, DAYS)()
            whole = time.perf_counter() - start
        if whole < least:
            rest = whole - sum(seconds for name, seconds in spent.items() if name != "draws")
            least = whole
            best = {name: seconds / whole for name, seconds in {**spent, "everything else": rest}.items()}
    return dict(sorted(best.items(), key=lambda item: -item[1]))


def of_invariants(most: float = np.inf) -> float:
    """Return how many times as long a run takes with invariants checked."""
    works = {checked: batch(baseline(), BATCH, 365, check=checked) for checked in (True, False)}
    # What they cost is little beside noise.
    return Costs(works).until(lambda costs: costs.ratio(True, False) <= most, rounds=4, most=12).ratio(True, False)


def of_negotiation(most: float = np.inf) -> float:
    """Return how many times as long the whole model takes as the war alone."""

    def alone(tree: Tree) -> None:
        for mechanism in POLITICS:
            tree.pop(mechanism.name, None)

    works = {"war": batch(varied(alone), BATCH, 365), "whole": batch(baseline(), BATCH, 365)}
    return Costs(works).until(lambda costs: costs.ratio("whole", "war") <= most).ratio("whole", "war")


# In processes, commands and pages.


class Took(NamedTuple):
    """Seconds of a processor, and by the clock on the wall."""

    processor: float
    wall: float


def took(work: Callable[[], object], rounds: int = 1) -> Took:
    """Return what work takes in this process, each at its best."""
    found = []
    for _ in range(rounds):
        start, processor = time.perf_counter(), time.process_time()
        work()
        found.append(Took(time.process_time() - processor, time.perf_counter() - start))
    return Took(min(one.processor for one in found), min(one.wall for one in found))


def of_process(*arguments: str, rounds: int = 3) -> Took:
    """Return what `python ARGUMENTS` takes, at best."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        with subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, arguments
        found.append(Took(used.ru_utime + used.ru_stime, time.perf_counter() - start))
    return Took(min(one.processor for one in found), min(one.wall for one in found))


def command(replications: int, folder: Path, rounds: int = 3) -> Took:
    """Return what `parley run` of the baseline takes with so many histories."""
    where = str(folder / str(replications))
    arguments = ("run", "baseline", "--replications", str(replications), "--force", "--out", where)
    return of_process("-m", "sim", *arguments, rounds=rounds)


# What a command of any kind must load.
LIBRARIES = "import numpy, pydantic, simpy, typer, yaml"


def ten_thousand() -> tuple[float, float]:
    """Return the processor seconds and megabytes that 10,000 histories take in a process of their own."""
    code = f"""
import json, time
from sim.ensemble.run import Plan, run_ensemble
from sim.model import WarScenario
from sim.scenario import load_scenario
scenario = load_scenario("baseline", WarScenario)
start = time.process_time()
run_ensemble(scenario, Plan(10_000, 1, {DAYS}))
seconds = time.process_time() - start
# Of this process alone: what getrusage says may be that of the parent it was forked from.
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(json.dumps([seconds, int(peak) / 1024]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, megabytes = json.loads(done.stdout)
    return seconds, megabytes


def of_two_workers(replications: int = 10_000, rounds: int = 2) -> dict[int, float]:
    """Return the seconds on the wall that a run takes with one worker and with two, which are started within them."""
    least = {1: np.inf, 2: np.inf}
    for _ in range(rounds):
        for workers in least:
            start = time.perf_counter()
            with pool_of(workers) as pool:
                run_ensemble(baseline(), Plan(replications, 1, DAYS), pool=pool)
            least[workers] = min(least[workers], time.perf_counter() - start)
    return least


def pairs(replications: int, rounds: int = 3) -> Took:
    """Return what it takes to set so many histories of the baseline beside those with one knob changed, 36 months long."""
    model = sim.workbench("baseline", ["casualties_attacker"], replications=replications)
    model()  # warm: imports and reading are done
    return took(lambda: (model(), model(arms__defender__aid_scale=0.5)), rounds)


def page_and_run(folder: Path, rounds: int = 3) -> tuple[Took, Took, int]:
    """Return what a run of 2,000 histories takes, and its page, and how many bytes that has."""
    # Matplotlib and its fonts are loaded once, and not counted.
    sim.run("no_talks", replications=10, months=1, out=folder / "first")
    html(page_of([folder / "first"]))
    text = ""

    def page() -> None:
        nonlocal text
        text = html(page_of([folder / "run"]))

    run = took(lambda: sim.run("baseline", replications=2000, out=folder / "run", force=True), rounds)
    return run, took(page, rounds), len(text)
