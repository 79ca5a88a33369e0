"""A real language server understands the schema: what it offers, explains and marks in a scenario."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.editor.server import Server

pytestmark = pytest.mark.long

PACKAGE = "yaml-language-server@1.25.0"
FOLDER = ROOT / "scenarios"
BASELINE = FOLDER / "baseline.yaml"
TEXT = BASELINE.read_text()
LINES = TEXT.splitlines()
SCENARIOS = sorted(FOLDER.rglob("*.yaml"))
HEAD = "# yaml-language-server: $schema=../sim/scenario/schema.json\n"

Open = Callable[[str], tuple[Path, list[dict[str, Any]]]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, installed into a temporary folder."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are needed to run the language server")
    folder = tmp_path_factory.mktemp("server")
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
    try:
        done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm could not install {PACKAGE} within 5 minutes")
    if done.returncode != 0:
        pytest.skip(f"npm could not install {PACKAGE}: {done.stderr.strip().splitlines()[-1:]}")
    program = folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    with Server([node, str(program), "--stdio"], ROOT) as running:
        yield running


@pytest.fixture
def open_text(server: Server) -> Iterator[Open]:
    """Open a text as a file of the folder of scenarios, which is not written to disk; return its path and diagnostics."""
    opened: list[Path] = []

    def open_text(text: str) -> tuple[Path, list[dict[str, Any]]]:
        path = FOLDER / f"unsaved_{next(_COUNT)}.yaml"
        opened.append(path)
        return path, server.open(path, text)

    yield open_text
    for path in opened:
        server.close(path)


_COUNT = itertools.count()


def place(word: str) -> tuple[int, int]:
    """Return line and column, from 0, of the first line of the baseline that starts with a word."""
    line = next(number for number, text in enumerate(LINES) if text.lstrip(" -").startswith(word))
    return line, LINES[line].index(word)


def spans(diagnostics: list[dict[str, Any]]) -> list[tuple[int, int, int, str]]:
    """Return line, first and last column and message of each diagnostic that lies on one line."""
    for one in diagnostics:
        assert one["range"]["start"]["line"] == one["range"]["end"]["line"]
    ranges = [(one["range"]["start"], one["range"]["end"], one["message"]) for one in diagnostics]
    return [(start["line"], start["character"], end["character"], message) for start, end, message in ranges]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_nothing_is_marked_in_shipped_scenarios(server: Server, path: Path):
    assert server.open(path, path.read_text()) == []
    server.close(path)


# What is offered.


def test_the_sections_are_offered_at_the_top(server: Server, open_text: Open):
    path, _ = open_text(f"{HEAD}title: x\n\n")
    offered = server.completion(path, 2, 0)
    assert {"extends", "arms", "manpower", "attrition", "front", "collapse"} <= offered.keys()
    assert "title" not in offered
    assert offered["attrition"]["documentation"] == "Attrition: the law, the level and the noise of losses."


def test_what_a_backer_lacks_is_offered_within_it(server: Server, open_text: Open):
    line, column = place("stock_delay_days")
    path, _ = open_text("\n".join([*LINES[:line], " " * column, *LINES[line + 1 :]]))
    offered = server.completion(path, line, column)
    assert offered.keys() == {"stock_delay_days", "like", "remove"}
    assert "Unit: days." in offered["stock_delay_days"]["documentation"]


def test_all_fields_of_a_new_backer_are_offered(server: Server, open_text: Open):
    path, _ = open_text(f"{HEAD}arms:\n  backers:\n    - id: x\n      \n")
    offered = server.completion(path, 4, 6)
    assert {"side", "aid_per_month_beur", "stock_delay_days", "production_delay_days", "absorption_days"} <= offered.keys()
    assert not offered.keys() & {"attrition", "aid_scale", "id"}


def test_laws_distributions_and_their_keys_are_offered(server: Server, open_text: Open):
    path, _ = open_text(f"{HEAD}attrition:\n  law: \n")
    assert server.completion(path, 2, 7).keys() == {"square", "linear", "logarithmic", "mixed", "own"}
    path, _ = open_text(f"{HEAD}attrition:\n  quiet_share: {{dist: }}\n")
    assert {"uniform", "triangular", "lognormal"} <= server.completion(path, 2, 22).keys()
    path, _ = open_text(f"{HEAD}attrition:\n  quiet_share:\n    dist: triangular\n    low: 0.1\n    \n")
    offered = server.completion(path, 5, 4)
    assert {"mode", "high", "source", "note", "assumption"} <= offered.keys()
    assert not offered.keys() & {"low", "p05", "value"}


def test_names_are_offered(server: Server, open_text: Open):
    path, _ = open_text("# yaml-language-server: $schema=../sim/scenario/schema.json\ntitle: x\nextends: \n")
    assert {"baseline", "european_zone", "history/korea"} <= server.completion(path, 2, 9).keys()
    path, _ = open_text(f"{HEAD}arms:\n  backers:\n    \n")
    assert {"united_states", "europe", "north_korea"} <= server.completion(path, 3, 4).keys()
    path, _ = open_text(f"{HEAD}arms:\n  backers:\n    japan:\n      like: \n")
    assert {"united_states", "europe"} <= server.completion(path, 4, 12).keys()
    path, _ = open_text(f"{HEAD}arms:\n  halts:\n    pause:\n      backer: \n")
    assert {"united_states", "europe"} <= server.completion(path, 4, 14).keys()
    path, _ = open_text(f"{HEAD}attrition:\n  quiet_share:\n    source: \n")
    assert "kiel_2024" in server.completion(path, 3, 12)


def test_no_name_of_a_class_is_shown(server: Server, open_text: Open):
    _, diagnostics = open_text(f"{HEAD}manpower:\n  attacker: 3\narms:\n  backers:\n    europe: 4\n")
    assert sorted(message for *_, message in spans(diagnostics)) == [
        'Incorrect type. Expected "backer".', 'Incorrect type. Expected "side_manpower".',
    ]  # fmt: skip


# What is explained.


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (
            "intake_per_month",
            "Recruits a month while the pool is full.\n\nUnit: **persons a month**. Allowed: 0 to 10,000,000.",
        ),
        ("stock_stages", "Stages of that delay: the more, the less spread.\n\nUnit: **stages**. Allowed: 1 to 20."),
        ("horizon_months", "How long is looked ahead.\n\nUnit: **months**. Allowed: 1 to 600."),
        ("attrition", "Attrition: the law, the level and the noise of losses."),
        ("expect", "Ranges in which outcomes must lie, for"),
    ],
)
def test_fields_are_explained(server: Server, open_text: Open, word: str, said: str):
    path, _ = open_text(TEXT)
    line, column = place(word)
    for character in (column, column + len(word) - 1):
        assert server.hover(path, line, character).startswith(said)


def test_distributions_are_explained(server: Server, open_text: Open):
    path, _ = open_text(TEXT)
    line, _ = place("intake_per_month")
    shown = server.hover(path, line, LINES[line].index("triangular") + 1)
    assert shown.startswith("The distribution that the number is drawn from.")
    assert "* `triangular`: Rising from" in shown
    assert server.hover(path, line, LINES[line].index("mode")).startswith("The most likely value.")


# What is marked, and where.


def changed(word: str, before: str, after: str) -> tuple[str, int, int]:
    """Return the baseline with a text replaced on the line of a word, that line, and where the new text starts."""
    line, _ = place(word)
    column = LINES[line].index(before)
    new = LINES[line][:column] + after + LINES[line][column + len(before) :]
    return "\n".join([*LINES[:line], new, *LINES[line + 1 :]]) + "\n", line, column


@pytest.mark.parametrize(
    ("word", "before", "after", "message"),
    [
        ("intake_per_month", "intake_per_month", "intake_per_mont", "Property intake_per_mont is not allowed."),
        ("horizon_months", "36", "three", "Write a whole number between 1 and 600 (months)"),
        ("quiet_share", "{value: 0.3, assumption: true}", "some", "Write a number between 0 and 1 (share), {value: ...}"),
        ("quiet_share", "0.3", "some", "Write a number"),
        ("quiet_share", "0.3", "1.3", "Value is above the maximum of 1."),
        ("killed_share", "0.137", "-0.1", "Value is below the minimum of 0."),
        ("law", "mixed", "mxed", "Value is not accepted. Valid values:"),
        ("start_date", "2024-12-04", "4.12.2024", "Write a date as year-month-day"),
    ],
)
def test_a_mistake_is_marked_where_it_is(open_text: Open, word: str, before: str, after: str, message: str):
    text, line, column = changed(word, before, after)
    _, diagnostics = open_text(text)
    ((found, first, last, said),) = spans(diagnostics)
    assert (found, first, last) == (line, column, column + len(after))
    assert said.startswith(message)


def test_a_misspelt_key_of_a_distribution_is_marked_with_what_is_missing(open_text: Open):
    text, line, column = changed("intake_per_month", "mode:", "mod:")
    _, diagnostics = open_text(text)
    missing, unknown = sorted(spans(diagnostics))
    assert missing[3] == 'Missing property "mode".'
    assert unknown == (line, column, column + 3, "Property mod is not allowed.")
