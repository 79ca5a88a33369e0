"""What commands print fits the terminal, and says what matters first."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from sim.cli.app import app
from sim.results.identity import LONGEST_OF_SWEEP, file_name, study_name, sweep_parts
from sim.words import layout
from sim.words.layout import Bar, Column, Command, Table, Text, Title, as_text, fold, width_of
from tests.conftest import ROOT

SIZE = ("--replications", "100", "--months", "13")
SCALE = "arms.defender.aid_scale"
COMMANDS = {
    "run": ("run", "baseline", *SIZE),
    "run in full": ("run", "baseline", *SIZE, "--full"),
    "run of two": ("run", "baseline", "more_arms", *SIZE),
    "run of one history": ("run", "no_talks", "--replications", "1", "--months", "3", "--chronicle"),
    "compare two": ("compare", "results/baseline+13_months", "results/more_arms+13_months"),
    "compare four": ("compare", "results/baseline+13_months", "more_arms", "aid_halted", "no_talks"),
    "compare in full": ("compare", "results/baseline+13_months", "results/more_arms+13_months", "--full"),
    "explain": ("explain", "results/baseline+13_months"),
    "explain in full": ("explain", "results/baseline+13_months", "--full"),
    "sweep": ("sweep", "baseline", "--vary", f"{SCALE}=0:2:3", "--replications", "20", "--months", "2"),
    "sweep of two": (
        "sweep", "baseline", "--vary", f"{SCALE}=0:2:3", "--vary", "attrition.law=square,mixed", "--replications", "20",
        "--months", "2",
    ),
    "sensitivity": ("sensitivity", "results/baseline+13_months", "--full"),
    "breakeven": (
        "breakeven", "baseline", "--vary", "attrition.level_factor=0.1:2", "--until", "mean(killed_attacker) >= 2_000",
        "--replications", "10", "--months", "1",
    ),
    "panel": ("panel", "more_arms", "square_law", "no_talks", "--replications", "20", "--months", "1", "--full"),
    "choose": (
        "choose", "baseline", "--levers", f"{SCALE}=0,2", "--levers", "ceasefire.regimes.european_zone.guards=10_000,60_000",
        "--levers", "ceasefire.institutions=0.2,0.8", "--aims",
        "mean(casualties_defender) low; share(war_goes_on) <= 0.5; mean(ground_gained_km2) <= 300", "--draws", "6",
        "--lucks", "2", "--months", "2", "--full",
    ),
    "discover": ("discover", "results/baseline+13_months", "--outcome", "casualties_attacker > 500_000"),
    "targets": ("targets", "baseline", "--replications", "20", "--months", "24"),
    "list": ("list",),
    "list in full": ("list", "--full"),
    "show": ("show", "baseline"),
    "show in full": ("show", "baseline", "--full"),
    "knobs": ("knobs", "renewed", "war"),
    "outcomes": ("outcomes", "casualties"),
    "check": ("check", "offensive_surge", "--sources"),
    "diff": ("diff", "baseline", "aid_halted"),
    "plot": ("plot", "results/baseline+13_months"),
    "welcome": (),
    "help": ("help", "compare"),
}  # fmt: skip
# Those that are about how histories end, and so say it first.
TELL_ENDINGS = ("run", "run of two", "compare two", "compare four", "explain")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("layout")


@pytest.fixture
def said(folder: Path, monkeypatch, capsys) -> Callable[..., str]:
    """Return what a command prints at a width, in this process."""
    monkeypatch.chdir(folder)

    def said(width: int, *arguments: str) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        app(list(arguments), prog_name="parley", standalone_mode=False)
        return capsys.readouterr().out

    return said


@pytest.fixture
def other_widths(monkeypatch) -> dict[int, list[str]]:
    """Lay out what is printed at other widths too, so that no command need run more than once; what it is there."""
    found: dict[int, list[str]] = {72: [], 100: [], 200: []}

    def at_all(blocks: Iterable[layout.Block], width: int, **how: bool) -> Iterator[layout.Line]:
        told = list(blocks)
        for other, lines in found.items():
            lines += ["".join(text for text, _ in line) for line in layout_of(told, other, **how)]
        yield from layout_of(told, width, **how)

    layout_of = layout.lay_out
    monkeypatch.setattr(layout, "lay_out", at_all)
    return found


@pytest.fixture(scope="module", autouse=True)
def runs(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        app(["run", "baseline", "more_arms", *SIZE], prog_name="parley", standalone_mode=False)


# What takes longer is in another suite.
SLOW = {
    "choose",
    "compare four",
    "compare in full",
    "sensitivity",
    "breakeven",
    "targets",
    "discover",
    "plot",
    "explain in full",
    "panel",
}
NAMES = [pytest.param(name, marks=pytest.mark.ensembles if name in SLOW else ()) for name in COMMANDS]


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_wider_than_the_terminal(said, other_widths, name: str) -> None:
    printed = {80: said(80, *COMMANDS[name]).splitlines(), **other_widths}
    assert printed[80]
    for width, lines in printed.items():
        for line in lines:
            # Addresses are not broken, since they are to be pasted.
            alone = len(line.split()) == 1 and line.split()[0].startswith("https://")
            assert width_of(line) <= width or alone, (width, line)


UNDER = (
    "breakevens", "choices", "comparisons", "discoveries", "hindcasts", "panels", "sensitivity", "sweeps",
)  # fmt: skip


@pytest.mark.parametrize("under", UNDER)
def test_the_path_of_a_study_fits_the_narrowest_terminal_and_that_of_its_page_the_usual_one(under: str) -> None:
    many = [f"arms.backers.europe.aid_per_month_beur={value}" for value in range(9)]
    if under == "sweeps":
        names = [file_name("baseline", sweep_parts(many[:count], "grid", None), most=LONGEST_OF_SWEEP) for count in range(9)]
    else:
        names = [study_name(["baseline", "results/mine"], {"set": many[:count]}) for count in range(9)]
    assert len({*names}) == 9
    assert max(map(len, names)) > 30
    assert all(len(f"  results/{under}/{name}/") <= 72 for name in names), names
    assert all(len(f"  results/{under}/{name}/report.html") <= 80 for name in names), names


@pytest.mark.parametrize("name", [one for one in NAMES if one.values[0] in TELL_ENDINGS])
def test_finding_and_endings_stand_on_the_first_screen(said, name: str) -> None:
    first = " ".join(" ".join(said(80, *COMMANDS[name]).splitlines()[:24]).split())
    assert re.search(r"A ceasefire is signed in \d+|the largest difference( of the main outcomes)? is in", first)
    endings = ("War goes on", "Ceasefire in force", "War again") if "run of" not in name and "four" not in name else ()
    assert all(ending in first for ending in endings)
    assert len(re.findall(r"\d %", first)) >= 5


def test_a_run_fits_one_screen(said) -> None:
    lines = said(80, *COMMANDS["run"]).splitlines()
    assert len(lines) <= 24
    assert any(line.startswith(("Written: ", "There already: ")) for line in lines)
    assert any(line.startswith("Next: parley explain results/baseline+13_months") for line in lines)
    assert sum("not a forecast" in line for line in lines) == 1
    assert sum("█" in line for line in lines) >= 2


@pytest.mark.ensembles
@pytest.mark.parametrize("name", ["panel", "choose"])
def test_the_first_answer_of_a_study_of_many_fits_one_screen(said, name: str) -> None:
    words = [word for word in COMMANDS[name] if word != "--full"]
    lines = said(80, *words).splitlines()
    # The prompt is the last one.
    assert len(lines) <= 23, "\n".join(lines)
    assert any(line.startswith("Next: parley ") for line in lines)
    assert len(said(80, *words, "--full").splitlines()) > 40


@pytest.mark.ensembles
def test_what_does_not_differ_is_marked_in_the_matrix(said) -> None:
    printed = said(80, *COMMANDS["compare four"])
    rows = [line.split("  ") for line in printed.splitlines() if line.startswith(" ") and "%" in line]
    assert not any("≈" in " ".join(row) for row in rows if row[0] == " Baseline")
    assert "≈" in printed
    assert "no difference from Baseline found" in printed


def test_files_are_the_same_whatever_the_terminal(said, folder: Path) -> None:
    ask = ("sensitivity", "results/baseline+13_months", "--top", "3", "--outcome", "casualties_attacker")
    kept = []
    for width in (72, 200):
        said(width, *ask, "--out", f"kept/{width}")
        kept.append((folder / f"kept/{width}/sensitivity.txt").read_bytes())
    assert kept[0] == kept[1]
    # What is kept is told again within the width, first the answer.
    again = said(72, *ask, "--out", "kept/200")
    assert max(map(width_of, again.splitlines())) <= 72
    assert "Each interval stands for itself" not in again
    assert "Each interval stands for itself" in said(72, *ask, "--out", "kept/200", "--full")


# How blocks are laid out

WORDS = Column("what it is", wraps=True)
LONG = "one two three four five six seven eight nine ten eleven twelve"


def test_prose_is_wrapped_between_words_with_what_belongs_together() -> None:
    lines = as_text([Text(f"{LONG} 12 % (95 %: 3 .. 4)", 2, 2)], 40).splitlines()
    assert [line[: len(line) - len(line.lstrip())] for line in lines] == ["  ", *["    "] * (len(lines) - 1)]
    assert " ".join(" ".join(lines).split()) == f"{LONG} 12 % (95 %: 3 .. 4)"
    assert not any(line.endswith(("12", "..", "95 %:")) for line in lines)
    assert width_of("停战") == 4
    assert all(width_of(line) <= 20 for line in as_text([Text("停战 " * 20)], 20).splitlines())


def test_a_table_that_is_too_wide_wraps_texts_then_spares_columns_then_goes_on_below() -> None:
    table = Table([WORDS, Column("a"), Column("rest", spare=1), Column("b")], [[LONG, "11", "r" * 30, "22"]])
    assert "r" * 30 in as_text([table], 80)
    assert "r" * 30 in as_text([table], 60), "the text is wrapped first"
    narrow = as_text([table], 40, whole=False)
    assert "r" * 30 not in narrow
    assert "Left out at this width: rest." in narrow
    below = as_text([table], 40, whole=True)
    assert "r" * 30 in below
    assert below.count("what it is") > 1, "what does not fit stands below, beside the labels again"
    for text in (narrow, below):
        assert max(map(width_of, text.splitlines())) <= 52


def test_a_word_is_broken_only_where_it_has_joints_and_its_column_is_too_narrow() -> None:
    assert "0.327316\n" in as_text([Table([Column("value"), Column("")], [["0.327316", ""]])], 80)
    name = "desertion_share_per_month_of_a_side_that_has_a_very_long_name"
    narrow = [line.split()[0] for line in as_text([Table([WORDS, Column()], [[name, "1"]])], 30).splitlines()[1:]]
    assert len(narrow) > 1
    assert "".join(narrow) == name
    assert all(part.endswith("_") for part in narrow[:-1])


def test_a_bar_gives_way_first_and_is_as_long_as_its_share() -> None:
    rows = [["a", Bar(0.5, 0.5)], ["b", Bar(0.25, 0.5)], ["c", Bar(0.0, 0.5)]]
    lines = as_text([Table([WORDS, Column("0 to 50 %")], rows)], 80).splitlines()[1:]
    assert [line.count("█") for line in lines] == [32, 16, 0]
    long = [[LONG, Bar(0.5, 0.5)]]
    assert "█" not in as_text([Table([Column(), Column("bar", spare=9)], long)], 64, whole=False)


def test_a_command_can_be_pasted_at_any_width() -> None:
    words = ("parley", "run", "a b.yaml", "--set", "x=1", "--replications", "2000")
    for width in (20, 30, 200):
        text = as_text([Command(words, "what it does", "Next:")], width)
        pasted = text.removeprefix("Next: ").replace("\\\n", "")
        assert pasted.partition("#")[0].split() == " ".join(words).split()


def test_nothing_is_acted_upon_by_the_terminal_and_colour_is_for_terminals(said) -> None:
    assert "\x1b" not in as_text([Title("a\x1b[31m"), Table([WORDS], [["x\x1b[0m"]]), Text("y\x1b")])
    assert "\x1b" not in said(80, *COMMANDS["run"])


@pytest.mark.parametrize(("given", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_a_terminal_has_colour_unless_it_is_not_wanted(tmp_path: Path, given: dict[str, str], is_coloured: bool) -> None:
    pty = pytest.importorskip("pty")
    above, below = pty.openpty()
    environment = {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80", "PATH": "", **given}
    with os.fdopen(below, "w") as terminal:
        subprocess.run([sys.executable, "-m", "sim", "list"], stdout=terminal, cwd=tmp_path, env=environment, check=True)
        printed = os.read(above, 10_000).decode()
    os.close(above)
    assert ("\x1b[1m" in printed) == is_coloured
    assert "baseline" in printed


def test_text_that_was_laid_out_before_is_folded() -> None:
    (first, second) = ("".join(part for part, _ in line) for line in fold(f"short\n    {LONG}"[:60], 60))
    assert (first, second[:8]) == ("short", "    one ")
    folded = ["".join(part for part, _ in line) for line in fold(f"    {LONG}", 30)]
    assert all(line.startswith("    ") and len(line) <= 30 for line in folded)


def test_a_command_of_a_kept_text_can_still_be_pasted() -> None:
    folder = "/a/folder_with_a_name/" * 6
    text = (
        f"Next: parley breakeven \\\n        {folder}scenario.yaml \\\n        --until 'share(war_goes_on) >= 0.5'\n"
        + "word " * 30
    )
    lines = ["".join(part for part, _ in line) for line in layout.fold(text, 72)]
    assert lines[:3] == text.splitlines()[:3]
    assert max(map(len, lines[3:])) <= 72
