"""A changed run never passes for another: two runs with different tables share no title line and no folder."""

import json
import math
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel

from sim.ensemble.run import Plan, horizon_days, run_ensemble
from sim.model import WarScenario
from sim.results.identity import Identity, file_name, identity_of, study_name, sweep_parts
from sim.results.tables import outcomes_csv
from sim.scenario import Fixed, Quantity, Scenario, ScenarioError, ScenarioHead, load_scenario, numbers, quantities, shipped
from sim.scenario.describe import changes
from sim.scenario.identity import fingerprint, in_full
from sim.words.run import headline

pytestmark = pytest.mark.hostile

AID = "arms.defender.aid_scale"
CALLED = "scale of aid to Ukraine"


def identity(scenario: Scenario[ScenarioHead], months: int | None = None, seed: int = 1) -> Identity:
    return identity_of(scenario, Plan(10, seed, horizon_days(scenario, months)))


@pytest.fixture(scope="module")
def base(load) -> Scenario[ScenarioHead]:
    return load("baseline")


def test_a_run_as_it_is_has_the_plain_title_and_name(base) -> None:
    found = identity(base)
    assert found.line == base.world.title
    assert (found.label, found.folder, found.all_settings()) == ("baseline", "baseline", [])


def test_what_was_set_is_said_with_what_it_was(base) -> None:
    found = identity(base.with_settings([f"{AID}=0.1"]), months=12, seed=7)
    said = f"with {CALLED} 0.1 (was 1), over 12 months (was 36 months), seed 7"
    assert found.line == f"{base.world.title}, {said}"
    assert found.folder == f"baseline+{AID}=0.1+12_months+seed=7"
    assert found.label == f"baseline+{AID}=0.1"
    assert [one["path"] for one in found.all_settings()] == [AID, "horizon", "seed"]


@pytest.mark.parametrize("settings", [
    (f"{AID}=0.1", f"{AID}=1"), (f"{AID}=1.0",), ("horizon_months=36",), ("description=another",),
])  # fmt: skip
def test_settings_that_change_nothing_are_none(base, settings: tuple[str, ...]) -> None:
    assert identity(base.with_settings([*settings])) == identity(base)


def test_a_horizon_is_the_same_however_it_is_asked_for(base) -> None:
    asked, set_ = identity(base, months=12), identity(base.with_settings(["horizon_months=12"]))
    in_days = identity(base.with_settings(["horizon_months=null", "horizon_days=365"]))
    assert asked == set_ == in_days
    assert identity(base.with_settings(["horizon_months=12"]), months=36) == identity(base)


def test_the_order_of_settings_does_not_matter(base) -> None:
    two = [f"{AID}=0.1", "attrition.law=square"]
    assert identity(base.with_settings([*two])) == identity(base.with_settings([*two[::-1]]))
    assert identity(base.with_settings([two[0]]).with_settings([two[1]])) == identity(base.with_settings([*two]))


def test_items_that_are_taken_away_or_put_in_another_order_are_said(base) -> None:
    backers = list(base.tree["arms"]["backers"])
    without = identity(base.with_settings(["negotiation.red_lines=[]"]))
    assert all(one.value == "not given" for one in without.settings)
    assert len(without.settings) == len(base.world.negotiation.red_lines)
    turned = dict(reversed(base.tree["arms"]["backers"].items()))
    other = identity(base.with_settings([f"arms.backers={json.dumps(turned)}"]))
    assert [one.path for one in other.settings] == ["arms.backers"]
    assert ", ".join(backers[::-1]) in other.line


def test_the_order_in_which_a_distribution_is_written_is_nothing_to_go_by() -> None:
    one, other = {"dist": "uniform", "low": 1, "high": 2, "source": "a"}, {"high": 2, "low": 1.0, "dist": "uniform"}
    assert fingerprint({"war": {"x": one}}) == fingerprint({"war": {"x": other}})
    assert in_full(one) == in_full(other) == "uniform: low 1, high 2"
    assert in_full({"dist": "normal", "sd": 1, "mean": 2}) == "normal: mean 2, sd 1"


def test_long_and_many_settings_are_cut_but_bound(base) -> None:
    names = ["x" * 300 + end for end in "ab"]
    lines = {identity(base.with_settings([f"sides.attacker.name={name}"])).line for name in names}
    assert len(lines) == 2
    assert all(len(line) < 400 for line in lines)
    known = [(path, number.central) for path, number in quantities(base.world) if path.startswith("attrition.")]
    found = identity(base.with_settings([f"{path}={central * 0.99}" for path, central in known]))
    assert len(found.settings) == len(known) > 6
    assert re.search(r"and \d+ more \[settings [0-9a-f]{10}\]$", found.line)
    assert len(found.folder) <= 120


def test_files_of_one_name_and_title_are_told_apart(tmp_path: Path) -> None:
    found = []
    for folder, value in (("a", 0.5), ("b", 0.5000001), ("c", 0.5)):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "x.yaml"
        remark = f"description: that of {folder}\n"
        file.write_text(f"title: Mine\nextends: baseline\n{remark}arms: {{defender: {{aid_scale: {value}}}}}\n")
        found.append(identity(load_scenario(file, WarScenario)))
    a, b, c = found
    assert re.fullmatch(r"Mine \[[0-9a-f]{10}\]", a.line)
    assert a.line == c.line != b.line


def test_shipped_scenarios_have_titles_of_their_own(load) -> None:
    scenarios = [load(name) for name in shipped()]
    assert len({one.world.title for one in scenarios}) == len(scenarios)
    assert not any(one.fingerprint for one in scenarios)


def test_a_kept_run_says_what_it_was(parley, tmp_path: Path) -> None:
    import sim

    asked = ("run", "baseline", "--set", f"{AID}=0.1", "--months", 2, "--seed", 3, "--replications", 12, "--report")
    done = parley(*asked, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    title = done.stdout.splitlines()[0]
    assert f"with {CALLED} 0.1 (was 1)   12 histories, 2 months, seed 3" in title
    folder = tmp_path / "results" / f"baseline+{AID}=0.1+2_months+seed=3"
    assert f"parley explain results/{folder.name}" in done.stdout
    run = sim.read(folder)
    line = run.identity.line
    fresh = sim.run("baseline", replications=12, months=2, seed=3, settings=[f"{AID}=0.1"])
    assert (fresh.identity, repr(fresh)) == (run.identity, repr(run))
    assert AID in repr(run)
    assert (folder / "summary.md").read_text().splitlines()[0] == f"# {line}".replace("[", r"\[")
    page = (folder / "report.html").read_text()
    assert f"<title>{line} - Parley</title>" in page
    assert f'<h1 dir="auto">{line}</h1>' in page
    assert "12 histories, 2 months, seed 3" in page
    assert parley("explain", folder).stdout.splitlines()[0] == title
    # The file that it keeps can be run, and is a scenario of its own.
    again = parley("run", folder / "scenario.yaml", "--seed", 3, "--replications", 12, cwd=tmp_path).stdout
    assert re.match(r"Baseline: [^,]* \[[0-9a-f]{10}\] +12 histories, 2 months, seed 3\n", again)


def test_a_comparison_says_what_both_are(parley, tmp_path: Path) -> None:
    size = ("--months", 2, "--replications", 12)
    assert parley("run", "baseline", "--set", f"{AID}=0.1", *size, "--out", tmp_path / "kept" / "baseline").returncode == 0
    told = parley("compare", "baseline", "kept/baseline", "--json", "--out", "made", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    first, second = (one["title"] for one in json.loads(told.stdout)["data"]["compared"])
    assert (tmp_path / "made/comparison.md").read_text().splitlines()[0] == f"# {second} against {first}"
    assert first == "Baseline: the war as of early December 2024, over 2 months (was 36 months)"
    assert second == f"Baseline: the war as of early December 2024, with {CALLED} 0.1 (was 1), over 2 months (was 36 months)"
    assert "horizon" not in (tmp_path / "made/comparison.md").read_text()


@pytest.mark.parametrize("command", [
    ("sweep", "baseline", "--vary", f"{AID}=0,1", "--set", "attrition.law=square"),
    ("breakeven", "baseline", "--vary", "manpower.attacker.return_share=0.2:0.7", "--until", "mean(killed_attacker) >= 1",
     "--set", "attrition.law=square"),
])  # fmt: skip
def test_studies_say_what_was_set(parley, tmp_path: Path, command: tuple[str, ...]) -> None:
    size = ("--months", 1, "--replications", 4, "--seed", 2)
    done = parley(*command, *size, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first = " ".join(done.stdout.split())
    assert "with law of attrition square (was mixed), over 1 month (was 36 months), seed 2" in first
    data = json.loads(
        parley(*command, *size, "--json", *(["--force"] if command[0] == "sweep" else []), cwd=tmp_path).stdout
    )["data"]
    assert [one["path"] for one in data["settings"]] == ["attrition.law", "horizon", "seed"]


def test_numbers_that_differ_never_read_alike(base) -> None:
    near = math.nextafter(0.1, 1)
    (change,) = changes(*(base.with_settings([f"{AID}={value!r}"]) for value in (0.1, near)))
    assert change.before != change.after


# Generated runs


class Made(NamedTuple):
    """A run: its scenario, plan, and what decides its tables, made without the code that is tested."""

    scenario: Scenario[ScenarioHead]
    plan: Plan
    decides: str


def effective(value: Any) -> Any:
    """Return all that is simulated of a section, as plain values."""
    if isinstance(value, Quantity):
        return repr(value.distribution)
    if isinstance(value, Fixed):
        return repr(value.value)
    if isinstance(value, BaseModel):
        left_out = {"description", "sources", "horizon_months", "horizon_days"}
        return {name: effective(getattr(value, name)) for name in type(value).model_fields if name not in left_out}
    if isinstance(value, (list, tuple)):
        return [effective(one) for one in value]
    if isinstance(value, dict):
        return {key: effective(one) for key, one in sorted(value.items())}
    return float(value) if isinstance(value, int) else value if isinstance(value, float) else str(value)


def _value(rng: random.Random, path: str, value: Any, knob: Any) -> str:
    """Return a value for a knob, often one that nearly is another."""
    now = float(getattr(value, "central", getattr(value, "value", value)))
    kind = rng.randrange(6)
    if kind == 0:
        return repr(now)
    if kind == 1:
        return repr(math.nextafter(now, rng.choice([-math.inf, math.inf])))
    if kind == 2:
        return repr(now * (1 + rng.choice([1e-7, -1e-7, 1e-12])))
    if kind == 3:
        low = 0.0 if knob is None or knob.low is None else knob.low
        high = low + 1 if knob is None or knob.high is None else knob.high
        return repr(round(rng.uniform(low, high), rng.choice([1, 3, 12])))
    if kind == 4 and isinstance(value, Quantity):
        return f"{{dist: uniform, low: {now!r}, high: {now * rng.choice([1.1, 1.1000001])!r}}}"
    return repr(round(now, 2))


def _made(rng: random.Random, bases: list[Scenario[ScenarioHead]]) -> Made | None:
    base = rng.choice(bases)
    known = [one for one in numbers(base.world) if not one.path.startswith(("correlations", "expect", "horizon"))]
    settings = []
    for one in rng.choices(known, k=rng.choice([0, 1, 1, 1, 2, 3, 8])):
        settings.append(f"{one.path}={_value(rng, one.path, one.value, one.knob)}")
    settings += rng.choice([[], [], ["attrition.law=square"], ["negotiation.red_lines=[]"], ["sides.attacker.name=A, B"],
                            [f"title={rng.choice(bases).world.title}"], ["description=mine"]])  # fmt: skip
    rng.shuffle(settings)
    try:
        scenario = base.with_settings(settings)
    except ScenarioError:
        return None
    months = rng.choice([None, None, 1, 2, 12, 36])
    plan = Plan(rng.choice([5, 5, 6]), rng.choice([1, 1, 2, 11]), horizon_days(scenario, months))
    return Made(scenario, plan, json.dumps([effective(scenario.world), plan.days, plan.seed]))


def _runs(count: int, seed: int, folder: Path) -> Iterator[Made]:
    rng = random.Random(seed)
    bases = [load_scenario(name, WarScenario) for name in ("baseline", "aid_halted", "history/iwo_jima", "no_talks")]
    text = bases[0].to_yaml()
    # Files of one name and title, which say other things or the same.
    for place, aid in enumerate((1, 0.5, 0.5)):
        (folder / f"{place}").mkdir()
        file = folder / f"{place}" / "baseline.yaml"
        file.write_text(text if aid == 1 else text.replace("aid_scale: 1\n", f"aid_scale: {aid}\n", 1))
        bases.append(load_scenario(file, WarScenario))
    made = 0
    while made < count:
        one = _made(rng, bases)
        if one is not None:
            made += 1
            yield one


def _hold_apart(runs: Iterator[Made]) -> int:
    """Assert that no line stands for two runs, and no folder; return how many different runs there were."""
    lines: dict[str, str] = {}
    folders: dict[str, tuple[str, str]] = {}
    for one in runs:
        found = identity_of(one.scenario, one.plan)
        with_size = f"{one.decides} {one.plan.replications}"
        assert lines.setdefault(found.line, one.decides) == one.decides, found.line
        assert lines.setdefault(found.headline(one.plan.replications), with_size) == with_size
        assert "\n" not in found.line
        # Folders are told apart by scenario and settings; systems that fold case fold none of two together.
        key = (found.fingerprint, one.decides)
        assert folders.setdefault((found.folder + found.fingerprint + found.of).casefold(), key)[1] == one.decides
        assert len(found.folder.encode()) <= 120
        assert re.fullmatch(r"[A-Za-z0-9_.,=+-]*[A-Za-z0-9_]", found.folder)
    return len(set(lines.values()))


def test_two_runs_never_share_a_title_line(tmp_path: Path) -> None:
    assert _hold_apart(_runs(60, 1, tmp_path)) > 60


@pytest.mark.long
def test_two_of_many_runs_never_share_a_title_line(tmp_path: Path) -> None:
    assert _hold_apart(_runs(2_500, 2, tmp_path)) > 2_500


def _tables_are_told_apart(runs: Iterator[Made]) -> None:
    titles: dict[str, str] = {}
    for one in runs:
        plan = Plan(one.plan.replications, one.plan.seed, min(one.plan.days, 31))
        ran = run_ensemble(one.scenario, plan)
        table = outcomes_csv(ran)
        assert titles.setdefault(headline(ran), table) == table


def test_runs_of_other_tables_have_other_titles(tmp_path: Path) -> None:
    _tables_are_told_apart(_runs(6, 3, tmp_path))


@pytest.mark.long
def test_many_runs_of_other_tables_have_other_titles(tmp_path: Path) -> None:
    _tables_are_told_apart(_runs(80, 4, tmp_path))


# Names of files


def test_pages_of_other_comparisons_have_other_names() -> None:
    ten = ["aid_early", "aid_halted", "aid_late", "attackers_backers_stop", "bare_truce", "baseline", "escalation",
           "european_zone", "faster_offensive"]  # fmt: skip
    letters = "ж" * 100
    asked: list[tuple[list[str], dict[str, object]]] = [
        ([*ten, "guaranteed_zone"], {}), ([*ten, "more_arms"], {}), ([f"{letters}a", "b"], {}), ([f"{letters}b", "b"], {}),
        (["a_b", "c"], {}), (["a", "b_c"], {}), (["x/a", "x/b"], {}), (["y/a", "y/b"], {}), (["X/a", "X/b"], {}),
        (["baseline", "more_arms"], {}), (["baseline", "more_arms"], {"months": 2}),
        (["baseline", "more_arms"], {"seed": 2}), (["results/baseline", "results/more_arms"], {}),
        (["baseline", "more_arms", "no_talks"], {"unpaired": True}),
    ]  # fmt: skip
    names = [study_name(of, how) for of, how in asked]
    assert len({name.casefold() for name in names}) == len(asked)
    assert all(len(name.encode()) <= 150 for name in names)
    assert "baseline_more_arms" in names


def test_names_of_shipped_scenarios_beside_one_another_read_in_one_way() -> None:
    known = [name for name in shipped() if "/" not in name]
    beside = [
        *known,
        *(f"{a}_{b}" for a in known for b in known),
        *(f"{a}_{b}_{c}" for a in known for b in known for c in known),
    ]
    assert len(set(beside)) == len(beside)


def test_names_of_sweeps_tell_their_knobs_apart() -> None:
    varied = [
        ["a.b=0:1:2"],
        ["a.b=0,1,2"],
        ["a.b=0:1:3"],
        ["a.c=0:1:2"],
        ["a.b=0:1:2", "a.c=1"],
        ["a.B=0:1:2"],
        ['a.b="x: y",z'],
    ]
    names = [file_name("base", sweep_parts(one, "grid", None)) for one in varied]
    # A scenario whose name reads like another with what was set.
    assert len({file_name("a+b"), file_name("a", ["b"]), file_name("a+b", ["c"]), file_name("a", ["b", "c"])}) == 4
    names += [file_name("base", sweep_parts(["a.b=0:1"], *design)) for design in (("latin", 4), ("sobol", 4), ("latin", 8))]
    assert len({name.casefold() for name in names}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_.,=+-]*[A-Za-z0-9_]", name) for name in names)


def test_results_in_python_say_what_they_are() -> None:
    import sim

    size: dict[str, Any] = {"replications": 4, "months": 1}
    base, less = sim.run("baseline", **size), sim.run("baseline", **size, settings=[f"{AID}=0.1"])
    said = repr(sim.compare(base, less))
    assert said == f"<Comparison: baseline+{AID}=0.1 over 1 month against baseline over 1 month, 4 pairs>"
    swept = sim.sweep("no_talks", {AID: [0, 1]}, **size, seed=2)
    assert repr(swept) == f"<Sweep: no_talks over 1 month, seed 2, over {AID} (0, 1), 4 histories each>"


def test_scenarios_in_words_say_what_was_set(parley, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("title: Mine\nextends: baseline\ndescription: Less aid.\n")
    assert parley("show", "baseline", "--set", f"{AID}=0.1").stdout.splitlines()[0].endswith(f", with {CALLED} 0.1 (was 1)")
    told = parley("diff", "baseline", "mine.yaml", cwd=tmp_path).stdout.splitlines()[0]
    assert re.fullmatch(r"From 'Baseline: [^']*' to 'Mine \[[0-9a-f]{10}\]':", told)


def test_two_runs_whose_folders_differ_in_capitals_alone_are_refused(parley, tmp_path: Path) -> None:
    for name in ("x.yaml", "X.yaml"):
        (tmp_path / name).write_text("title: Mine\nextends: baseline\ndescription: As it is.\n")
    done = parley("run", "x.yaml", "X.yaml", "--replications", 2, "--months", 1, cwd=tmp_path)
    assert done.returncode == 2
    assert "two scenarios have the same name" in done.stderr
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("command", [("run",), ("targets",), ("sweep", "--vary", "arms.defender.aid_scale=0,1")], ids=str)
def test_a_horizon_is_given_once(command: tuple[str, ...], parley: Any, tmp_path: Path) -> None:
    done = parley(command[0], "baseline", *command[1:], "--months", 2, "--set", "horizon_months=3", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: horizon_months is set by --set, and --months gives the horizon too: choose one\n"
