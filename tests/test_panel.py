"""Dissent: what several analysts differ in is found, the spread is attributed to it, and what would turn it is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.engine.draws import Floats
from sim.ensemble.run import Plan, horizon_days, run_ensemble, run_histories
from sim.errors import ParleyError
from sim.results.columns import TABLES
from sim.results.read import read_folder
from sim.studies.condition import Condition
from sim.studies.members import Members, members_of
from sim.studies.panel import lay_out, panel
from sim.studies.shapley import Attribution, Design, Part, attribute
from sim.studies.turning import turns
from sim.words.layout import as_text
from sim.words.numbers import rounded
from sim.words.panel import answer
from tests.conftest import ROOT

# Three members, who each have one of two or three values of five differences.
HELD = np.array([[0, 0, 0, 0, 0], [1, 0, 1, 2, 1], [0, 1, 1, 1, 2]])
WEIGHTS = np.array([0.5, 0.25, 0.25])


def truth(x: Any) -> float:
    """Return the answer of a planted case: two that add, two that only count together, one that plays no part."""
    return 0.2 + 0.08 * x[0] - 0.05 * x[1] + 0.06 * x[2] * x[3]


def by_every_order(a: Any, b: Any) -> Floats:
    """Return what each difference adds on the way from one member to another, by going through every order."""
    found = np.zeros(len(a))
    orders = list(permutations(range(len(a))))
    for order in orders:
        at = a.copy()
        for player in order:
            before = truth(at)
            at[player] = b[player]
            found[player] += (truth(at) - before) / len(orders)
    return found


def true_shares() -> Floats:
    given, seen = np.zeros(HELD.shape[1]), 0.0
    for a, b in combinations(range(len(HELD)), 2):
        weight, gap = WEIGHTS[a] * WEIGHTS[b], truth(HELD[b]) - truth(HELD[a])
        given += weight * by_every_order(HELD[a], HELD[b]) * gap
        seen += weight * gap**2
    shares: Floats = given / seen
    return shares


def planted(answer: Callable[[Any], Floats], design: Design) -> Attribution:
    """Attribute the variance between the members, of answers in each history."""
    parts = []
    for a, b in combinations(range(len(HELD)), 2):
        values = {
            subset: answer([(HELD[b] if subset >> j & 1 else HELD[a])[j] for j in range(HELD.shape[1])])
            for subset in design.subsets
        }
        gap = values[(1 << HELD.shape[1]) - 1] - values[0]
        parts.append(Part(WEIGHTS[a] * WEIGHTS[b], gap, design.contributions(values)))
    return attribute(parts)


def tossed(rng: np.random.Generator, n: int, effect: float = 1.0) -> Callable[[Any], Floats]:
    """Return histories of yes and no on common luck, whose share is the truth; part of their luck is each cell's own."""
    common, own = rng.random(n), {}

    def answer(x: Any) -> Floats:
        mine = own.setdefault(tuple(x), rng.random(n))
        chance = 0.2 + effect * (truth(x) - 0.2)
        luck = np.where(rng_split < 0.9, common, mine)
        return (luck < chance).astype(np.float64)

    rng_split = rng.random(n)
    return answer


ORDERS = tuple(tuple(np.random.default_rng(7).permutation(5).tolist()) for _ in range(16))


@pytest.mark.parametrize("design", [Design(5), Design(5, ORDERS)], ids=["every subset", "random orders"])
def test_dissent_is_attributed_to_what_was_planted(design: Design) -> None:
    exact = planted(lambda x: np.full(50, truth(x)), design)
    near = 1e-9 if not design.orders else 0.05
    assert [one.value for one in exact.shares] == pytest.approx(true_shares().tolist(), abs=near)
    assert sum(one.value for one in exact.shares) == pytest.approx(1.0)
    assert exact.luck.value == pytest.approx(0.0, abs=1e-12)
    rng = np.random.default_rng(1)
    found = [planted(tossed(rng, 400), design) for _ in range(40)]
    shares = np.array([[share.value for share in one.shares] for one in found])
    assert shares.mean(axis=0) == pytest.approx(true_shares(), abs=0.05)
    assert all(one.is_told for one in found)
    assert [sum(share.value for share in one.shares) + one.luck.value for one in found] == pytest.approx([1.0] * 40)


def test_the_share_of_a_difference_is_covered_by_its_interval() -> None:
    rng, true, inside = np.random.default_rng(2), true_shares(), 0
    for _ in range(150):
        found = planted(tossed(rng, 200), Design(5))
        inside += sum(one.low <= value <= one.high for one, value in zip(found.shares[:4], true, strict=False))
    assert 0.91 <= inside / 600 <= 0.985


def test_what_luck_alone_has_set_apart_is_not_told() -> None:
    rng = np.random.default_rng(3)
    found = [planted(tossed(rng, 200, effect=0.0), Design(5)) for _ in range(200)]
    assert np.mean([one.is_told for one in found]) <= 0.1
    assert not planted(lambda x: np.full(50, 0.3), Design(5)).is_told
    with pytest.raises(ValueError, match="at least 20 are needed"):
        planted(lambda x: np.full(10, truth(x)), Design(5))


def test_what_two_do_only_together_is_divided_evenly_and_many_are_taken_in_random_orders() -> None:
    values = {0: np.zeros(30), 1: np.zeros(30), 2: np.zeros(30), 3: np.ones(30)}
    assert Design(2).contributions(values).mean(axis=2).tolist() == [[0.5, 0.5]]
    many = Design.of(9, seed=1)
    assert many == Design.of(9, seed=1)
    assert Design.of(6).subsets == list(range(64))
    assert {0, *(1 << j for j in range(9)), 511} <= {*many.subsets}
    added = many.contributions({s: np.full(30, float(s)) for s in many.subsets})
    assert added.mean(axis=(0, 2)) == pytest.approx([2.0**j for j in range(9)])


# What members differ in

A = """title: A
extends: base
attrition: {law: square, level_factor: 1.2}
manpower: {attacker: {return_share: {value: 0.3, note: mine}}}
front: {advance_km2_per_day: 10}
negotiation:
  issues:
    security: {weight: {defender: 0.25}}
    territory: {weight: {defender: 0.35}}
"""
B = """title: B
extends: base
attrition: {level_factor: 0.7}
front: {advance_km2_per_day: {dist: uniform, low: 8, high: 16}}
arms: {packages: {spring: {backer: europe, date: 2025-01-01, amount_beur: 10, probability: 1}}}
"""
C = "title: C\nextends: base\n"
SHIPPED = ["panel/losses_replaced", "panel/losses_wear_down", "panel/institutions_carry"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """Return a folder with three members over one base of their own."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"base": "title: Base\nextends: baseline\nhorizon_months: 2\n", "a": A, "b": B, "c": C}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def of(*names: str, weights: tuple[float, ...] = ()) -> Members:
    return members_of([sim.load(f"{name}.yaml") for name in names], weights)


def test_members_differ_in_what_their_files_assume(folder: Path) -> None:
    found = of("a", "b", "c", weights=(2, 1, 1))
    assert found.base.path.name == "base.yaml"
    assert found.weights.tolist() == [0.5, 0.25, 0.25]
    numbers, others = ([one for one in found.differences if (one.values is None) == rule] for rule in (False, True))
    # What is drawn together with another is not given, since making it certain bends the luck of that.
    known = {one.knob: (one.is_given, one.holds, one.central) for one in numbers}
    assert known == {
        "attrition.level_factor": (False, (0, 1, 2), (1.2, 0.7, 0.885)),
        "manpower.attacker.return_share": (False, (0, 1, 1), (0.3, 0.7, 0.7)),
        "front.advance_km2_per_day": (True, (0, 1, 2), (10, 12, 20)),
    }
    assert {one.knob for one in others} == {
        "attrition.law", "arms.packages",
        "negotiation.issues.security.weight.defender, negotiation.issues.territory.weight.defender",
    }  # fmt: skip
    assert {one.knob: one.said for one in numbers}["front.advance_km2_per_day"] == (
        "10", "uniform: low 8, high 16", "triangular: low 12.3, mode 20, high 31.3",
    )  # fmt: skip
    # The nearest that all extend: of a member that others extend, itself.
    assert members_of([sim.load("base.yaml"), sim.load("a.yaml")]).base.path.name == "base.yaml"


def test_what_one_leaves_to_its_default_is_what_another_says(folder: Path) -> None:
    shutil.copy(ROOT / "tests" / "wars" / "border_war.yaml", folder)
    for name, title, text in (
        ("says", "View", "{attacker: {training_days: 30, killed_share: 0.2}}"), ("leaves", "View", "{}"),
        ("another", "Other view", "{attacker: {training_days: 60}}"),
    ):  # fmt: skip
        (folder / f"{name}.yaml").write_text(f"title: {title}\nextends: border_war\nmanpower: {text}\n")
    found = of("says", "leaves", "another")
    numbers = {one.knob: (one.is_given, one.holds, one.central) for one in found.differences}
    assert numbers == {
        "manpower.attacker.training_days": (True, (0, 0, 2), (30, 30, 60)),
        "manpower.attacker.killed_share": (True, (0, 1, 1), (0.2, 0.25, 0.25)),
    }
    # Two of one title are told apart by their files.
    assert [one.called for one in found.members] == ["View (says)", "View (leaves)", "Other view"]
    (folder / "says.yaml").write_text("title: V\nextends: border_war\nmanpower: {attacker: {training_days: 30}}\n")
    with pytest.raises(ParleyError, match="says, leaves assume the same"):
        of("says", "leaves")


def test_a_mixture_of_all_that_a_member_holds_is_that_member(folder: Path) -> None:
    found = of("a", "b", "c")
    plan = Plan(30, 3, 40, series=False)
    numbers = np.arange(30)
    drawn = found.drawn(3, numbers)
    for at, member in enumerate(found.members):
        cell = found.own(at)
        mixed = run_histories(found.structure(cell), plan, numbers, found.given(cell, drawn)).outcomes
        own = run_ensemble(member.scenario, plan).outcomes
        for name in ("casualties_attacker", "casualties_defender", "ground_gained_km2"):
            np.testing.assert_array_equal(mixed[name], own[name], err_msg=f"{member.name}: {name}")


def test_what_is_no_panel_is_said_with_a_cure(folder: Path, parley) -> None:
    def said(*words: str) -> str:
        done = parley("panel", *words, cwd=folder)
        assert (done.returncode, done.stdout) == (3, "")
        (line,) = done.stderr.splitlines()
        return str(line)

    assert said("a.yaml") == "error: a panel has 2 to 8 members, not 1"
    assert "assume the same" in said("c.yaml", "c.yaml")
    assert "extend no scenario that is the same for all" in said("a.yaml", "history/iwo_jima")
    assert "2 members and 3 weights" in said("a.yaml", "b.yaml", "--weights", "1,1,1")
    assert "greater than 0, not 1, -1" in said("a.yaml", "b.yaml", "--weights", "1,-1")
    (folder / "late.yaml").write_text("title: Late\nextends: base\nstart_date: 2025-01-04\n")
    assert "the same start date" in said("a.yaml", "late.yaml")
    (folder / "long.yaml").write_text("title: Long\nextends: base\nhorizon_months: 3\nattrition: {law: square}\n")
    assert "give one to all with --months" in said("c.yaml", "long.yaml")
    assert "unknown outcome" in said("a.yaml", "b.yaml", "--conclusion", "share(deals) >= 0.5")
    assert parley("panel", "a.yaml", "b.yaml", "--weights", "1,x", cwd=folder).returncode == 2


# What a panel finds


def test_a_planted_number_divides_members_and_turns_them(folder: Path) -> None:
    for name, level in {"low": 0.6, "high": 1.4}.items():
        both = f"attrition: {{level_factor: {level}}}\nsupport: {{attacker: {{success_weight: {level / 2}}}}}\n"
        (folder / f"{name}.yaml").write_text(f"title: {name.title()}\nextends: base\ncorrelations: []\n{both}")
    found = sim.panel(
        ["low.yaml", "high.yaml"], weights=[3, 1], outcomes=["casualties_attacker"], replications=30, months=1,
        conclusion="mean(casualties_attacker) >= 40_000",
    )  # fmt: skip
    (one,) = found.dissents
    low, high = (value.value for value in one.values)
    assert one.pooled.value == pytest.approx(0.75 * low + 0.25 * high)
    assert high / low == pytest.approx(1.4 / 0.6, rel=0.1)
    shares = dict(zip((each.knob for each in found.members.differences), one.attribution.shares, strict=True))
    assert shares["attrition.level_factor"].value == pytest.approx(1.0, abs=0.05)
    assert abs(shares["support.attacker.success_weight"].value) <= 0.05
    turns = {(turn.member, found.members.differences[turn.difference].knob): turn for turn in found.turning}
    for member in (0, 1):
        level = turns[member, "attrition.level_factor"]
        assert level.answer == "turns"
        assert level.needed is not None
        assert level.low is not None
        assert level.high is not None
        assert level.low <= level.needed <= level.high
        # Losses follow the level: the same whoever has to come to it.
        assert level.needed == pytest.approx(0.6 * 40_000 / low, rel=0.1)
        assert turns[member, "support.attacker.success_weight"].answer == "does not turn"
    first, *_ = found.findings
    assert first.sentence.startswith("The two members differ on 2 assumptions. On 'casualties, Russia' (")
    assert "it is mostly scale of all casualties that divides them: " in first.sentence
    assert (
        "'High' would not conclude that the mean of 'casualties, Russia' is at least 40,000 if" in found.findings[1].sentence
    )
    assert "at most " in found.findings[1].sentence or "at least " in found.findings[1].sentence
    # What each would have to believe stands beside what it says, and all of it on the first screen.
    first_screen = as_text(answer(found)).splitlines()
    (head,) = (place for place, line in enumerate(first_screen) if line.startswith(" Member "))
    assert "otherwise if scale" in " ".join(first_screen[head - 2 : head + 1])
    for who, line in zip(("low", "high"), first_screen[head + 1 :], strict=False):
        turn = turns[("low", "high").index(who), "attrition.level_factor"]
        assert line.split()[0] == who.title()
        assert turn.needed is not None
        bound, concludes = ("least", "no") if turn.needed > (turn.now or 0) else ("most", "yes")
        assert line.endswith(f" {concludes}  at {bound} {rounded(turn.needed, 2)} (now {rounded(turn.now or 0, 2)})")
    # So it does of eight members, who take more of it, whatever turns them.
    many = replace(
        found,
        members=replace(
            found.members, members=4 * found.members.members,
            differences=tuple(replace(one, values=4 * one.values) for one in found.members.differences if one.values),
        ),
        dissents=[replace(one, values=4 * one.values)],
        turning=[
            turn._replace(member=2 * copy + turn.member, difference=copy % 2) for copy in range(4) for turn in found.turning
        ],
    )  # fmt: skip
    shown = as_text(answer(many)).splitlines()
    assert len(shown) <= 20
    assert sum(line.startswith((" Low ", " High ")) for line in shown) == 8
    assert "another: --full" in "\n".join(shown)


@pytest.mark.parametrize(("other", "answer"), [(80, "turns as a whole"), (55, "not settled"), (40, "does not turn")])
def test_a_turn_as_a_whole_is_settled_only_where_luck_made_neither_answer(folder: Path, other: int, answer: str) -> None:
    (folder / "rule.yaml").write_text("title: Rule\nextends: base\nattrition: {law: square}\n")
    members = of("c", "rule")
    assert [one.central for one in members.differences] == [None]
    condition = Condition.parse("share(war_goes_on) >= 0.5")
    values = {members.own(0): 1.0 * (np.arange(100) < 30), members.own(1): 1.0 * (np.arange(100) < other)}
    found = turns(members, Plan(100, 1, 30), condition, values)
    assert [one.answer for one in found] == [answer, answer]
    assert [condition.sure(one.own) for one in found] == [False, {80: True, 55: None, 40: False}[other]]


def test_the_same_bytes_whatever_the_batch_and_tables_are_as_declared(folder: Path, parley) -> None:
    (folder / "d.yaml").write_text("title: D\nextends: base\nattrition: {law: square}\nfront: {advance_km2_per_day: 10}\n")
    words = ("panel", "c.yaml", "d.yaml", "--replications", "20", "--months", "1", "--outcome", "casualties_attacker")
    made = []
    for workers in ("1", "2"):
        done = parley(*words, "--workers", workers, "--out", workers, cwd=folder)
        assert done.returncode == 0, done.stderr
        made.append({file.name: file.read_bytes() for file in (folder / workers).iterdir()})
    assert made[0] == made[1]
    kept = read_folder(folder / "1")
    tables = {name: kept.table(name, TABLES[name]) for name in ("panel.csv", "dissent.csv", "turning.csv")}
    assert [table.rows for table in tables.values()] == [3, 3, 4]
    assert sum(tables["dissent.csv"]["share"]) == pytest.approx(1.0)
    found = members_of([sim.load(f"{name}.yaml") for name in "cd"], has_own_span=True)
    plan = Plan(20, 1, horizon_days(found.base, 1), series=False)
    ask = ["casualties_attacker"]
    small = panel(found, replace(plan, batch=50), ask)
    assert small.as_dicts() == panel(found, plan, ask).as_dicts()
    assert small.dissent() == panel(found, plan, ask).dissent()


@pytest.mark.ensembles
def test_members_who_differ_on_much_are_taken_apart_in_random_orders(folder: Path) -> None:
    (folder / "b.yaml").write_text(B + "support: {attacker: {success_weight: 0.3}}\n")
    found = sim.panel(["a.yaml", "b.yaml"], replications=20, months=1, outcomes=["casualties_attacker", "ground_gained_km2"])
    assert len(found.members.differences) == 7
    assert len(lay_out(found.members).cells) == found.mixtures > 70
    for one in found.dissents:
        assert sum(share.value for share in one.attribution.shares) + one.attribution.luck.value == pytest.approx(1.0)
        assert one.attribution.is_told


@pytest.mark.ensembles
def test_the_shipped_schools_part_over_ground_by_the_wounded_and_over_peace_by_institutions() -> None:
    found = sim.panel(SHIPPED, outcomes=["ground_gained_km2", "ceasefire_in_force"], months=24, replications=100)
    most = {
        one.outcome: max(zip(one.attribution.shares, found.members.differences, strict=True), key=lambda each: each[0].value)
        for one in found.dissents
    }
    assert most["ground_gained_km2"][1].knob == "manpower.attacker.return_share"
    assert most["ceasefire_in_force"][1].knob == "ceasefire.institutions"
    assert all(share.low > 0.2 for share, _ in most.values())
