"""Ranges after --vary that are written as elsewhere: what is said of them can be pasted."""

from pathlib import Path

import pytest

from sim.studies.design import DesignError, Varied

DASHES = ["0-2", "0 - 2", "0..2", "0...2", "0\u20132", "0\u20142", "0\u20262", "0 to 2", "1,0-2"]


@pytest.mark.parametrize("written", DASHES)
def test_a_range_with_a_dash_is_told_how_it_is_written_here(written: str) -> None:
    with pytest.raises(DesignError) as found:
        Varied.parse(f"front.reach_km={written}")
    said = str(found.value)
    assert said.startswith(f"cannot read --vary 'front.reach_km={written}': a range is written with a colon; write ")
    # What it says to write can be read.
    _, _, told = said.partition("; write ")
    counted, listed = (part for part in told.split() if part.startswith("front.reach_km="))
    assert Varied.parse(counted).values == ("0", "0.5", "1", "1.5", "2")
    assert [float(value) for value in Varied.parse(listed).values] == [0, 2]
    with pytest.raises(DesignError, match=r"write front\.reach_km=0\.?:2$"):
        Varied.parse(f"front.reach_km={written}", in_steps=False)


@pytest.mark.parametrize("written", ["1e-3", "-2", "-2:-1:2", "a-b", '"0-2"', "2024-12-04", "1-2-3", "[0-2]"])
def test_what_has_a_dash_and_is_no_range_is_read(written: str) -> None:
    assert Varied.parse(f"front.reach_km={written}").path == "front.reach_km"


def test_commands_say_how_a_range_is_written_before_they_run(parley, tmp_path: Path) -> None:
    path = "arms.defender.aid_scale"
    for words, ends in (
        (("sweep",), f"{path}=0:2:5 for 5 values from 0 to 2, or {path}=0,2 for these two\n"),
        (("breakeven", "--until", "share(war_goes_on) >= 0.5"), f"write {path}=0:2\n"),
    ):
        done = parley(words[0], "baseline", *words[1:], "--vary", f"{path}=0-2", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.endswith(ends)
    assert list(tmp_path.iterdir()) == []
