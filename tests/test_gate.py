"""Names of files, and what is read from disk, reach no terminal, Markdown, CSV or page as anything but text."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.cli.streams import _Text
from sim.gate import ACTED_ON, shown
from sim.report.html import html
from sim.report.make import page_of, pictures_of
from sim.report.style import PAPERS, file_of
from sim.results.manifest import read_manifest
from sim.results.runs import Run
from sim.results.tables import csv_of
from sim.words.markdown import markdown_cell
from tests.inside import Inside
from tests.report.reading import Page

pytestmark = pytest.mark.hostile

# Whatever a file can be called.
NAMES = {
    "an escape sequence": "a\x1b[31mb", "turned text": "a\u202eb", "a bell": "a\x07b", "a line": "a\nb", "a return": "a\rb",
    "isolated text": "a\u2067b\u2069", "a mark of direction": "a\u200fb", "half a letter": "a\udcffb", "a control": "a\x9bb",
    "markup": "<img src=x onerror=alert(1)>", "a link": "[a](javascript:b)", "a formula": "=1+1",
    "a template": "{{ 7 * 7 }}", "mathematics": "$\\frac{1}{0}$",
    "a path": "..", "a quote": "a'b\"c", "hidden letters": "a\U000e0041b",
}  # fmt: skip


@pytest.fixture(scope="module")
def inside(tmp_path_factory) -> Iterator[Inside]:
    with Inside(tmp_path_factory.mktemp("inside"), "-W", "always") as commands:
        yield commands


def text_strategy() -> st.SearchStrategy[str]:
    return st.text(st.characters(codec=None) | st.sampled_from("\x1b\u202e\u2066\r\x9b\udc80\u200f<[|=`"), max_size=30)


def _holds(text: str) -> None:
    out = shown(text)
    assert shown(out) == out
    for letter in out:
        assert unicodedata.category(letter) not in ("Cs", "Zl", "Zp")
        assert unicodedata.category(letter) != "Cc" or letter in "\n\t"
        assert unicodedata.bidirectional(letter) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    # What needs no gate is left as it is.
    assert (out == text) == (ACTED_ON.search(text) is None)
    raw = io.BytesIO()
    stream = _Text(io.BufferedWriter(_Raw(raw)), "utf-8", "replace")
    assert stream.write(text) == len(text)
    stream.flush()
    assert not ACTED_ON.search(raw.getvalue().decode())
    cell = markdown_cell(text)
    assert not ACTED_ON.search(cell)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`\[\]|*]|<", cell)
    table = csv_of([{"name": text}])
    assert not ACTED_ON.search(table)
    # What a spreadsheet reads, which takes the quotes around a cell away, and those in it for letters.
    (_, *cells) = csv.reader(io.StringIO(table, newline=""))
    assert not cells or not cells[0] or cells[0][0][:1] not in ("=", "@", "\t")


class _Raw(io.RawIOBase):
    def __init__(self, into: io.BytesIO) -> None:
        self._into = into

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return self._into.write(bytes(data))  # type: ignore[call-overload]


@settings(max_examples=100, deadline=None)
@given(text_strategy())
def test_nothing_passes_the_gate(text: str):
    _holds(text)


@pytest.mark.long
@settings(max_examples=5_000, deadline=None)
@given(text_strategy())
def test_nothing_passes_the_gate_however_often_it_is_tried(text: str):
    _holds(text)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_in_messages_stay_text(inside: Inside, name: str, tmp_path: Path):
    for command in (
        ("run", name), ("run", f"{name}.yaml"), ("explain", name), ("report", name), ("compare", name, "baseline"),
        ("plot", tmp_path, name), ("run", "baseline", "--set", f"{name}=1"), ("check", f"./{name}.yaml"), (name,),
        ("explain", tmp_path, "--ending", name), ("sweep", "baseline", "--vary", f"{name}=0:1:2"),
        ("discover", name, "--outcome", name), ("sensitivity", name), ("show", name), ("run", f"--{name}"),
    ):  # fmt: skip
        done = inside.run(*command)
        said = (done.out + done.err).decode("utf-8", "surrogateescape")
        assert done.code in (2, 3), (command, said)
        assert not ACTED_ON.search(said)
        assert "Traceback" not in said


@pytest.fixture(scope="module")
def named(tmp_path_factory) -> Path:
    """Runs in folders with odd names."""
    folder = tmp_path_factory.mktemp("named")
    for name in NAMES.values():
        if name != "..":
            sim.run("history/iwo_jima", replications=5, months=1, out=folder / name.replace("/", "_"))
    return folder


def test_names_in_tables_and_pages_stay_text(named: Path, inside: Inside, tmp_path: Path):
    folders = sorted(named.iterdir())
    done = inside.run("compare", *folders, "--out", tmp_path / "out", "--report")
    assert done.code == 0, done.err
    files = [path.read_bytes() for path in (tmp_path / "out").iterdir()]
    for content in (done.out, done.err, *files):
        assert not ACTED_ON.search(content.decode())
    assert b"<img" not in (tmp_path / "out/comparison.md").read_bytes()
    tags = [tag for tag, _ in Page((tmp_path / "out/report.html").read_text()).elements]
    assert tags.count("script") == 1
    assert "img" not in tags
    with (tmp_path / "out/comparison.csv").open(encoding="utf-8") as file:
        assert len({row["right"] for row in csv.DictReader(file)}) == len(folders) - 1


def test_a_page_and_a_figure_of_odd_names(named: Path):
    found = [named / NAMES[name] for name in ("half a letter", "markup", "mathematics")]
    assert not ACTED_ON.search(html(page_of(found)))
    pictures, source = pictures_of(found)
    picture = next(iter(pictures.values()))
    assert not ACTED_ON.search(file_of(picture, "svg", PAPERS["column"], source).decode())


def test_the_name_of_a_scenario_is_kept_as_it_is_shown(tmp_path: Path):
    scenario = sim.load("history/iwo_jima")
    file = tmp_path / "a\udcffb.yaml"
    file.write_text(scenario.to_yaml())
    run = sim.run(file, replications=3, months=1, out=tmp_path / "out")
    assert run.name == read_manifest(tmp_path / "out").scenario == Run.read(tmp_path / "out").name == "a\\udcffb"
