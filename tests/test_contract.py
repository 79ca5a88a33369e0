"""All commands keep to one contract: the table in `sim/cli/contract.py`."""

import csv
import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sim.cli.app import app
from sim.cli.contract import CONTRACT, SCHEMA, SCHEMA_VERSION

SIZE = ("--replications", "40", "--months", "2")
RUN = "results/no_talks+2_months"
UNTIL = ("--vary", "attrition.level_factor=0.1:2", "--until", "mean(killed_attacker) >= 2_000")
# How each is called, but for what it is about.
CALLS: dict[str, tuple[str, ...]] = {
    "run": SIZE,
    "compare": SIZE,
    "sweep": ("--vary", "arms.defender.aid_scale=0,1", *SIZE),
    "breakeven": (*UNTIL, *SIZE),
    "calibrate": ("--data", "observed.yml", "--replications", "400", "--keep", "0.1", "--from", "2024-10-01"),
    "choose": (
        "--levers",
        "arms.defender.aid_scale=0,2",
        "--aims",
        "mean(killed_attacker) high",
        "--draws",
        "6",
        "--lucks",
        "2",
        "--months",
        "2",
    ),
    "sensitivity": ("--replications", "120", "--months", "2", "--outcome", "casualties_attacker"),
    "panel": SIZE,
    "discover": ("--replications", "200", "--months", "2", "--outcome", "casualties_attacker > 80_000"),
    "targets": SIZE,
    "plot": (),
    "export": ("--sqlite", "all.db"),
}
TARGET = "{id: a, outcome: killed_attacker, statistic: mean, low: 1, high: 1e9, reason: r}"
OBSERVED = """\
observations:
  cutoff: 2024-11-30
  series:
    losses: {kind: increments, file: losses.csv, of: cumulative_casualties.attacker, unit: persons, rows: month, source: T}
"""
MINE = f"title: Mine\nextends: near\nexpect:\n  - {TARGET}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("contract")
    (folder / "near.yaml").write_text("title: Near\nextends: baseline\nhorizon_months: 3\n")
    (folder / "mine.yaml").write_text(MINE)
    (folder / "observed.yml").write_text(OBSERVED)
    (folder / "losses.csv").write_text("date,value\n2024-10-01,44000\n2024-11-01,45000\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        app(["run", "no_talks", *SIZE], prog_name="parley", standalone_mode=False)
        # As large as `parley run` makes it would take long.
        app(["run", "mine.yaml", "--replications", "40"], prog_name="parley", standalone_mode=False)
    return folder


@pytest.fixture
def told(folder: Path, monkeypatch, capsys) -> Callable[..., tuple[str, str]]:
    """Return what a command prints, on stdout and stderr, in this process."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")

    def told(*arguments: str, stdin: bytes = b"") -> tuple[str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = app(list(arguments), prog_name="parley", standalone_mode=False)
        found = capsys.readouterr()
        assert not code, (arguments, found.err)
        return found.out, found.err

    return told


def call(name: str, *of: str) -> list[str]:
    """Return a call of a command about something, the baseline if nothing is named."""
    if name == "new":
        return ["new", "another"]
    if name in ("list", "schema"):
        return [name]
    named = list(of) or {"explain": [RUN], "report": [RUN], "plot": [RUN], "export": [RUN]}.get(name, ["mine.yaml"])
    if name in ("compare", "diff"):
        named.append("near")
    elif name == "panel":
        named.append("more_arms")
    elif name in ("knobs", "outcomes", "show"):
        named.append("casualties")
    return [name, *named, *CALLS.get(name, ()), *(["--force"] if name in (*STUDIES, "run", "report", "export") else [])]


def test_every_command_is_in_the_table() -> None:
    commands = {one.name: one for one in app.registered_commands if one.name != "help"}
    assert set(commands) == set(CONTRACT)


def options_of(name: str) -> dict[str, Any]:
    from typer.main import get_command

    group: Any = get_command(app)
    return {option: param for param in group.commands[name].params for option in param.opts}


@pytest.mark.parametrize("name", CONTRACT)
def test_options_are_those_of_the_table(name: str) -> None:
    options, contract = options_of(name), CONTRACT[name]
    assert ("--set" in options) == contract.sets
    assert {way for way in ("json", "csv", "markdown") if f"--{way}" in options} == set(contract.prints)
    # Whatever it makes of results, their root can be named; a single thing that is written can be, too.
    assert ("--results" in options) == contract.has_results
    is_one = name == "run" or "study" in contract.writes or name in ("report", "plot")
    assert ("--out" in options) == is_one
    assert name not in ("run", *STUDIES) or "--force" in options
    # Whatever makes CSV can make it for Excel.
    assert ("--excel" in options) == ("csv" in contract.prints)


STUDIES = [name for name, one in CONTRACT.items() if "study" in one.writes]


@pytest.mark.ensembles
@pytest.mark.parametrize("name", ["run", *STUDIES])
def test_what_computes_writes_says_where_and_what_next_and_again_the_same(told, parley, folder: Path, name: str) -> None:
    words = [word for word in call(name) if word != "--force"]

    def kept(root: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in root.rglob("*") if path.is_file() and path.name != "timing.json"
        }  # fmt: skip

    out, _ = told(*words, "--results", f"root/{name}")
    *_, last = re.split(r"^(?=Written:)", out, flags=re.MULTILINE)
    place = folder / last.split()[1]
    assert place.is_relative_to(folder / f"root/{name}")
    assert "\nNext: parley " in last
    whole = kept(folder / f"root/{name}")
    assert {"manifest.json", "README.md", "datapackage.json"} <= {*kept(place)}
    again, _ = told(*words, "--results", f"root/{name}")
    assert "There already:" in again
    assert "\nNext: parley " in again
    assert kept(folder / f"root/{name}") == whole
    # What is named is the thing itself; runs that it needs are where they were.
    told(*words, "--results", f"root/{name}", "--out", f"one/{name}")
    assert {*kept(folder / f"one/{name}")} == {*kept(place)}
    assert (kept(folder / f"root/{name}") == whole) or name == "run"
    # Other results are not replaced unasked, and what is the user's never.
    note = folder / f"one/{name}/mine.txt"
    note.write_text("mine")
    other = [*words, "--results", f"root/{name}", "--out", f"one/{name}", "--excel"]
    refused = parley(*other, cwd=folder)
    assert (refused.returncode, "is there already" in refused.stderr) == (3, True)
    assert parley(*other, "--force", cwd=folder).returncode == 0
    assert note.read_text() == "mine"


@pytest.mark.ensembles
def test_runs_that_a_study_makes_are_kept_and_taken(told, parley, folder: Path) -> None:
    own, two = ("--results", "shared"), ("compare", "no_talks", "more_arms", *SIZE)
    _, said = told(*two, *own)
    runs = [f"shared/{name}+2_months+40_histories" for name in ("no_talks", "more_arms")]
    assert [f"Written: {run}/, 40 histories" in said for run in runs] == [True, True]
    # Another study of the same runs takes them, as it does one that `parley run` has made.
    _, said = told(*two, "--unpaired", *own)
    assert all(f"{run}/ is there already" in said for run in runs)
    told("run", "aid_halted", *SIZE, *own)
    _, said = told("compare", "no_talks", "aid_halted", *SIZE, *own)
    assert "shared/aid_halted+2_months/ is there already" in said
    assert "Written: shared/aid" not in said
    # By folder it is the same comparison.
    by_name, _ = told(*two, *own, "--csv")
    by_folder, _ = told("compare", *runs, "--csv", *own)
    assert by_name == by_folder
    # A file that was changed is another scenario, and its runs stand beside those of before.
    for scale in (0.5, 0.25):
        (folder / "edited.yaml").write_text(f"title: Edited\nextends: near\narms: {{defender: {{aid_scale: {scale}}}}}\n")
        forced = parley("compare", "no_talks", "edited.yaml", *SIZE, *own, *(["--force"] if scale < 0.5 else []), cwd=folder)
        assert forced.returncode == 0, forced.stderr
    assert len(list((folder / "shared").glob("edited+2_months+40_histories+*"))) == 2


def test_of_several_runs_out_is_the_folder_of_all(told, folder: Path) -> None:
    told("run", "no_talks", "near", "--replications", "3", "--months", "1", "--out", "both")
    assert {path.name for path in (folder / "both").iterdir()} == {"no_talks", "near"}
    told("run", "no_talks", "--replications", "3", "--months", "1", "--out", "alone")
    assert (folder / "alone/manifest.json").is_file()


# What takes longer is in another suite.
SLOW = {"compare", "sensitivity", "discover", "report", "plot", "breakeven", "choose", "panel"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.ensembles if name in SLOW else ()) for name in CONTRACT]
)
def test_json_stands_in_the_envelope(told, folder: Path, name: str) -> None:
    (folder / "another.yaml").unlink(missing_ok=True)
    out, _ = told(*call(name), "--json")
    data = json.loads(out)
    jsonschema.validate(data, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert (data["schema_version"], data["command"]) == (SCHEMA_VERSION, name)
    assert data["data"] or data["data"] == []
    for option, value in zip(CALLS.get(name, ())[::2], CALLS.get(name, ())[1::2], strict=True):
        kept = data["settings"][option.lstrip("-")]
        assert str(kept) == value or value in kept
    assert not {"json", "csv", "full"} & set(data["settings"])


@pytest.mark.ensembles
@pytest.mark.parametrize("name", [name for name, one in CONTRACT.items() if "csv" in one.prints])
def test_tables_are_printed_as_csv_for_excel_and_as_markdown(told, name: str) -> None:
    out, _ = told(*call(name), "--csv", "--excel")
    assert out[0] == "\ufeff"
    header, *rows = csv.reader(io.StringIO(out[1:]))
    assert all(len(row) == len(header) > 2 for row in rows)
    page, _ = told(*call(name), "--markdown")
    assert any(line.startswith("| ") and line.endswith(" |") for line in page.splitlines())


TAKE = [(name, what) for name, one in CONTRACT.items() for what in one.takes]


NEED_RUNS = ("explain", "report", "plot", "export")


@pytest.mark.ensembles
@pytest.mark.parametrize(("name", "what"), TAKE)
def test_each_takes_names_files_folders_and_standard_input(told, name: str, what: str) -> None:
    of = {"scenario": "no_talks", "file": "mine.yaml", "folder": RUN, "-": "-"}[what]
    if name == "targets" and what in ("scenario", "folder"):
        pytest.skip("that scenario has no targets")
    words = call(name, of)
    if what == "folder" and name in ("sensitivity", "discover"):
        pytest.skip("tests/test_sensitivity.py and tests/test_discover.py ask runs that are large enough")
    if what == "folder" and name == "compare":
        words = [name, of, "baseline", "--replications", "40"]
    # As many histories as `parley run` makes, of a month.
    short = ["--set", "horizon_months=1"] if name in NEED_RUNS and what in ("scenario", "-") else []
    out, err = told(*words, *short, stdin=MINE.encode())
    assert out
    if short:
        assert "Written: results/" in err or "is run already" in err
        _, err = told(*words, *short, stdin=MINE.encode())
        assert "is run already: this is about results/" in err


def test_what_is_wrong_on_standard_input_is_said_of_it(parley, tmp_path: Path) -> None:
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "sim", "check", "-"], cwd=tmp_path, input="title: A\nextends: baseline\narm: 3\n",
        env={"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.startswith("-:3:1: error: unknown field 'arm'")
    assert list(tmp_path.iterdir()) == []
    twice = parley("diff", "-", "-", cwd=tmp_path)
    assert (twice.returncode, twice.stderr) == (2, "error: - is standard input, which can be read once\n")


@pytest.mark.ensembles
def test_settings_of_runs_that_are_there_are_refused(parley, folder: Path) -> None:
    for words in (("explain", RUN), ("report", RUN), ("plot", RUN), ("compare", RUN, RUN), ("sensitivity", RUN)):
        done = parley(*words, "--set", "arms.defender.aid_scale=0.5", cwd=folder)
        assert done.returncode == 2, words
        assert "there already" in done.stderr or "has its own --set" in done.stderr
