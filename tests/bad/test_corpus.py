"""What is said about every bad scenario: exactly this, at once, in little memory, and safe to show on a terminal.

All of it is said in one fresh process. Its times are processor time after the imports: below 0.1 s for every file of this
folder (on a slow or busy machine two and a half times what it takes to load the baseline just after), below 2 s for the
large ones that are made; its memory is the peak of the whole process, below 150 MB.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tests.bad.corpus import FOLDER, MADE, ROOT, WRITTEN

NAMES = (*WRITTEN, *MADE)
SAY_ALL = """
import json, pathlib, sys, tempfile
from tests.bad.corpus import MADE, WRITTEN, beside, peak_megabytes, said, said_in_time
good = pathlib.Path("scenarios/baseline.yaml").resolve()
said(good)
report = {}
for name in (*WRITTEN, *MADE):
    with tempfile.TemporaryDirectory() as parent:
        folder = pathlib.Path(parent, "corpus")
        folder.mkdir()
        with beside(name, folder) as file:
            report[name] = said_in_time(file, *((2.0, good, 0.0) if name in MADE else (0.1, good, 2.5)))
json.dump({"said": report, "megabytes": peak_megabytes()}, sys.stdout)
"""
# A second sentence, or the range allowed.
HINT = re.compile(r"(?<!\.)[.?] [A-Za-z]|between|at least|at most|greater than|less than|must be one of|from \d+ to \d+")


@pytest.fixture(scope="module")
def report(once) -> dict[str, Any]:
    def say_all(folder: Path) -> None:
        run = subprocess.run(
            [sys.executable, "-c", SAY_ALL], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
        )
        assert run.returncode == 0, run.stderr
        (folder / "said.json").write_text(run.stdout)

    answer: dict[str, Any] = json.loads((once("corpus", say_all) / "said.json").read_text())
    return answer


def golden(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8").removesuffix("\n")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said(report: dict[str, Any], name: str) -> None:
    assert report["said"][name][0] == golden(name)


def test_it_is_said_at_once(report: dict[str, Any]) -> None:
    assert {name: time for name, (_, time, limit) in report["said"].items() if time > limit} == {}


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read as Linux gives it")
def test_it_is_said_in_little_memory(report: dict[str, Any]) -> None:
    assert report["megabytes"] < 150


@pytest.mark.parametrize("name", NAMES)
def test_it_is_safe_on_a_terminal(name: str) -> None:
    text = golden(name)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", text)
    assert {unicodedata.category(char) for char in text} & {"Cf", "Cs", "Co", "Cn"} == set()
    assert max(map(len, text.split("\n"))) < 1000
    assert len(text.split("\n")) <= 21
    assert "Traceback" not in text


@pytest.mark.parametrize("name", NAMES)
def test_every_line_has_a_place(name: str) -> None:
    for line in golden(name).split("\n"):
        assert re.match(r"[\w/]+\.yaml(:\d+:\d+)?: error: \S|\.\.\. and \d+ more problems?$", line)


def test_there_are_many_and_nearly_all_say_what_to_do() -> None:
    assert len(WRITTEN) >= 200
    lines = {line.split(" ", 2)[2] for name in NAMES for line in golden(name).split("\n") if ": error: " in line}
    silent = sorted(line for line in lines if not HINT.search(line))
    assert len(silent) <= 0.1 * len(lines), silent


def test_nine_mistakes_are_said_in_one_go() -> None:
    assert len(golden("nine").split("\n")) == 9


def test_each_message_belongs_to_a_scenario() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(NAMES)
