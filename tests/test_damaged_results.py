"""Results that are damaged, made elsewhere or by other versions: one line says what is wrong, and nothing worse happens."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sim.gate import ACTED_ON
from sim.results import columns
from sim.results.manifest import KINDS
from tests.conftest import ROOT
from tests.damage import Damage, damages
from tests.inside import Done, Inside

pytestmark = pytest.mark.hostile

# What a run of 100 histories over a month has enough of for all commands.
OUTCOME = "casualties_attacker > 80_000"
COMMANDS: dict[str, tuple[Sequence[str], ...]] = {
    "report": ("report", "RUN", "--out", "page.html", "--force"),
    "plot": ("plot", "RUN"),
    "figure": ("plot", "RUN", "forces", "--out", "figure.svg", "--force"),
    "compare": ("compare", "GOOD", "RUN", "--force"),
    "explain": ("explain", "RUN"),
    "sensitivity": ("sensitivity", "RUN", "--force"),
    "discover": ("discover", "RUN", "--outcome", OUTCOME, "--force"),
}  # fmt: skip
QUICK = ("compare", "explain", "discover", "figure", "report")


@pytest.fixture(scope="module")
def inside(tmp_path_factory) -> Iterator[Inside]:
    with Inside(tmp_path_factory.mktemp("inside"), "-W", "always") as commands:
        yield commands


OBSERVED = """\
observations:
  cutoff: 2024-11-30
  series:
    losses: {kind: increments, file: losses.csv, of: cumulative_casualties.attacker, unit: persons, rows: month, source: T}
"""


@pytest.fixture(scope="module")
def folders(once, inside: Inside) -> dict[str, Path]:
    """Results of every kind, by it, and a run in Parquet; made once for all processes that test together."""

    def make(out: Path) -> None:
        (out / "observed.yml").write_text(OBSERVED)
        rows = (f"2024-{month:02}-01,{30_000 + 1_000 * month**2 % 17_000}\n" for month in range(1, 12))
        (out / "losses.csv").write_text("".join(["date,value\n", *rows]))
        for _, *command in _made(out).values():
            done = inside.run(*command)
            assert done.code == 0, done.err

    return {kind: folder for kind, (folder, *_) in _made(once("whole", make)).items()}


def _made(out: Path) -> dict[str, tuple[Any, ...]]:
    """Return where results of every kind are below a folder, each with the command that makes them."""
    size = ("--replications", 100, "--months", 2)
    return {
        "run": (out / "baseline", "run", "baseline", *size, "--out", out / "baseline"),
        "parquet": (out / "p/no_talks", "run", "no_talks", *size, "--parquet", "--out", out / "p/no_talks"),
        "sweep": (out / "s", "sweep", "no_talks", "--vary", "arms.defender.aid_scale=0:2:3", "--replications", 5,
                  "--months", 1, "--out", out / "s"),
        "one_at_a_time": (out / "o", "sensitivity", "history/iwo_jima", "--one-at-a-time", *size, "--outcome",
                          "casualties_attacker", "--out", out / "o"),
        "sensitivity": (out / "g", "sensitivity", out / "baseline", "--out", out / "g"),
        "discovery": (out / "d", "discover", out / "baseline", "--outcome", OUTCOME, "--out", out / "d"),
        "breakeven": (out / "e", "breakeven", "no_talks", "--vary", "arms.defender.aid_scale=0:2", "--until",
                      "mean(casualties_attacker) >= 1 * base", *size, "--out", out / "e"),
        "choices": (out / "k", "choose", "no_talks", "--levers", "arms.defender.aid_scale=0,2", "--aims",
                    "mean(casualties_attacker) low", "--draws", 6, "--lucks", 2, "--months", 1, "--out", out / "k"),
        "panel": (out / "n", "panel", "panel/losses_wear_down", "panel/losses_replaced", "--outcome", "casualties_attacker",
                  *size, "--out", out / "n"),
        "calibration": (out / "l", "calibrate", "baseline", "--data", out / "observed.yml", "--from", "2024-10-01",
                        "--replications", 400, "--keep", 0.1, "--anyway", "--out", out / "l"),
        "comparison": (out / "c", "compare", out / "baseline", out / "p/no_talks", "--out", out / "c"),
    }  # fmt: skip


def faults(done: Done) -> Iterator[str]:
    """Yield what is worse than one line that says what is wrong."""
    said = (done.out + done.err).decode("utf-8", "surrogateescape")
    if done.code is None:
        yield "hang"
    elif done.code not in (0, 3):
        yield f"exit code {done.code}"
    if "Traceback" in said or "our bug" in said:
        yield "traceback"
    if "Warning" in said:
        yield "warning"
    if ACTED_ON.search(said):
        yield "control character"
    if done.code == 3 and not re.fullmatch(rb"error: [^\n]+\n", done.err):
        yield "not one line"
    if done.code == 3 and len(done.err) > 1_000:
        yield "long line"


def tried(
    inside: Inside, folders: dict[str, Path], chosen: Sequence[Damage], names: Sequence[str], place: Path
) -> tuple[Counter[str], list[str]]:
    """Return how often commands ended how on damaged results, and what fell short."""
    counts, short = Counter[str](), []
    for at, damage in enumerate(chosen):
        folder = place / "damaged"
        shutil.copytree(folders[damage.of], folder)
        damage.do(folder, random.Random(f"{at} {damage.name}"))
        for name in names:
            if name == "figure" and damage.of not in ("run", "parquet"):
                continue
            command = [{"RUN": str(folder), "GOOD": str(folders["run"])}.get(part, part) for part in COMMANDS[name]]
            done = inside.run(*command)
            counts["refused" if done.code == 3 else "taken" if done.code == 0 else "other"] += 1
            found = list(faults(done))
            if damage.must and name in ("report", "plot") and done.code == 0:
                found.append("taken for whole")
            for fault in found:
                counts[fault] += 1
                short.append(f"{damage.of}: {damage.name}: {name}: {fault}: {done.err.decode('utf-8', 'replace')[:600]}")
        shutil.rmtree(folder)
    return counts, short


def sample(folders: dict[str, Path], size: int, seed: int) -> list[Damage]:
    every = list(damages(folders))
    return random.Random(seed).sample(every, size)


def test_whole_results_are_taken(inside: Inside, folders: dict[str, Path]):
    assert {*folders} - {"parquet"} == {*KINDS} - {"sobol"}
    for kind in ("run", "parquet"):
        for name in ("plot", "compare", "explain"):
            command = [{"RUN": str(folders[kind]), "GOOD": str(folders["run"])}.get(part, part) for part in COMMANDS[name]]
            done = inside.run(*command)
            assert (done.code, list(faults(done))) == (0, []), done.err


def test_damaged_results_are_one_line(inside: Inside, folders: dict[str, Path], tmp_path: Path):
    counts, short = Counter[str](), []
    for at, damage in enumerate(sample(folders, 25, 1)):
        # All of them are tried in turn, and one of them on all.
        found, worse = tried(inside, folders, [damage], ("plot", QUICK[at % len(QUICK)]), tmp_path)
        counts += found
        short += worse
    assert not short, "\n".join(short)
    assert counts["refused"] > 25


@pytest.mark.long
@pytest.mark.parametrize("part", range(7))
def test_seven_hundred_damaged_results(inside: Inside, folders: dict[str, Path], tmp_path: Path, part: int):
    chosen = sample(folders, 700, 2)[100 * part : 100 * (part + 1)]
    counts, short = tried(inside, folders, chosen, list(COMMANDS), tmp_path)
    print(f"\n100 damaged folders, {counts.total():,} commands: {dict(counts)}")
    assert not short, "\n".join(short)


def test_the_columns_are_those_that_are_written_and_explained(inside: Inside, folders: dict[str, Path]):
    told = (ROOT / "results/README.md").read_text(encoding="utf-8")
    declared = {
        name: columns.header_of([columns.OF_SCENARIO, *getattr(columns, name.upper())])
        for name in ("summary", "series", "survival", "ledger", "one_at_a_time")
    }
    met = set()
    for name in (*declared, "comparison", "sensitivity", "sobol"):
        for folder in folders.values():
            if (folder / f"{name}.csv").is_file():
                met.add(name)
                header = (folder / f"{name}.csv").read_text().splitlines()[0].split(",")
                assert header == declared.get(name, header)
                assert [column for column in header if f"`{column}`" not in told] == [], name
    assert met >= set(declared), "no folder holds these"


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("baseline", 29),
        ("baseline", 364),
        ("baseline", 730),
        ("no_talks", 30),
        ("history/iwo_jima", 29),
        ("history/winter_war", 365),
        ("allies", 29),
    ],
)
def test_the_columns_of_histories_are_those_of_the_scenario(load, ensemble, name: str, days: int):
    scenario = load(name)
    ran = ensemble(scenario, 2, days)
    written = ["replication", *ran.outcomes, *ran.drawn]
    known = columns.header_of(columns.outcome_columns(scenario, days))
    assert sorted(known) == sorted(written)
    assert columns.drawn_paths(scenario) == list(ran.drawn)
    assert sorted(columns.series_fields(scenario)) == sorted(ran.series_columns)
    told = (ROOT / "results/README.md").read_text(encoding="utf-8")
    for column in ran.outcomes:
        kinds = {re.sub("_(attacker|defender)$", "_*", column), re.sub("^(terms|dictates)_.*", r"\1_*", column)}
        kinds |= {re.sub("^(will|pledge_factor)_.*", r"\1_*", column)}
        kinds |= {re.sub("^(surplus|conceded)_.*", r"\1_*", column), re.sub("_per_month_.*", "_", column)}
        assert any(f"`{kind}`" in told for kind in kinds), column
