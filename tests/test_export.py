"""Results that explain themselves, and what is made of them: a workbook, a database, frames."""

from __future__ import annotations

import csv
import datetime
import io
import json
import sqlite3
import sys
from pathlib import Path

import openpyxl
import pytest

import sim
from sim.report.workbook import workbook
from sim.results.columns import MEANINGS
from sim.results.explained import fields_of
from sim.results.export import Export, sqlite_of
from sim.results.read import read_folder

ODD = "=1+1 | <b>*North*"
SCALE = "arms.defender.aid_scale"
SETTINGS = ("--set", f"sides.defender.name={ODD}", "--replications", "30", "--months", "8")


@pytest.fixture(scope="module")
def folders(parley, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make two runs, a sweep and a comparison."""
    root = tmp_path_factory.mktemp("results")
    _make(
        parley,
        ("run", "baseline", "more_arms", *SETTINGS, "--out", root),
        ("sweep", "baseline", "--vary", f"{SCALE}=0,1", "--replications", "10", "--months", "1", "--out", root / "swept"),
        ("compare", root / "baseline", root / "more_arms", "--out", root / "compared"),
    )
    return root


@pytest.fixture(scope="module")
def studies(parley, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make studies, which take longer."""
    root = tmp_path_factory.mktemp("studies")
    few, more = ("--replications", "128", "--months", "1"), ("--replications", "300", "--months", "2")
    _make(
        parley,
        ("sensitivity", "baseline", *few, "--out", root / "sensitive"),
        ("sensitivity", "history/iwo_jima", "--one-at-a-time", "--replications", "100", "--out", root / "each"),
        ("sensitivity", "baseline", "--sobol", "32", "--months", "1", "--out", root / "sobol"),
        ("discover", "baseline", "--outcome", "casualties_attacker > 81_000", *more, "--out", root / "boxes"),
    )
    return root


def _make(parley, *asked: tuple[object, ...]) -> None:
    for ask in asked:
        done = parley(*ask)
        assert done.returncode == 0, done.stderr


READ = {"integer": lambda cell: int(cell.removesuffix(".0")), "number": float, "date": datetime.date.fromisoformat}


def cell_is(kind: str, cell: str) -> bool:
    try:
        READ.get(kind, str)(cell)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("kind", ["baseline", "swept", "compared"])
def test_a_folder_says_what_every_column_of_it_means(folders: Path, kind: str) -> None:
    _explains_itself(folders / kind)


@pytest.mark.pages
@pytest.mark.parametrize("kind", ["sensitive", "each", "sobol", "boxes"])
def test_a_study_says_what_every_column_of_it_means(studies: Path, kind: str) -> None:
    _explains_itself(studies / kind)
    _is_exported(studies, kind)


def _explains_itself(folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    read_me = (folder / "README.md").read_text(encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {one["path"] for one in package["resources"]} == {*manifest["sha256"]} - {"datapackage.json", "README.md"}
    assert len({one["name"] for one in package["resources"]}) == len(package["resources"])
    tables = [one for one in package["resources"] if "schema" in one]
    assert tables
    for table in tables:
        with (folder / table["path"]).open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        fields = table["schema"]["fields"]
        assert [field["name"] for field in fields] == header
        for place, field in enumerate(fields):
            assert field["title"], field
            assert field["description"].endswith((".", "!")) or ":" in field["description"], field
            assert f"| `{field['name']}` | " in read_me
            ends = field.get("constraints", {})
            for row in rows:
                cell = row[place]
                assert not cell or cell_is(field["type"], cell), (table["path"], field["name"], cell)
                if cell and ends:
                    assert ends.get("minimum", float("-inf")) <= float(cell) <= ends.get("maximum", float("inf"))
    assert f"| `{tables[0]['path']}` |" in read_me


def test_names_of_the_user_are_no_markup_and_no_formula(folders: Path) -> None:
    read_me = (folders / "baseline" / "README.md").read_text(encoding="utf-8")
    assert r"`defender` is =1+1 \| \<b\>\*North\*." in read_me
    book = openpyxl.load_workbook(_book(folders))
    for sheet in book:
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def _book(folders: Path) -> Path:
    path = folders / "book.xlsx"
    if not path.exists():
        path.write_bytes(workbook(_export(folders)))
    return path


def _export(folders: Path, *names: str) -> Export:
    return Export.of([read_folder(folders / name) for name in names or ("baseline", "more_arms")])


def test_a_workbook_is_read_by_a_library_that_did_not_write_it(folders: Path) -> None:
    run, other = (sim.read(folders / name) for name in ("baseline", "more_arms"))
    book = openpyxl.load_workbook(_book(folders))
    assert book.sheetnames == [
        "Read me", "Summary", "Comparison", "Results", "Summary in full", "Histories", "Series", "Standing", "Survival",
        "Ledger", "Comparison in full", "Dictionary",
    ]  # fmt: skip
    told = [cell for (cell,) in book["Read me"].iter_rows(values_only=True) if cell]
    assert run.identity.line in told
    assert str(run.findings[0]) in told
    # The last column of each run is how many histories have the outcome; headings have none.
    shown = [row for row in list(book["Summary"].iter_rows(values_only=True))[2:] if {row[7], row[13]} != {None}]
    known = [{(row.section, row.label): row for row in one.summary} for one in (run, other)]
    keys = [key for key in dict.fromkeys(key for rows in known for key in rows) if key in known[0]]
    assert [row[0] for row in shown if row[7] is not None] == [label for _, label in keys]
    for place, rows in zip((2, 8), known, strict=True):
        told = {label: row for (_, label), row in rows.items()}
        for row in (row for row in shown if row[place + 5] is not None):
            one = told[row[0]]
            if sum(label == row[0] for _, label in rows) == 1:
                value = one.mean if one.share is None else one.share
                assert row[place : place + 3] == pytest.approx((value, one.low, one.high))
                assert row[place + 3 : place + 6] == (one.least, one.most, one.n)
    compared = {row[0]: row for row in book["Comparison"].iter_rows(values_only=True)}
    line = sim.compare(run, other).line("casualties_attacker")
    assert compared[line.alone][4] == pytest.approx(line.difference.mean)
    header, *histories = book["Histories"].iter_rows(values_only=True)
    assert len(histories) == 60
    assert [row[header.index("casualties_attacker")] for row in histories[:30]] == pytest.approx(
        run.column("casualties_attacker").tolist()
    )
    assert {row[0] for row in histories} == {run.name, other.name}
    header, *series = book["Series"].iter_rows(values_only=True)
    assert series[0][header.index("date")] == datetime.datetime(2024, 12, 4)
    meant = {(row[0], row[1]): row[5] for row in list(book["Dictionary"].iter_rows(values_only=True))[1:]}
    for sheet in _export(folders).sheets[:-1]:
        assert all(meant[sheet.name, field.name] for field in sheet.fields)
    assert workbook(_export(folders)) == _book(folders).read_bytes()


def test_a_database_can_be_asked(folders: Path, tmp_path: Path) -> None:
    file = tmp_path / "results.db"
    file.write_bytes(sqlite_of(_export(folders)))
    database = sqlite3.connect(file)
    try:
        run, other = (sim.read(folders / name) for name in ("baseline", "more_arms"))
        found = dict(database.execute("SELECT scenario, avg(casualties_attacker) FROM outcomes GROUP BY scenario"))
        assert found == pytest.approx({one.name: one.column("casualties_attacker").mean() for one in (run, other)})
        (count,) = database.execute(
            "SELECT count(*) FROM outcomes JOIN results USING (scenario) WHERE defender = ?", [ODD]
        ).fetchone()
        assert count == 60
        for day, date, curve in database.execute("SELECT day, date, curve FROM survival"):
            start = datetime.date(2024, 12, 4)
            wanted = None if curve == "first_ceasefire" else (start + datetime.timedelta(days=day)).isoformat()
            assert date == wanted
        ends = database.execute("SELECT ending_day, ending_date FROM outcomes WHERE ending_day IS NOT NULL").fetchall()
        assert all(date == str(datetime.date(2024, 12, 4) + datetime.timedelta(days=day)) for day, date in ends)
        for (name,) in database.execute("SELECT name FROM sqlite_master").fetchall():
            columns = {row[1] for row in database.execute(f'PRAGMA table_info("{name}")')}
            assert columns & {"scenario", "left", "table"}, name
        (different,) = database.execute("SELECT count(*) FROM comparison WHERE verdict = 'difference'").fetchone()
        assert different == sum(line.verdict == "difference" for line in sim.compare(run, other).lines)
    finally:
        database.close()


def test_other_results_are_exported_too(folders: Path) -> None:
    for kind in ("swept", "compared"):
        _is_exported(folders, kind)
    # What has other columns is under one another too.
    mixed = _export(folders, "baseline", "swept")
    assert {sheet.name for sheet in mixed.sheets} >= {"outcomes", "sweep", "results"}


def _is_exported(root: Path, kind: str) -> None:
    export = _export(root, kind)
    assert export.sheets[-1].name == "dictionary"
    assert all(len(row) == len(sheet.fields) for sheet in export.sheets for row in sheet.rows)
    assert openpyxl.load_workbook(io.BytesIO(workbook(export))).sheetnames[0] == "Read me"


def test_runs_that_are_no_pairs_are_exported_without_a_comparison(parley, folders: Path, tmp_path: Path) -> None:
    assert parley("run", "baseline", "--replications", 5, "--months", 1, "--out", tmp_path / "baseline").returncode == 0
    export = Export.of([read_folder(folders / "baseline"), read_folder(tmp_path / "baseline")])
    assert export.comparisons == []
    assert len(export.left_out) == 1
    assert "no comparison" in export.left_out[0]


def test_the_command_writes_both_and_replaces_nothing(parley, folders: Path, tmp_path: Path) -> None:
    book, base = tmp_path / "a b.xlsx", tmp_path / "r.db"
    ask = ("export", folders / "baseline", folders / "more_arms", "--xlsx", book, "--sqlite", base)
    done = parley(*ask)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Written: ") == 2
    # Each names what is in it as it is called there.
    said = " ".join(done.stdout.split())
    sheets = openpyxl.load_workbook(book).sheetnames
    with sqlite3.connect(base) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master")]
    assert f"{book} (sheets: {', '.join(sheets)}) Written: " in said
    assert f"{base} (tables: {', '.join(tables)}) Next: parley compare " in said
    assert {"Histories", "Comparison"} <= {*sheets}
    alone = parley("export", folders / "baseline", "--xlsx", tmp_path / "b.xlsx", "--json")
    data = json.loads(alone.stdout)["data"]
    assert data == {"written": [str(tmp_path / "b.xlsx")], "sheets": openpyxl.load_workbook(tmp_path / "b.xlsx").sheetnames}
    assert book.read_bytes() == _book(folders).read_bytes()
    again = parley(*ask)
    assert again.returncode == 3
    assert "is there already" in again.stderr
    assert parley(*ask, "--force").returncode == 0
    assert parley("export", folders / "baseline").returncode == 2
    assert parley("export", folders / "baseline", "--xlsx", base, "--sqlite", base).returncode == 2
    nothing = parley("export", tmp_path, "--xlsx", tmp_path / "x.xlsx")
    assert nothing.returncode == 3
    assert not (tmp_path / "x.xlsx").exists()


def test_without_the_library_it_is_said_how_to_have_it(monkeypatch: pytest.MonkeyPatch, folders: Path) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(sim.ParleyError, match=r"pip install 'parley\[excel\]'"):
        workbook(_export(folders))


def test_parquet_is_exported_like_csv(parley, folders: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed, and need not be")
    assert parley("run", "baseline", *SETTINGS, "--parquet", "--out", tmp_path / "baseline").returncode == 0
    tables = [
        {sheet.name: sheet for sheet in Export.of([read_folder(root / "baseline")]).sheets} for root in (folders, tmp_path)
    ]
    assert tables[0]["outcomes"].fields == tables[1]["outcomes"].fields
    assert tables[0]["outcomes"].rows == tables[1]["outcomes"].rows


def test_a_read_me_of_the_user_is_left_alone(parley, tmp_path: Path) -> None:
    ask = ("run", "baseline", "--replications", 2, "--months", 1, "--out", tmp_path / "baseline")
    (tmp_path / "baseline").mkdir()
    (tmp_path / "baseline" / "README.md").write_text("mine")
    assert parley(*ask, "--force").returncode == 3
    assert (tmp_path / "baseline" / "README.md").read_text() == "mine"


def test_every_column_that_is_not_the_scenarios_has_a_meaning() -> None:
    assert all(meaning.endswith(".") for _, meaning in MEANINGS.values())
    fields = list(fields_of("comparison.csv", ["left", "no_such"], None, None))  # type: ignore[arg-type]
    assert [field.meaning != "" for field in fields] == [True, False]
