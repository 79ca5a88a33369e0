"""Tables for spreadsheets: CSV with a byte-order mark, which Parley reads back as it reads others."""

from codecs import BOM_UTF8
from pathlib import Path

import pytest

import sim

pytestmark = pytest.mark.hostile

SIZE = ("--replications", 12, "--months", 3)


def test_tables_with_a_mark_are_the_same_tables(parley, tmp_path: Path) -> None:
    marked, plain = tmp_path / "marked/no_talks", tmp_path / "plain/no_talks"
    # In chunks, whose table of histories is put together on the disk.
    done = parley("run", "no_talks", *SIZE, "--excel", "--chunk", 5, "--out", marked)
    assert done.returncode == 0, done.stderr
    sim.run("no_talks", replications=12, months=3, out=plain)
    tables = [file.name for file in plain.glob("*.csv")]
    assert "outcomes.csv" in tables
    for name in tables:
        assert (marked / name).read_bytes() == BOM_UTF8 + (plain / name).read_bytes()
    assert sim.read(marked).summary == sim.read(plain).summary
    assert not (marked / "scenario.yaml").read_bytes().startswith(BOM_UTF8)
    # The same command finds it done; one that asks for other tables is refused.
    again = [
        parley("run", "no_talks", *SIZE, *more, "--out", "marked/no_talks", cwd=tmp_path) for more in (("--excel",), ())
    ]
    assert [done.returncode for done in again] == [0, 3]


def test_what_is_printed_and_kept_of_studies_has_a_mark(parley, tmp_path: Path) -> None:
    asked = ("sweep", "no_talks", "--vary", "arms.defender.aid_scale=0,1", *SIZE, "--out", "s", "--csv", "--excel")
    printed = [parley(*asked, cwd=tmp_path).stdout for _ in range(2)]
    assert printed[0].encode() == (tmp_path / "s/sweep.csv").read_bytes()
    assert printed[0].startswith("\ufeffscenario,point,")
    assert printed[1] == printed[0]
    assert parley("report", "s", cwd=tmp_path).returncode == 0
    compared = parley("compare", "no_talks", "aid_halted", *SIZE, "--out", "c", "--excel", cwd=tmp_path)
    assert compared.returncode == 0, compared.stderr
    assert not compared.stdout.startswith("\ufeff")
    assert (tmp_path / "c/comparison.csv").read_bytes().startswith(BOM_UTF8)
    assert not (tmp_path / "c/comparison.md").read_bytes().startswith(BOM_UTF8)
    found = ("--vary", "arms.defender.aid_scale=0:1", "--until", "mean(killed_attacker) > 1", *SIZE)
    sought = parley("breakeven", "no_talks", *found, "--out", "b", "--excel", cwd=tmp_path)
    assert sought.returncode == 0, sought.stderr
    assert [file.name for file in (tmp_path / "b").glob("*.csv") if not file.read_bytes().startswith(BOM_UTF8)] == []
    assert list((tmp_path / "b").glob("*.csv"))


@pytest.mark.parametrize("command", [("explain", "no_talks"), ("targets", "baseline"), ("outcomes",)])
def test_a_mark_without_a_table_is_refused(parley, tmp_path: Path, command: tuple[str, ...]) -> None:
    done = parley(*command, "--excel", cwd=tmp_path)
    assert done.returncode == 2
    assert "--excel is for CSV: give --csv" in done.stderr


@pytest.mark.parametrize("name", ["manifest.json", "outcomes.csv", "scenario.yaml"])
def test_line_ends_that_a_checkout_changed_are_said(tmp_path: Path, name: str) -> None:
    sim.run("no_talks", replications=2, months=1, out=tmp_path / "r")
    file = tmp_path / "r" / name
    plain = file.read_bytes()
    file.write_bytes(plain.replace(b"\n", b"\r\n"))
    with pytest.raises(sim.ParleyError, match=rf"{name}: its line ends were changed \(CRLF\)"):
        sim.read(tmp_path / "r")
    file.write_bytes(plain.replace(b"\n", b"\r\n").replace(b"2", b"3", 1))
    with pytest.raises(sim.ParleyError) as error:
        sim.read(tmp_path / "r")
    assert "CRLF" not in str(error.value)
