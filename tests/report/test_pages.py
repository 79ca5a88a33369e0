"""What a page says is what the tables hold; it stands alone, is the same every time, and is not too large."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from sim.report.html import html
from sim.report.make import page_of
from sim.results.manifest import KINDS, read_manifest
from tests.conftest import ROOT
from tests.report.conftest import run_here
from tests.report.reading import Page, Tables, is_rounded

pytestmark = pytest.mark.pages

# What may stand in a sentence of results beside its numbers.
PLAIN = re.compile(
    r"\d{4}-\d\d-\d\d|95 %|90 %|5 %|1 %|0 \(the worst|to 1 \(the best|above 0|nears 0|History \d+|centre of the \d+|km2"
    r"|\b(30|91|182|365|730|12|24) (days|months)|(level|reaches) [-\d,]+|Shown: \d+ of \d+|\d+ to \d+ have it"
    r"|[\d,]+ histories"
)

# What names a file may, and addresses do.
FILES = re.compile(r"https?://\S+|\b[\w-]+\.(csv|json|yaml|md)\b")
PATH_OR_ID = re.compile(r"\b[a-z][a-z0-9]*(_[a-z0-9]+)+\b|\b[a-z_]{2,}\.[a-z_]{2,}\b")
UNSEEN = {"style", "script", "pre", "code"}


def test_every_number_is_that_of_the_tables(results, page, kind: str):
    read, tables = Page(page(kind)), Tables(results.every[kind])
    assert len(read.numbers) > 60
    for number in read.numbers:
        there = tables.value(number.of)
        tolerance = 2e-6 if number.of[0] == "crossing" else 0
        assert number.value == pytest.approx(there, rel=1e-12, abs=tolerance), number


def test_what_is_shown_is_the_number_rounded(page, kind: str):
    for text, value, of in Page(page(kind)).numbers:
        assert is_rounded(text, value, of[-1]), (text, value, of)


def test_sentences_hold_no_other_numbers(page, kind: str):
    read = Page(page(kind))
    captions = [text for text, around in read.texts if around[-1] == "figcaption"]
    assert captions
    cells = [text for text, around in read.texts if around[-1] == "td" and "figure" in around and kind != "run"]
    for text in captions + cells:
        assert not re.search(r"\d", PLAIN.sub("", text)), text


def test_what_is_told_is_what_the_summary_tells(results, page):
    told = [line.removeprefix("- ") for line in (results.base / "summary.md").read_text().splitlines() if line[:2] == "- "]
    points = re.findall(r"<li>(.*?)</li>", page("run"), flags=re.DOTALL)
    texts = {unescape(re.sub(r"<[^>]*>", "", point)) for point in points}
    assert len(told) > 5
    assert set(told) <= texts


def test_findings_are_the_first_thing_under_the_title(results, page, kind: str):
    text = page(kind)
    first = re.search(r'<div id="found">(.*?)</div>', text, flags=re.DOTALL)
    assert first is not None
    assert text.index("</h1>") < first.start() < text.index("<nav") < text.index("What is assumed")
    sentences = re.findall(r"<li>(.*?)</li>", first[1], flags=re.DOTALL)
    assert len(sentences) >= 1
    said = [re.sub(r"<[^>]*>", "", one) for one in sentences]
    # No dotted path and no id.
    assert not any(re.search(r"[a-z]\.[a-z]|[a-z]_[a-z]", one) for one in said)
    if kind == "run":
        summary = (results.base / "summary.md").read_text().replace("\\", "")
        assert [unescape(one) for one in said] == [line[3:] for line in summary.splitlines() if line.startswith("1. ")]


def test_a_comparison_begins_with_its_picture_and_a_table_of_few_lines(results, page):
    """What was changed follows the answer, and the course follows that; so too where a page is brief."""
    brief = html(replace(page_of(results.every["comparison"]), brief=True))
    for text in (page("comparison"), brief):
        places = [text.index(part) for part in (
            'id="found"', '<figure id="differences"', 'id="table-changes-1"', "What was changed in European zone</h2>",
            "What was changed in More arms</h2>", "The course of the war</h2>", '<figure id="courses"', 'id="made"',
        )]  # fmt: skip
        assert places == sorted(places)
    table = page("comparison")[page("comparison").index('id="table-changes-1"') :]
    table = table[: table.index("</table>")]
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", table, flags=re.DOTALL)
    assert 5 <= len(rows) <= 10
    # Of each scenario both values, their difference and its interval, as the other tests hold them to the tables.
    for name, cells in rows:
        assert cells.count("<td>") == len(results.others), name
        for cell in re.findall(r"<td>(.*?)</td>", cells, flags=re.DOTALL):
            columns = re.findall(r'data-of="[^"]*\|(\w+)"', cell)
            assert columns in (
                ["left_value", "right_value", "difference", "low", "high"], ["left_value", "right_value", "low", "high"], [],
            ), (name, cell)  # fmt: skip


def test_it_stands_alone(page, kind: str):
    read = Page(page(kind))
    for tag, attributes in read.elements:
        assert tag not in {"img", "iframe", "object", "embed", "base", "form", "foreignobject", "image"}
        assert not {name for name in attributes if name.startswith("on") or name in ("src", "srcset", "style", "action")}
        for name in ("href", "xlink:href"):
            where = attributes.get(name) or ""
            # A link that is followed by hand is no request.
            assert where == "" or where.startswith("#") or tag == "a" or (tag, where) == ("link", "data:,")
    assert "@import" not in page(kind)
    assert not re.search(r"url\((?!#)", page(kind))


def test_only_its_own_style_and_script_may_act(page, kind: str):
    read = Page(page(kind))
    (policy,) = [one["content"] for tag, one in read.elements if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page(kind), flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_ids_are_told_apart_and_every_reference_has_one(page, kind: str):
    read = Page(page(kind))
    ids = [one["id"] for _, one in read.elements if "id" in one]
    assert len(set(ids)) == len(ids)
    asked = {one[name] for _, one in read.elements for name in ("aria-labelledby",) if name in one}
    asked |= {(one.get("href") or "")[1:] for _, one in read.elements if (one.get("href") or "").startswith("#")}
    asked |= set(re.findall(r"url\(#([^)]+)\)", page(kind)))
    assert asked <= set(ids)


def test_every_figure_has_its_words_and_its_table(page, kind: str):
    text = page(kind)
    figures = re.findall(r"<figure .*?</figure>", text, flags=re.DOTALL)
    assert (
        len(figures)
        == {
            "run": 15,
            "comparison": 10,
            "sweep": 1,
            "heat": 1,
            "assumptions": 1,
            "breakeven": 1,
            "choices": 1,
            "calibration": 3,
            "hindcast": 10,
        }[kind]
    )
    for figure in figures:
        assert re.search(r'<svg [^>]*role="img"', figure)
        (alternative,) = re.findall(r"<title id=[^>]*>(.*?)</title>", figure)
        assert len(alternative) > 40
        assert "<table>" in figure
        assert "Parley 0" in figure


def test_nothing_that_is_seen_is_a_path_or_an_id(page, kind: str):
    read = Page(page(kind))
    seen = [text for text, around in read.texts if not UNSEEN & set(around)] + [one.text for one in read.numbers]
    assert len(seen) > 200
    for text in seen:
        found = PATH_OR_ID.search(FILES.sub("", text))
        assert found is None, (found, text)
    # It is there for who points at it.
    titles = {one["title"] for _, one in read.elements if "title" in one}
    assert "manpower.attacker.return_share" in titles


def test_the_same_results_give_the_same_page(results, page, parley, tmp_path: Path):
    # Hashes of texts are others in every process, and chosen here so that they are for certain.
    assert parley("report", results.base, "--out", "page.html", cwd=tmp_path, PYTHONHASHSEED="1").returncode == 0
    assert (tmp_path / "page.html").read_text() == page("run")


def test_it_is_not_too_large(results, page):
    assert len(page("run").encode()) < 1_500_000
    again = [results.base, *results.others]
    six = html(page_of([*again, *again]))
    assert len(six.encode()) < 3_000_000
    # Two of one scenario go by their folders.
    assert f"{results.base}" in six


def test_a_page_is_of_the_results_beside_it_though_they_were_replaced_meanwhile(results, tmp_path: Path, monkeypatch):
    from sim.report import make

    run, page_of = tmp_path / "run", make.page_of
    shutil.copytree(results.base, run)
    run_here("run", "baseline", "--replications", 40, "--months", 13, "--seed", 5, "--out", tmp_path / "baseline")
    made: list[str] = []

    def replaced(*asked: Any) -> Any:
        page = page_of(*asked)
        if not made:
            shutil.rmtree(run)
            shutil.copytree(tmp_path / "baseline", run)
        made.append(page.title)
        return page

    monkeypatch.setattr(make, "page_of", replaced)
    make.write_report([run], run / "report.html", False)
    assert len(made) == 2
    assert "seed 5" in (run / "report.html").read_text()


def test_a_page_is_never_replaced_unasked_nor_left_half_written(results, tmp_path: Path, here):
    run = tmp_path / "baseline"
    shutil.copytree(results.base, run)
    run_here("report", run)
    before = (run / "report.html").read_bytes()
    # This page, of the commonest ending, is what was asked for already; that of a rarer one is not.
    assert here("report", run, cwd=tmp_path).returncode == 0
    again = here("report", run, "--ending", "war_again", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (3, "")
    assert "is there already; --force replaces it" in again.stderr
    assert (run / "report.html").read_bytes() == before
    assert here("report", run, "--ending", "war_again", "--force", cwd=tmp_path).returncode == 0
    assert (run / "report.html").read_bytes() != before
    (run / "summary.csv").write_text("changed")
    broken = here("report", run, "--force", cwd=tmp_path)
    assert broken.returncode == 3
    assert "was changed since the run wrote it" in broken.stderr
    assert {file.name for file in run.iterdir()} == {file.name for file in results.base.iterdir()} | {"report.html"}


def test_run_and_compare_write_pages_too(tmp_path: Path, here):
    done = here(
        "run", "history/iwo_jima", "--replications", 40, "--months", 3, "--out", "r/iwo_jima", "--report", cwd=tmp_path
    )
    assert done.returncode == 0
    assert (tmp_path / "r/iwo_jima/manifest.json").exists()
    assert "No one negotiates." in (tmp_path / "r/iwo_jima/report.html").read_text()
    words = ("compare", "no_talks", "aid_halted", "--replications", 40, "--months", 3, "--report")
    assert (
        "results/comparisons/no_talks_aid_halted+replications=40+months=3/report.html" in here(*words, cwd=tmp_path).stderr
    )
    assert here(*words, cwd=tmp_path).returncode == 0
    assert here(*words, "--out", "c", cwd=tmp_path).returncode == 0
    assert (tmp_path / "c/report.html").stat().st_size > 100_000
    assert here(*words, "--all-pairs", "--force", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ["report", "nothing-here"],
            3,
            "there is no folder nothing-here; pages and figures are made of results, as `parley run baseline`",
        ),
        (["report", "SWEEP", "BASE"], 3, "holds a study and not a run"),
        (["report", "BASE", "--replication", "1", "--ending", "war_goes_on"], 2, "both choose a history"),
        (["report", "BASE", "--replication", "100000"], 3, "this run has histories 0 to 399"),
        (["report", "SWEEP", "--until", "mean(nothing) >= 0"], 3, "nothing is not in this sweep"),
        (["report", "SWEEP", "--until", "median(ground_30_days_km2) >= 0"], 3, "shows shares and means"),
        (["plot", "BASE", "bargaining", "--date", "soon", "--out", "a.png"], 3, "cannot read the date 'soon'"),
        (["plot", "BASE", "bargaining", "--date", "2024-12-05", "--out", "a.png"], 3, "no review was held until 2024-12-05"),
        (["plot", "SWEEP", "--date", "2025-01-01"], 3, "--date is not for a sweep"),
        (["report", "BASE", "--until", "mean(a) > 1"], 3, "--until is not for a run"),
        (["report", "BREAK", "--until", "mean(a) > 1"], 3, "--until is not for a break-even"),
        (["plot", "BREAK", "breakevens", "--out", "a.png"], 2, "Did you mean 'breakeven'?"),
        (["report", "BREAK", "BASE"], 3, "holds a study and not a run"),
        (["report", "SWEEP", "--until", "share(force_change_12_months_attacker) >= 0"], 3, "write 'mean("),
        (["plot", "BASE", "incidenc", "--out", "a.png"], 2, "Did you mean 'incidence'?"),
        (["plot", "BASE", "incidenc"], 2, "Did you mean 'incidence'?"),
        (["plot", "BASE", "xyzzy"], 2, "no figure 'xyzzy' of these results. There are: standing, incidence,"),
        (["plot", "BASE", "incidence"], 2, "name the file, as in --out incidence.pdf"),
        (["plot", "BASE", "--out", "a.png"], 2, "name the figure that a.png is to show"),
        (["plot", "BASE", "incidence", "--out", "a.gif"], 2, "figures are svg, png or pdf"),
        (["plot", "incidence", "--out", "a.png"], 2, "name the results first"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(results, here, tmp_path: Path, words: list[str], code: int, said: str):
    names = {"BASE": str(results.base), "SWEEP": str(results.sweep), "BREAK": str(results.breakeven)}
    done = here(*(names.get(word, word) for word in words), cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_a_page_needs_neither_matplotlib_nor_jinja(parley, tmp_path: Path):
    import subprocess
    import sys

    code = (
        "import sys; from sim.cli.app import app; "
        f"words = ['run', 'no_talks', '--replications', '5', '--months', '1', '--out', {str(tmp_path)!r}]; "
        "app(words, standalone_mode=False); "
        "print([name for name in ('matplotlib', 'jinja2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_of_what_pages_are_made_its_manifest_says_so(results):
    """What is next after a page is asked of the manifest."""
    alone = [read_manifest(folders[0]) for folders in results.every.values() if len(folders) == 1]
    assert all(one.DRAWN for one in alone)
    # A kept comparison is drawn from the runs beside it: tests/report/test_kept_comparisons.py.
    assert {"comparison", *(one.kind for one in alone)} == {kind for kind, manifest in KINDS.items() if manifest.DRAWN}


def test_ranges_have_the_digits_of_the_terminal(results, page):
    printed = (results.base / "summary.md").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]*>", " ", page("run")).replace("&#39;", "'")
    known = " ".join(text.split())
    ranges = re.findall(
        r"^\| (Net land taken by Russia|Casualties, \w+)[^|]*\| [^|]* \| ([-\d,]+ \.\. [-\d,]+) \|[^|]*\|$",
        printed,
        re.MULTILINE,
    )
    assert len(ranges) == 3
    for label, shown in ranges:
        row = known[known.index(f"{label} (", known.index("nine tenths of histories")) :]
        assert f" {shown} " in row[:120], (label, shown, row[:120])
