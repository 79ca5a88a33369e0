"""`parley check`, `show`, `diff`, `new` and `list` as a user meets them."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from sim.scenario import numbers, quantities
from sim.scenario.describe import changes, coverage, entries
from sim.words.new_scenario import COMMON
from tests.conftest import ROOT

MORE = """\
title: More arms
extends: baseline
arms:
  defender: {aid_scale: 2}
  halts:
    - {id: europe_pause, remove: true}
  packages:
    - {id: extra, backer: europe, date: 2025-02-01, amount_beur: 5, probability: 1}
front:
  force_elasticity: {mode: 2.5}
"""


def test_check_says_that_all_is_well_and_where_numbers_come_from(parley, tmp_path: Path):
    done = parley("check", "baseline", "--sources", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no problems" in done.stdout
    rows = [line.split() for line in done.stdout.partition("neither\n")[2].splitlines()[:11]]
    assert {row[0]: row[-1] for row in rows} == dict.fromkeys((row[0] for row in rows), "0"), "neither source nor assumption"
    assert "no source:" not in done.stdout


def test_check_lists_numbers_without_a_source(parley, tmp_path: Path):
    (tmp_path / "more.yaml").write_text(MORE)
    done = parley("check", "more.yaml", "--sources", cwd=tmp_path)
    assert done.returncode == 3
    assert "no source: arms.defender.aid_scale" in done.stdout
    assert "no source: arms.packages.extra.amount_beur" in done.stdout
    assert parley("check", "more.yaml", cwd=tmp_path).returncode == 0


def test_check_reports_every_problem_of_every_file(parley, tmp_path: Path):
    (tmp_path / "one.yaml").write_text(MORE.replace("aid_scale", "aid_scal"))
    (tmp_path / "two.yaml").write_text(MORE.replace("extends: baseline", "extends: baselin"))
    done = parley("check", "one.yaml", "two.yaml", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert first.startswith("one.yaml:4:14: error: unknown field 'aid_scal' in arms.defender. Did you mean 'aid_scale'?")
    assert second.startswith("two.yaml:2:1: error: extends 'baselin'")


def test_show_gives_every_value_with_unit_place_and_source(load):
    scenario = load("baseline")
    shown = {entry.path: entry for entry in entries(scenario)}
    for known in numbers(scenario.world):
        if known.path.split(".")[0] not in ("expect", "sources"):
            entry = shown[known.path]
            assert entry.unit == (known.knob.unit if known.knob else "")
            assert entry.place.line > 0 or entry.origin == "default"
    for path, quantity in quantities(scenario.world):
        if quantity.word:
            assert (shown[path].origin, shown[path].record) == ("on record", quantity.note)
            continue
        origin = ", ".join(quantity.sources) or ("assumed" if quantity.assumption else "default")
        assert shown[path].origin == origin + (", direction only" if quantity.direction_only else "")
    assert shown["attrition.law"].text == "mixed"
    assert shown["manpower.attacker.intake_per_month"].text == "triangular: low 23,000, mode 30,000, high 40,000"


def test_show_names_the_file_that_wrote_a_value(parley, tmp_path: Path):
    (tmp_path / "more.yaml").write_text(MORE)
    done = parley("show", "more.yaml", "--set", "arms.attacker.aid_scale=3", "--full", cwd=tmp_path, COLUMNS="200")
    lines = {tuple(line.split()[:2]): line for line in done.stdout.splitlines() if line.startswith("  ")}
    assert "more.yaml:4" in lines[("aid_scale", "2")]
    assert "--set" in lines[("aid_scale", "3")]
    assert "baseline.yaml:" in lines[("law", "mixed")]
    assert "europe_pause" not in done.stdout


def test_diff_in_words(parley, tmp_path: Path):
    (tmp_path / "more.yaml").write_text(MORE)
    done = parley("diff", "baseline", "more.yaml", cwd=tmp_path, COLUMNS="200")
    assert done.returncode == 0, done.stderr
    # Where a line goes on, it is indented by two more.
    said = re.sub(r"\n    (?=\S)", " ", done.stdout).splitlines()
    assert re.fullmatch(r"From 'Baseline: the war as of early December 2024' to 'More arms \[[0-9a-f]{10}\]':", said[0])
    changed = [line for line in said[1:] if not line.startswith("      ")]
    assert changed[0] == "  Scale of aid to Ukraine: 1 becomes 2 (factor)"
    assert changed[1] == "  The halt of aid 'Europe pause' no longer happens"
    assert changed[2].startswith(
        "  Weight of the force ratio: triangular: low 0.08, mode 3, high 5.92 becomes triangular: low"
    )
    extra = "size of the package 5 bn EUR, chance of the package 1"
    assert changed[3] == f"  The package 'extra' is added: backer Europe and others, date 2025-02-01, {extra}"
    assert len(changed) == 4


def test_diff_of_a_scenario_with_itself(parley, load):
    assert changes(load("baseline"), load("baseline")) == []
    assert "nothing differs" in parley("diff", "baseline", "baseline").stdout


def test_diff_both_ways_has_the_same_paths(load, variant):
    other = variant(lambda tree: tree["arms"]["halts"].popitem())
    there = {change.path for change in changes(load("baseline"), other)}
    assert there == {change.path for change in changes(other, load("baseline"))} == {"arms.halts.north_korea_pause"}


def test_coverage_counts_every_number_once(load):
    counted = sum(section.numbers for section in coverage(load("baseline")))
    known = [
        n for n in numbers(load("baseline").world) if "." in n.path and n.path.split(".")[0] not in ("expect", "sources")
    ]
    assert counted == len(known) > 120


def test_new_writes_a_scenario_that_changes_nothing_and_can_be_edited(parley, tmp_path: Path):
    done = parley("new", "my_study", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    file = tmp_path / "my_study.yaml"
    assert "nothing differs" in parley("diff", "baseline", file, cwd=tmp_path).stdout
    head, _, knobs = file.read_text().partition("line and before the lines it stands under.\n")
    file.write_text(head + "\n" + knobs.replace("\n# ", "\n").removeprefix("# ").replace("aid_scale: 1 ", "aid_scale: 2 "))
    checked = parley("check", file, cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    changed = parley("diff", "baseline", file, cwd=tmp_path).stdout
    assert "Scale of aid to Ukraine: 1 becomes 2 (factor)" in changed
    for path in COMMON:
        assert f"{path.rpartition('.')[2]}: " in knobs
    usual = "triangular: low 0.4, mode 0.7, high 1"
    assert f"#     no_nato:\n#       hard_share: 0.7  # share of histories; baseline: {usual}. " in knobs
    assert "#     european_zone:\n#       zone_width_km: 20  # km; baseline: 20. " in knobs
    again = parley("new", "my_study", cwd=tmp_path)
    assert again.returncode == 3
    assert "is there already" in again.stderr


@pytest.mark.parametrize("name", ["My-Study", "../out", "a b", "", "con", "nul", "aux", "com1", "lpt9"])
def test_new_wants_a_plain_name(parley, tmp_path: Path, name: str):
    done = parley("new", name, cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_list_names_every_shipped_scenario(parley):
    from sim.scenario import shipped

    printed = parley("list").stdout
    names = [line.split()[0] for line in printed.splitlines() if line.startswith(" ")]
    assert sorted(names) == sorted(shipped())
    assert "What keeps a ceasefire" in printed
    zones = parley("list", "zone", "guard").stdout
    assert "guards_without" not in zones
    assert "strong_zone" in zones
    assert "The Europeans of the zone are 100,000" in zones


def test_a_place_can_be_opened_from_where_it_is_said(parley, tmp_path: Path) -> None:
    below = tmp_path / "mine"
    below.mkdir()
    (below / "half.yaml").write_text("title: Half\nextends: baseline\narms: {defender: {aid_scale: 0.5}}\n")

    def places(folder: Path, file: str) -> dict[str, str]:
        done = parley("show", file, "aid", "scale", "--csv", cwd=folder)
        return {row["path"]: row["place"] for row in csv.DictReader(io.StringIO(done.stdout))}

    scale = "arms.defender.aid_scale"
    assert places(tmp_path, "mine/half.yaml")[scale] == "mine/half.yaml:3"
    assert places(below, "half.yaml")[scale] == "half.yaml:3"
    shipped = ROOT / "scenarios/baseline.yaml"
    for folder, file in ((tmp_path, "mine/half.yaml"), (below, "half.yaml"), (ROOT, "baseline")):
        for place in places(folder, file).values():
            name, _, line = place.rpartition(":")
            assert not name or int(line) <= len((folder / name).read_text().splitlines())
    assert f"{shipped}:" in places(tmp_path, "baseline")[scale]
    # In a table the name of a file is enough, with where it is below.
    said = parley("show", "mine/half.yaml", "scale", cwd=tmp_path).stdout
    assert "  mine/half.yaml:3" in said
    assert "  baseline.yaml:" in said
    assert f"\nFiles that are not in this folder\n baseline.yaml: {shipped}\n" in said
    assert "Files that are not" not in parley("show", "baseline", "scale", cwd=ROOT).stdout


def test_files_of_one_name_are_told_apart(load) -> None:
    from sim.words.layout import as_text
    from sim.words.scenarios import values

    row = {"path": "a.b", "value": "1", "unit": "", "source": "", "note": "from one to two"}
    found = [{**row, "place": place} for place in ("/x/a.yaml:1", "/y/a.yaml:2", "/y/b.yaml:3", "c.yaml:4", "/x/c.yaml:5")]
    said = as_text(values(load("baseline"), found), 120)
    for place in ("/x/a.yaml:1", "/y/a.yaml:2", " b.yaml:3", " c.yaml:4", "/x/c.yaml:5", " b.yaml: /y/b.yaml"):
        assert place in said
    assert "What is known of them\n a.b\n   from one to two" in said


def test_what_is_known_of_a_number_stands_with_it(parley, load) -> None:
    path = "negotiation.leverage"
    data = json.loads(parley("show", "baseline", "leverage", "--json").stdout)["data"]
    (row,) = (one for one in data if one["path"] == path)
    known = dict(quantities(load("baseline").world))[path]
    assert row["note"] == known.note
    assert known.note.split(":")[0] in parley("show", "baseline", "leverage").stdout


def test_data_of_values_have_their_sources_in_full(parley, load) -> None:
    known = load("baseline").world.sources
    rows = json.loads(parley("show", "baseline", "casualties", "--json").stdout)["data"]
    table = list(csv.DictReader(io.StringIO(parley("show", "baseline", "casualties", "--csv").stdout)))
    assert len(rows) == len(table) > 5
    for row, line in zip(rows, table, strict=True):
        keys = [key for key in row["source"].split(", ") if key in known]
        assert [one["key"] for one in row["sources"]] == keys
        for one in row["sources"]:
            assert one["address"] == known[one["key"]].address
            assert one["title"] in line["sources"]
            assert one["address"] in line["sources"]
        assert bool(keys) == bool(line["sources"])
    assert any(len(row["sources"]) > 1 for row in rows)


def knobs_told(printed: str) -> list[str]:
    """Return what the numbers that were printed are called, with their values."""
    return [line for line in printed.splitlines() if line and not line.startswith((" ", "Next"))]


def test_knobs_that_are_called_so_come_before_those_of_which_it_is_said(parley):
    found = knobs_told(parley("knobs", "guards", COLUMNS="100").stdout)
    assert found[0].startswith("Effect of guards: ")
    names = [line.split(": ")[-2] for line in found]
    # Of four zones, one after another; then what is said of them; a number of a list is seldom turned alone.
    foreign = [place for place, name in enumerate(names) if name == "foreign guards"]
    assert foreign == list(range(foreign[0], foreign[0] + 4))
    assert max(foreign) < names.index("width of the zone") < names.index("credibility")
    assert [line.startswith("Guards tried") for line in found] == sorted(line.startswith("Guards tried") for line in found)


def test_knobs_without_a_word_are_told_by_section_and_all_in_full(parley):
    done = parley("knobs", COLUMNS="80")
    lines = done.stdout.splitlines()
    assert len(lines) <= 32
    rows = [line.split() for line in lines if line.startswith(" ") and line.split()[1:2] and line.split()[1].isdecimal()]
    full = parley("knobs", "--full", COLUMNS="100").stdout
    assert sum(int(row[1]) for row in rows) == len(knobs_told(full)) > 400
    assert {"arms", "manpower", "negotiation", "ceasefire"} <= {row[0] for row in rows}
    assert "Next: parley knobs baseline WORD" in done.stdout


def test_what_no_knob_speaks_of_is_said_with_what_to_try(parley):
    several = parley("knobs", "wounded", "xyz", "home")
    assert several.returncode == 3
    assert several.stderr.endswith("speaks of 'wounded' and 'xyz' and 'home'; but of 'wounded' or of 'home' alone\n")
    assert "speaks of 'xyz'; parley knobs baseline tells what there is" in parley("knobs", "xyz").stderr


def test_what_outcomes_are_called_can_be_read_alone(parley):
    """They stand in titles and figures, where no line above says of what they are a part."""
    told = json.loads(parley("outcomes", "baseline", "--json").stdout)["data"]
    assert len(told) > 100
    labels = [one["label"] for one in told]
    assert [label for label in labels if not label[0].isupper() or re.search(r"attacker|defender|_", label)] == []
