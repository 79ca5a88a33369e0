"""A scenario without a part of it: what goes, what stays, and that it says so."""

import itertools
import json
from datetime import date
from pathlib import Path

import pytest

import sim
from sim.ensemble.run import Plan, horizon_days, run_ensemble
from sim.model.without import KINDS, parts_of, scripted, without
from sim.results.chunks import run_into
from sim.results.comparison import ALL_SECTIONS, compare
from sim.results.identity import identity_of, title_of
from sim.scenario import ScenarioError, shipped
from sim.words.run import markdown

HALT, PRESSURE = "arms.halts.us_pause", "events.outside_pressure"


def identity(scenario):
    return identity_of(scenario, Plan(1, 1, horizon_days(scenario)))


@pytest.mark.ensembles
@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_is_sound_without_each_kind(name: str, tmp_path: Path) -> None:
    whole = sim.load(name)
    there = {one.kind for one in parts_of(whole)}
    for kind in KINDS:
        if not there.intersection(KINDS[kind]):
            with pytest.raises(ScenarioError, match=f"there (are no|is nothing) {kind.replace('_', ' ')} here"):
                without(whole, [kind])
            continue
        left = without(whole, [kind])
        assert not [one for one in parts_of(left) if one.kind in KINDS[kind]]
        assert title_of(left) != title_of(whole)
        assert identity(left).folder != identity(whole).folder
        file = tmp_path / "again.yaml"
        file.write_text(left.to_yaml(), encoding="utf-8")
        assert sim.load(file).tree == left.tree
        assert not run_ensemble(left, Plan(2, 1, 60, series=False)).failures


def test_kinds_ids_and_paths_are_taken_out() -> None:
    whole = sim.load("outside_pressure")
    assert [one.name for one in scripted(whole, horizon_days(whole))] == [HALT, PRESSURE]
    assert [one.name for one in scripted(whole, 60)] == [HALT]
    for names, gone in (
        (["events"], [HALT, PRESSURE]), (["us_pause"], [HALT]), ([HALT], [HALT]), (["halts.us_pause"], [HALT]),
        (["us_pause", "outside_pressure"], [HALT, PRESSURE]), (["scripted"], [HALT, PRESSURE]),
    ):  # fmt: skip
        settings = without(whole, names).settings
        assert [(one.path, one.value) for one in settings] == [(path, "not given") for path in gone], names
    # It is the same as when it is taken out by hand.
    by_hand = whole.with_settings([f"{HALT}={{remove: true}}"])
    assert by_hand.tree == without(whole, ["us_pause"]).tree
    assert by_hand.settings == without(whole, ["us_pause"]).settings
    with pytest.raises(ScenarioError, match=r"unknown path 'arms.halts.us_pauze'"):
        whole.with_settings(["arms.halts.us_pauze={remove: true}"])


def test_what_is_not_there_is_an_error_with_near_names() -> None:
    with pytest.raises(ScenarioError, match=r"--without us_pauze: error: there is no 'us_pauze' here.*'us_pause'"):
        without(sim.load("baseline"), ["us_pauze"])
    with pytest.raises(ScenarioError, match="there is nothing scripted here"):
        without(sim.load("history/korea"), ["scripted"])
    two = sim.load("european_zone_asked", {"events": {"europe": {
        "when": {"date": date(2025, 3, 1)}, "effect": {"arms.defender.aid_scale": {"scale": 0.5}}}}})  # fmt: skip
    with pytest.raises(ScenarioError, match=r"name of several. Write one of them: parties.europe, events.europe"):
        without(two, ["europe"])
    with pytest.raises(sim.ParleyError, match="a list of texts"):
        sim.load("baseline", without="events")


def test_what_makes_no_sense_without_a_part_goes_with_it() -> None:
    vote = without(sim.load("ratification"), ["ukrainians"])
    assert {one.path for one in vote.settings} == {
        "parties.ukrainians", "negotiation.red_lines.line_and_nato", "negotiation.red_lines.line_and_neutrality",
    }  # fmt: skip
    backed = sim.load("european_zone_asked")
    assert backed.tree["parties"]["europe"]["guarantees"]["backstop"] == "united_states"
    assert "backstop" not in without(backed, ["parties.united_states"]).tree["parties"]["europe"]["guarantees"]
    price, other = "negotiation.red_lines.no_nato.price", "arms.defender.aid_scale"
    event = {"when": {"date": date(2025, 3, 1)}, "effect": {price: {"scale": 0.5}, other: {"scale": 0.5}}}
    one, both = (
        sim.load("baseline", {"events": {"a": {**event, "effect": effect}}})
        for effect in ({price: {"scale": 0.5}}, event["effect"])
    )
    assert not without(one, ["no_nato"]).tree["events"]
    assert list(without(both, ["no_nato"]).tree["events"]["a"]["effect"]) == [other]


def test_an_event_whose_count_is_looked_at_stays_and_never_comes() -> None:
    effect = {"arms.defender.aid_scale": {"scale": 0.5}}
    whole = sim.load("baseline", {"events": {
        "a": {"when": {"date": date(2025, 1, 10)}, "effect": effect},
        "b": {"when": {"quantity": "event_count.a", "above": 0.5}, "effect": effect},
    }})  # fmt: skip
    left = without(whole, ["a"])
    assert left.tree == whole.with_settings(["events.a.probability=0"]).tree
    assert not run_ensemble(left, Plan(20, 1, 90)).outcomes["ending"].tolist().count("failed")
    assert not without(whole, ["a", "b"]).tree["events"]


def test_titles_folders_and_labels_say_what_is_left_out() -> None:
    whole = sim.load("outside_pressure")
    told = {names: identity(without(whole, list(names))) for names in itertools.combinations(
        ["us_pause", "outside_pressure", "red_lines"], 2)}  # fmt: skip
    assert len({one.line for one in told.values()}) == len({one.folder for one in told.values()}) == 3
    assert told["us_pause", "outside_pressure"].line.endswith("without the halt 'US pause' and the event 'outside pressure'")
    assert told["us_pause", "outside_pressure"].folder == f"outside_pressure+without_{HALT}+without_{PRESSURE}"
    assert told["us_pause", "red_lines"].called == "Outside pressure without the halt 'US pause' and any red line"


@pytest.mark.ensembles
def test_the_commands_run_without_a_part_and_say_so(parley, tmp_path: Path) -> None:
    small = ("--months", 3, "--replications", 30)
    done = parley("run", "outside_pressure", *small, "--without", "events", cwd=tmp_path)
    assert "without the halt 'US pause'" in " ".join(done.stdout.split())
    assert "--without" not in done.stderr
    (folder,) = (tmp_path / "results").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert [one["path"] for one in manifest["settings"]] == [HALT, PRESSURE, "horizon"]
    kept = sim.read(folder)
    assert kept.identity.folder == folder.name
    assert kept.scenario.tree["events"] == {}
    assert "There already" in parley("run", "outside_pressure", *small, "--without", "events", cwd=tmp_path).stdout
    # The same is compared with itself, which gives what both give when they are run on their own.
    done = parley("compare", "outside_pressure", *small, "--without", "events", "--csv", cwd=tmp_path)
    asked = {"replications": 30, "months": 3}
    found = sim.compare(*(sim.run("outside_pressure", without=one, **asked) for one in ((), ["events"])))
    line = found.line("casualties_attacker").difference
    assert line is not None
    assert f"{line.mean!r},{line.low!r},{line.high!r}" in done.stdout
    assert parley("compare", "baseline", "more_arms", "--without", "events", cwd=tmp_path).returncode == 2
    done = parley("run", "baseline", "--without", "offensives", cwd=tmp_path)
    assert done.returncode == 3
    assert "there are no offensives here" in done.stderr
    told = parley("diff", "outside_pressure", folder, cwd=tmp_path).stdout
    assert "The event 'outside pressure' no longer happens" in told
    assert "set to none" not in told


# What a script decides

SIZE = {"replications": 400, "months": 13}


@pytest.fixture(scope="module")
def silenced():
    """Return a war in which no talks open from a day on, on which nobody had to decide so."""
    effect = {"negotiation.talks.open_per_year": {"scale": 0}}
    return sim.load("baseline", {"events": {"silence": {"when": {"date": date(2024, 12, 20)}, "effect": effect}}})


def test_a_run_says_by_how_much_a_planted_event_decides(silenced, tmp_path: Path) -> None:
    run = sim.run(silenced, out=tmp_path / "run", **SIZE)
    pairs = {**SIZE, "replications": 80}
    with_it, without_it = (sim.run(silenced, without=one, **pairs) for one in ((), ["scripted"]))
    apart = compare(with_it, without_it, comparisons=len(run.unscripted), sections=ALL_SECTIONS)
    for row in run.unscripted:
        line = apart.line(row.outcome).difference
        assert (row.n, row.with_it, row.without_it, row.difference, row.low, row.high) == line[:6], row
    war = next(one for one in run.unscripted if one.outcome == "war_goes_on")
    assert war.difference < -0.2 and war.high < 0  # noqa: PT018
    (decides, scripted_on) = (one.sentence for one in run.findings if one.kind == "scripted")
    assert decides.startswith("Without what is scripted (US pause and silence), ")
    assert decides.endswith(", in 80 pairs.") and scripted_on.startswith("Scripted, on a day")  # noqa: PT018
    assert decides in (tmp_path / "run" / "summary.md").read_text(encoding="utf-8")
    # So does the same run from memory, in chunks, and from its folder.
    assert sim.run(silenced, **SIZE).unscripted == run.unscripted == sim.read(tmp_path / "run").unscripted
    plan = Plan(400, 1, run.days)
    with run_into(tmp_path / "chunks", silenced, plan, as_text=markdown, most=150):
        pass
    for name in ("unscripted.csv", "summary.md"):
        assert (tmp_path / "chunks" / name).read_bytes() == (tmp_path / "run" / name).read_bytes()
    with run_into(tmp_path / "run", silenced, plan, as_text=markdown) as (again, _):
        assert again.unscripted == run.unscripted
    (tmp_path / "run" / "unscripted.csv").write_text("outcome\n", encoding="utf-8")
    with pytest.raises(sim.ParleyError, match="was changed"):
        sim.read(tmp_path / "run")


def test_without_a_script_there_is_no_table_and_nothing_is_said(tmp_path: Path) -> None:
    bare = sim.load("baseline", without=["scripted"])
    for scenario, how in ((bare, {"months": 2}), (sim.load("baseline"), {"months": 1})):
        run = sim.run(scenario, replications=100, out=tmp_path / str(how["months"]), **how)
        assert not run.unscripted and not [one for one in run.findings if one.kind == "scripted"]  # noqa: PT018
        assert not (run.folder / "unscripted.csv").exists()


def test_a_script_that_decides_the_terms_of_deals_is_told(tmp_path: Path) -> None:
    effect = {"negotiation.attacker.cost_of_war_per_year": {"add": 5, "for_days": 700}}
    weary = {"when": {"date": date(2024, 12, 20)}, "probability": 1, "during": "war", "effect": effect}
    run = sim.run("baseline", settings={"events": {"weary": weary}}, out=tmp_path / "run", replications=1000, months=13)
    assert sim.read(tmp_path / "run").unscripted == run.unscripted
    terms = [row for row in run.unscripted if row.outcome.startswith("terms_")]
    assert terms and all(0.0 < row.with_it + row.without_it < 2.0 for row in terms)  # noqa: PT018
    found = max((row for row in terms if not row.low <= 0 <= row.high), key=lambda row: abs(row.difference))
    told = [one.sentence for one in run.findings if one.kind == "scripted"]
    (of_terms,) = (one for one in told if "of first deals" in one)
    assert of_terms.startswith("Without what is scripted (US pause and weary), 'signed: ")
    assert of_terms.endswith(f", in {found.n} pairs.")


def test_what_decides_nothing_is_said_briefly() -> None:
    run = sim.run("baseline", replications=100, months=2)
    assert max(row.n for row in run.unscripted) == 20
    told = next(one.sentence for one in run.findings if "pairs" in one.sentence)
    assert (
        told
        == "Of what is scripted (US pause) nothing was found that it decides in endings, losses, ground or terms of deals, "
        "in 20 pairs of histories with and without it."
    )
