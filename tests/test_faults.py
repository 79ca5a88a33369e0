"""Whatever fails or dies in the middle of a command, the same one ends with the same bytes, and nothing is left lying."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults import Interpreter

pytestmark = pytest.mark.hostile

# Wars with few outcomes, of each of which a chunked run has a part, in steps of a day.
WARS = {
    "battle.yaml": "title: A battle\nextends: history/iwo_jima\nattrition: {steps_per_day: 1}\n",
    "heavier.yaml": "title: Heavier\nextends: battle\nattrition: {defender: {daily_casualties: 300}}\n",
    "unsure.yaml": (
        "title: Unsure\nextends: battle\nattrition: {attacker: {daily_casualties: {dist: uniform, low: 400, high: 900}}}\n"
    ),
}
SIZE = "--months 1 --workers 1"
RUN = f"run battle.yaml --replications 5 {SIZE} --out o/battle"
SWEEP = f"sweep battle.yaml --vary attrition.defender.daily_casualties=100,200 --replications 3 {SIZE} --out o"
COMPARE = f"compare battle.yaml heavier.yaml --replications 5 {SIZE} --out o --results r"
ALONE = f"sensitivity battle.yaml --one-at-a-time --replications 100 --outcome casualties_attacker {SIZE}"
DRIVERS = f"sensitivity unsure.yaml --outcome casualties_attacker --replications 100 {SIZE} --results r --out o"
SEARCH = "discover unsure.yaml --outcome casualties_attacker>11000 --replications 100 --months 1 --results r --out o"
NOTE = "what the user keeps there"


class Case(NamedTuple):
    """A command, what is run before it, and where the user has put a note of his own."""

    command: str
    before: str = ""
    note: str = ""


CASES = {
    "run": Case(RUN),
    "run, page": Case(f"{RUN} --report"),
    "run, force": Case(f"{RUN} --report --force", f"{RUN} --seed 2 --report", "o/battle/note.txt"),
    "chunks": Case(f"{RUN} --chunk 2"),
    "chunks, Parquet": Case(f"{RUN} --chunk 2 --parquet --report"),
    "chunks, Parquet, force": Case(f"{RUN} --chunk 2 --parquet --force", f"{RUN} --seed 2", "o/battle/note.txt"),
    "sweep": Case(SWEEP),
    "sweep, force": Case(f"{SWEEP} --force", f"{SWEEP} --seed 2", "o/note.txt"),
    "compare": Case(f"{COMPARE} --report"),
    "compare, force": Case(f"{COMPARE} --report --force", f"{COMPARE} --seed 2 --report", "o/note.txt"),
    "one at a time": Case(f"{ALONE} --out o"),
    "one at a time, force": Case(f"{ALONE} --out o --force", f"{ALONE} --seed 2 --out o", "o/note.txt"),
    "a run's sensitivity": Case(DRIVERS),
    "discover": Case(SEARCH),
    "report": Case("report o/battle", RUN),
    "report, force": Case("report o/battle --force --replication 1", f"{RUN} --report"),
}


@pytest.fixture(scope="module")
def interpreter() -> Iterator[Interpreter]:
    one = Interpreter()
    yield one
    one.close()


class Workshop:
    """A case: the folder before its command, and what should be there after it."""

    def __init__(self, interpreter: Interpreter, case: Case, folder: Path) -> None:
        self.interpreter, self.case, self.folder = interpreter, case, folder
        self.before = folder / "before"
        self.before.mkdir()
        for name, text in WARS.items():
            (self.before / name).write_text(text)
        if case.before:
            assert interpreter.run(case.before, self.before).code == 0
        if case.note:
            (self.before / case.note).write_text(NOTE)
        self.old = digests(self.before)
        self.taken_up: list[dict[str, str]] = []
        done = interpreter.run(case.command, self._fresh())
        assert done.code == 0, done.told
        self.operations = done.operations
        self.wanted = digests(self.folder / "here")

    def _fresh(self) -> Path:
        here = self.folder / "here"
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(self.before, here)
        return here

    def tried(self, at: int, how: str) -> Iterator[str]:
        """Yield what is wrong when a command meets a fault, and is asked for again."""
        here = self._fresh()
        hurt = self.interpreter.run(self.case.command, here, at, how)
        if hurt.code not in ((-9,) if how == "kill" else (0, 3)) or "Traceback" in hurt.told or "our bug" in hurt.told:
            yield f"ended with {hurt.code}: {hurt.told}"
        if self.case.note and (here / self.case.note).read_text() != NOTE:
            yield "the user's file is not what it was"
        left = digests(here)
        # What only the old results have goes when the new ones are in their place, and the manifest goes last.
        theirs = {name for name in self.wanted if Path(name).name not in ("manifest.json", "report.html")}
        gone = set(self.old) - set(left)
        if gone and not all(left.get(name) == self.wanted[name] for name in theirs):
            yield f"gone before others took their place: {', '.join(sorted(gone))}"
        # From the same files the same command does the same.
        if left in self.taken_up:
            return
        self.taken_up.append(left)
        again = self.interpreter.run(self.case.command, here)
        if again.code:
            yield f"again ended with {again.code}: {again.told}"
        found = digests(here)
        missing, strays = set(self.wanted) - set(found), set(found) - set(self.wanted)
        wrong = {name for name in set(self.wanted) & set(found) if self.wanted[name] != found[name]}
        for what, names in (("missing", missing), ("stray", strays), ("wrong bytes", wrong)):
            if names:
                yield f"{what}: {', '.join(sorted(names))}"


def digests(folder: Path) -> dict[str, str]:
    """Return the digest of every file below a folder, and the names of folders; times differ."""
    return {
        str(path.relative_to(folder)): "a folder" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
        if path.name != "timing.json" else "a time"
        for path in folder.rglob("*")
    }  # fmt: skip


def all_wrong(workshop: Workshop, places: range | list[int], ways: Sequence[str] = ("kill", "fail")) -> list[str]:
    return [
        f"{how} at {at} of {workshop.operations}: {wrong}"
        for at in places
        for how in ways
        for wrong in workshop.tried(at, how)
    ]


# The others are of the same kinds, and take longer.
QUICK = ("run, page", "run, force", "chunks", "sweep, force", "report")


@pytest.mark.parametrize("name", QUICK)
def test_some_faults(name: str, interpreter: Interpreter, tmp_path: Path) -> None:
    workshop = Workshop(interpreter, CASES[name], tmp_path)
    assert workshop.operations > 10
    # Another place in each case, and near the end, where old results make way.
    last = workshop.operations
    assert all_wrong(workshop, [(7 * len(name)) % last + 1, last - 8]) == []


@pytest.mark.long
@pytest.mark.parametrize("how", ["kill", "fail"])
@pytest.mark.parametrize("name", CASES)
def test_every_fault(name: str, how: str, interpreter: Interpreter, tmp_path: Path) -> None:
    workshop = Workshop(interpreter, CASES[name], tmp_path)
    wrong = all_wrong(workshop, range(1, workshop.operations + 1), [how])
    kinds = Counter(one.partition(": ")[2].partition(": ")[0] for one in wrong)
    print(f"\n{name}, {how}: {workshop.operations} tried, {len(workshop.taken_up)} states left, wrong: {dict(kinds)}")
    assert wrong == []
