"""What every mechanism must keep, and the model as a whole."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.engine.agenda import Agenda
from sim.engine.draws import Stream
from sim.engine.mechanism import Mechanism
from sim.engine.world import Setting, World
from sim.model import EVENT_KINDS, MECHANISMS, ORDER_OF_THE_DAY, section, simulate
from sim.model.arms import Arms
from sim.model.attrition import Attrition
from sim.model.beliefs import Beliefs
from sim.model.ceasefire import Ceasefire
from sim.model.collapse import Collapse
from sim.model.decision import Aims
from sim.model.endings import AIMS_OF, CONQUERED_BY
from sim.model.events import Events
from sim.model.front import Front
from sim.model.manpower import Manpower
from sim.model.parameters import Drawn
from sim.model.rout import Rout
from sim.model.support import Support
from sim.model.talks import Talks
from sim.model.truces import Truces
from sim.scenario import Scenario
from tests.model.conftest import others

every_mechanism = pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda mechanism: mechanism.name)
SOURCES = Path(sim.__file__).parent
N = 5


@pytest.fixture
def built(baseline: Scenario[Any]) -> dict[type[Mechanism], Mechanism]:
    """The mechanisms of a batch that has not run."""
    declared = [(m.name, field) for m in MECHANISMS for field in m.fields(section(baseline, m))]
    world = World(Setting(baseline.world.start_date, 90, 1, np.arange(N)), ORDER_OF_THE_DAY, declared)
    drawn = Drawn(baseline.world, world.draws)
    return {m: m(world, section(baseline, m), drawn) for m in MECHANISMS}


def world_of(built: dict[type[Mechanism], Mechanism]) -> World:
    world: World = next(iter(built.values())).world
    return world


# Fields


@every_mechanism
def test_fields_have_units_and_descriptions(baseline: Scenario[Any], mechanism: type[Mechanism]) -> None:
    fields = mechanism.fields(section(baseline, mechanism))
    assert fields
    for field in fields:
        assert field.name.isidentifier()
        assert field.name.islower()
        assert field.unit.strip(), field.name
        assert field.about.endswith("."), field.name


def test_every_field_has_one_owner(baseline: Scenario[Any]) -> None:
    names = [field.name for m in MECHANISMS for field in m.fields(section(baseline, m))]
    assert sorted(names) == sorted(set(names))


@every_mechanism
def test_the_text_names_every_field(baseline: Scenario[Any], mechanism: type[Mechanism]) -> None:
    text = (SOURCES / "model" / "README.md").read_text(encoding="utf-8").partition("## 3.")[0]
    mine = " ".join(line for line in text.splitlines() if line.startswith(f"| {mechanism.name} |"))
    for field in mechanism.fields(section(baseline, mechanism)):
        assert f"`{field.name}`" in mine, f"sim/model/README.md, section 2: no `{field.name}` in a row of {mechanism.name}"


@every_mechanism
def test_after_construction_every_own_field_is_set(
    baseline: Scenario[Any], built: dict[type[Mechanism], Mechanism], mechanism: type[Mechanism]
) -> None:
    for field in mechanism.fields(section(baseline, mechanism)):
        values = world_of(built).fields.see(field.name)
        assert values.shape == ((N,) if field.rows is None else (len(field.rows), N))
        assert not np.isnan(values).any(), field.name


@every_mechanism
def test_what_others_see_cannot_be_written_to(
    baseline: Scenario[Any], built: dict[type[Mechanism], Mechanism], mechanism: type[Mechanism]
) -> None:
    fields = world_of(built).fields
    for field in mechanism.fields(section(baseline, mechanism)):
        with pytest.raises(ValueError, match="read-only"):
            fields.see(field.name)[...] = 0
        for other in MECHANISMS:
            if other is not mechanism:
                with pytest.raises(ValueError, match=f"belongs to '{mechanism.name}'"):
                    fields.own(other.name, field.name)


# Order, names, parameters


@every_mechanism
def test_topics_and_steps_stand_in_the_order_of_the_day(mechanism: type[Mechanism]) -> None:
    acts = (*mechanism.topics, *mechanism.steps)
    assert [name for name in ORDER_OF_THE_DAY if name in acts] == list(acts)


def test_the_mechanisms_make_up_the_order_of_the_day() -> None:
    acts = [name for m in MECHANISMS for name in (*m.topics, *m.steps)]
    assert sorted(acts) == sorted(ORDER_OF_THE_DAY)


def test_the_order_of_the_day_is_that_of_the_text() -> None:
    text = " ".join((SOURCES / "model" / "README.md").read_text(encoding="utf-8").split())
    appointments, steps = re.search(r"in the order \*([^*]+)\*; then \*\*([^*]+)\*\*", text).groups()  # type: ignore[union-attr]
    assert ", ".join(ORDER_OF_THE_DAY) + ", recorder" == f"{appointments}, {steps}"


def test_first_steps_follow_the_order_of_the_mechanisms() -> None:
    # But for the scenario's events, which come first, while their conditions are looked for last.
    places = [ORDER_OF_THE_DAY.index(m.steps[0]) for m in MECHANISMS if m not in (Events, Front)]
    assert places == sorted(places)
    assert MECHANISMS[0] is Events
    # And but for the front, which needs forces and stocks at the start, while the day begins with how hard both attack.
    assert ORDER_OF_THE_DAY.index("posture") < min(places)
    assert [m.name for m in MECHANISMS if m.name in ORDER_OF_THE_DAY and m is not Events] == [
        step for step in ORDER_OF_THE_DAY if step in {m.name for m in MECHANISMS if m is not Events}
    ]
    assert Events.steps == ORDER_OF_THE_DAY[-1:]
    topics = [ORDER_OF_THE_DAY.index(topic) for m in MECHANISMS for topic in m.topics]
    assert topics == list(range(len(topics)))


@every_mechanism
def test_a_mechanism_is_named_after_its_section(baseline: Scenario[Any], mechanism: type[Mechanism]) -> None:
    own = section(baseline, mechanism)
    assert isinstance(own, mechanism.parameters) or (mechanism.optional and own is None)
    assert mechanism.__doc__


def test_the_declared_steps_and_topics_are_those_that_are_used(
    varied: Callable[..., Scenario[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = varied(edit=others, negotiation=True)
    used: dict[str, set[str]] = {"next": set(), "topic": set(), "gathering": set()}
    for name, seen in used.items():
        usual = getattr(Agenda, name)

        def noting(agenda: Agenda, what: str, *others: Any, usual: Any = usual, seen: Any = seen, **named: Any) -> Any:
            seen.add(what)
            return usual(agenda, what, *others, **named)

        monkeypatch.setattr(Agenda, name, noting)
    simulate(scenario, Setting(scenario.world.start_date, 2, 1, np.arange(N)))
    assert used["next"] == {step for m in MECHANISMS for step in m.steps} | {"recorder"}
    assert used["topic"] | used["gathering"] == {topic for m in MECHANISMS for topic in m.topics}


@every_mechanism
def test_a_mechanism_first_waits_for_its_first_step(
    built: dict[type[Mechanism], Mechanism], monkeypatch: pytest.MonkeyPatch, mechanism: type[Mechanism]
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(world_of(built).agenda, "next", lambda step, *others, **named: asked.append(step))
    next(built[mechanism].life())
    assert asked == [mechanism.steps[0]]


# Luck: the batch does not matter, and no draw is used twice.


def test_a_permuted_batch_gives_the_same_histories(varied: Callable[..., Scenario[Any]], play: Callable[..., Any]) -> None:
    scenario, order = varied(edit=others, negotiation=True), [3, 0, 200, 7, 131, 1]
    together, reversed_ = play(scenario, 100, numbers=order), play(scenario, 100, numbers=order[::-1])
    alone = play(scenario, 100, numbers=[131])
    for field in together.world.fields:
        values = together.of(field.name)
        assert np.array_equal(values, reversed_.of(field.name)[..., ::-1]), field.name
        assert np.array_equal(values[..., [4]], alone.of(field.name)), field.name


def test_every_draw_is_used_once(baseline: Scenario[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    usual = Stream.at

    def at(stream: Stream, index: int) -> np.ndarray:
        asked.append((stream._name, index))
        return usual(stream, index)

    monkeypatch.setattr(Stream, "at", at)
    simulate(baseline, Setting(baseline.world.start_date, 100, 1, np.arange(3)))
    assert len(asked) > 300
    assert len(set(asked)) == len(asked)


# Events and sentences


def eventful(tree: dict[str, Any]) -> None:
    """Make everything happen that can."""
    others(tree)
    for halt in tree["arms"]["halts"].values():
        halt["for_good_share"] = 0.2
        halt.update({"probability": 1} if "date" in halt else {"hazard_per_year": 50})
    tree["arms"]["packages"] = [
        {"id": "one", "backer": "europe", "date": date(2025, 1, 10), "amount_beur": 2, "probability": 1}
    ]
    for wave in tree["manpower"]["waves"].values():
        wave.update({"probability": 1, "force_below_share": 0.95})
    tree["front"]["offensives"] = [
        {"id": "one", "date": date(2025, 1, 20), "days": 30, "intensity": 0.2, "probability": 0.5}
    ]
    for side in ("attacker", "defender"):
        tree["collapse"][side].update({"force_share": 0.9, "hazard_per_year": 2})
        tree["rout"][side].update({"balance_against": 1.5, "hazard_per_year": 3})
    # Few have their aims, and some lose or take all.
    held = tree["front"]["held_area_km2"]["value"]
    tree["front"]["total_area_km2"] = held + 4_000
    tree["aims"] = {"attacker": {"stops_at_km2": {"dist": "uniform", "low": held + 1_000, "high": held + 20_000}}}
    for campaign in tree["front"]["campaigns"].values():
        campaign.update(begins_per_year=50, prepare_days=15, longest_days=20, rest_days=15)
        campaign.update(needs_fire_share=0, needs_force_share=0)
    tree["front"]["campaigns"]["defender"].update(prepare_days=90)
    tree["negotiation"]["talks"].update(agree_per_year=50, open_per_year=20, suspend_per_year=10, suspended_days=20)
    tree["ceasefire"].update({"settled_after_years": 0.2, "strategic_effect": 100, "imposed_effect": 5})
    # Without what is said against it, and soon there.
    del tree["negotiation"]["red_lines"]["no_western_troops"]
    tree["ceasefire"]["regimes"]["european_zone"]["deploy_days"] = 5
    tree["negotiation"]["red_lines"]["no_neutrality"].update(ratified_by="voters", hard_share=0.4)
    tree["negotiation"]["mediation"].update(hazard_per_year=6, days=40, pressure=0.3)
    tree["negotiation"]["defender"]["office"] = {"price": 0, "safe_terms": 0.6}
    tree["ceasefire"]["handover_days"] = 3
    tree["negotiation"]["issues"]["territory"]["options"]["line_of_contact"]["ceded_km2"] = -50
    owed = {"arms": {"by": "attacker", "due_days": 2, "kept_share": 0.5, "overdue_effect": 1}}
    for regime in tree["ceasefire"]["regimes"].values():
        regime.update(mandate_days=6, renewed_share=0.4, withdrawn_per_year=20, obligations=owed)
    for side in ("attacker", "defender"):
        tree["negotiation"][side]["withholds_land_share"] = 0.5
    voters = {"name": "voters", "side": "defender", "will": 0.5, "ratifies": {"days": 60, "sd": 0.2}}
    quartet = {"name": "quartet", "will": 0.5, "mediates": {"terms": {"territory": ["line_of_contact"]}, "per_year": 4}}
    tree["parties"] |= {"voters": voters, "quartet": quartet}
    aid = {"arms.defender.aid_scale": {"scale": 2, "for_days": 9}}
    tree["trust"]["first_phase"] = {"days": 5, "stops": 0.5}
    tree["events"] = [{"id": "promise", "when": {"date": date(2025, 1, 10)}, "effect": aid}]


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("edited", [False, True], ids=["baseline", "eventful"])
def test_every_event_told_makes_a_sentence(
    varied: Callable[..., Scenario[Any]], play: Callable[..., Any], edited: bool
) -> None:
    scenario = varied(edit=eventful if edited else lambda tree: None, negotiation=True)
    events = play(scenario, 500, n=60).world.recorder.events
    assert events
    for event in events:
        if event.kind == "review":
            # For `parley explain`: numbers of both sides, no sentence.
            assert {"state", "slack_attacker", "slack_defender"} < set(event.values)
            continue
        if event.kind == "deal signed":
            # The chronicle knows the names of the terms.
            assert set(event.values) == {"package", "imposed"}
            continue
        if event.kind in ("offer refused", "terms dictated", "deal withdrawn"):
            assert set(event.values) == {"package", "side"}
            continue
        if event.kind in ("first phase begins", "deal agreed", "deal rejected", "plan accepted", "plan refused"):
            assert set(event.values) == placeholders(EVENT_KINDS[event.kind].sentence) - {"terms"} | {"package"}
            continue
        if event.kind == "deal withheld":
            assert set(event.values) == {"package", "party", "short"}
            continue
        assert set(event.values) == placeholders(EVENT_KINDS[event.kind].sentence)
        sentence = EVENT_KINDS[event.kind].sentence.format(**event.values)
        assert "nan" not in sentence
        assert sentence.endswith(".")
    if edited:
        # What guarantors withhold: tests/model/test_parties.py.
        assert {event.kind for event in events} | {"deal withheld"} == {*EVENT_KINDS, "review"}


def test_no_kind_of_event_is_told_by_two_mechanisms() -> None:
    assert len(EVENT_KINDS) == sum(len(mechanism.kinds) for mechanism in MECHANISMS)


def test_a_kind_of_event_fills_lanes_that_are_drawn() -> None:
    from sim.report.story import LANE_COLOURS, LANES

    named = {lane for kind in EVENT_KINDS.values() for lane in (kind.begins, kind.lasts, *kind.ends)} - {""}
    assert named == set(LANES) == set(LANE_COLOURS)
    begun = {kind.begins for kind in EVENT_KINDS.values()} - {""}
    assert {lane for kind in EVENT_KINDS.values() for lane in kind.ends} == begun, "what begins ends, too"


# Invariants

BROKEN = [
    (Arms, "stock_days", 1.0, "stock = start + produced + received - fired"),
    (Arms, "stock_days", -1e6, "stock is never negative"),
    (Arms, "fire", 2.0, "fire lies in 0..1"),
    (Arms, "pledged_beur", 0.1, "pledged = delivered + in transit + cancelled"),
    (Arms, "in_transit_beur", 0.1, "in transit is what the delays hold"),
    (Manpower, "killed", 1.0, "persons are conserved"),
    (Manpower, "force", -1e9, "force is never negative"),
    (Manpower, "pool", -1e9, "pool is never negative"),
    (Manpower, "in_training", 1.0, "in training is what its delay holds"),
    (Manpower, "recovering", 1.0, "recovering is what its delay holds"),
    (Manpower, "peak_force", -1e9, "no force is larger than the largest so far"),
    (Rout, "routed_until", 50, "both fronts are never broken at once"),
    (Rout, "rout_pace", 1.0, "a rout moves the front against who is routed, and only while it lasts"),
    (Rout, "rout_pace", -1.0, "a rout moves the front against who is routed, and only while it lasts"),
    (Rout, "shaken", 1.0, "only a front that has broken shakes its side"),
    (Aims, "decided", 1, "an army's collapse decides the war, and nothing else in its stead"),
    (Aims, "decided", CONQUERED_BY[1], "who holds all has left the enemy none"),
    (Aims, "decided", AIMS_OF[0], "who stops has reached its aims"),
    (Talks, "dictated_package", 1, "only victors dictate terms, once they have won"),
    (Attrition, "casualties", np.nan, "casualties are a number and never negative"),
    (Attrition, "casualties", -1.0, "casualties are a number and never negative"),
    (Front, "held_area", 1.0, "the areas of both sides add up"),
    (Front, "held_area", -1e9, "no area is negative"),
    (Ceasefire, "at_war", -1.0, "a war has ended when it is over, and only then"),
    (Ceasefire, "ending", 1, "a war has ended when it is over, and only then"),
    (Support, "weariness", -1.0, "weariness never falls below 0"),
    (Support, "war_support", 1.0, "war support lies between 0 and 1"),
    (Beliefs, "momentum", 2.0, "momentum lies between -1 and 1"),
    (Beliefs, "believed_drift", np.nan, "beliefs are numbers"),
    (Talks, "deal_package", 1, "a deal is signed exactly where a package is named"),
    (Talks, "deal_day", 1, "no deal outside the zone of agreement"),
    (Talks, "deal_day", 1, "talks have opened where there was a deal"),
    (Talks, "talks_failed", 1, "no more talks fail than have opened"),
    (Truces, "trust", 1.0, "trust lies between 0 and 1"),
    (Truces, "fighting", -2.0, "some of the fighting rests, and never more than all"),
    (Truces, "truces_kept", 1.0, "a truce is kept only after it has begun"),
    (Truces, "phases_broken", 1.0, "no more first phases are broken than begin"),
]


@every_mechanism
def test_at_the_start_every_invariant_holds(built: dict[type[Mechanism], Mechanism], mechanism: type[Mechanism]) -> None:
    rules = list(built[mechanism].breaches())
    # An army's collapse only marks it; what it ends is the ceasefire's to keep.
    assert rules or mechanism is Collapse
    for rule, broken in rules:
        assert broken.dtype == np.bool_
        assert broken.shape[-1] == N
        assert not broken.any(), rule


@pytest.mark.parametrize(("mechanism", "field", "change", "rule"), BROKEN)
def test_a_corrupt_field_breaks_its_rule_in_its_replication(
    built: dict[type[Mechanism], Mechanism], mechanism: type[Mechanism], field: str, change: float, rule: str
) -> None:
    world_of(built).fields.own(mechanism.name, field)[..., 2] += change
    broken = dict(built[mechanism].breaches())[rule]
    assert broken.reshape(-1, N).any(axis=0).tolist() == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("mechanism", "field", "rule"),
    [
        (Attrition, "casualties", "no losses when the war is over"),
        (Front, "advance", "no advance when the war is over"),
    ],
)
def test_fighting_on_after_the_end_is_a_breach(
    built: dict[type[Mechanism], Mechanism], mechanism: type[Mechanism], field: str, rule: str
) -> None:
    world = world_of(built)
    world.agenda.run(4)
    world.fields.own(mechanism.name, field)[...] = 1.0
    world.fields.own("ceasefire", "ending_day")[:] = [-1, 3, 4, 5, 90]
    broken = dict(built[mechanism].breaches())[rule]
    assert broken.reshape(-1, N).any(axis=0).tolist() == [False, True, True, False, False]


# Imports


def trees(folder: str = "") -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((SOURCES / folder).rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Yield modules and the names taken from them; a sibling's begins with a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ("." * node.level) + (node.module or ""), [alias.name for alias in node.names]


# A part of a mechanism in a file of its own, which knows the whole.
PART_OF = {"sim.model.backers": "Arms"}


def taken_by(module: str, known: dict[str, set[str]]) -> set[str]:
    """Return the names that a module of the model takes from others, directly or not."""
    if module not in known:
        known[module] = set()
        file = SOURCES.parent / f"{module.replace('.', '/')}.py"
        tree = ast.parse((file if file.is_file() else file.with_suffix("") / "__init__.py").read_text(encoding="utf-8"))
        for name, taken in imported(tree):
            assert not name.startswith("."), name
            assert name != "sim.model", "what several mechanisms need is not in their table of contents"
            if name.startswith("sim.model."):
                known[module] |= {*taken} - {PART_OF.get(module)} | taken_by(name, known)
    return known[module]


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda mechanism: mechanism.name)
def test_mechanisms_do_not_import_one_another(mechanism: type[Mechanism]) -> None:
    """They meet in fields. A rule, which is a function of arrays, and what a scenario declares are anyone's."""
    taken = taken_by(mechanism.__module__, {})
    assert taken & {one.__name__ for one in MECHANISMS} == set()
    assert taken


# What lies below all folders.
LOWEST = {"errors", "gate", "catalogue"}


@pytest.mark.parametrize(
    ("folder", "may_know"), [("engine", {"engine"}), ("model", {"model", "engine", "scenario"}), ("scenario", set())]
)
def test_imports_point_one_way(folder: str, may_know: set[str]) -> None:
    seen = 0
    for path, tree in trees(folder):
        for module, names in imported(tree):
            assert not module.startswith(".."), f"{path.name} imports {module}"
            if module.split(".")[0] == "sim":
                seen += 1
                taken = {module.split(".")[1]} if "." in module else set(names)
                assert taken <= may_know | LOWEST, f"{path.name} imports {taken}"
    assert seen or not may_know


def test_only_the_agenda_knows_the_event_loop() -> None:
    knows = {path.name for path, tree in trees() for module, _ in imported(tree) if module.split(".")[0] == "simpy"}
    assert knows == {"agenda.py"}


# No war in the code: what belongs to a scenario stands in it.


def scenario_numbers(node: object) -> Iterator[float]:
    """The numbers of a scenario that are large enough to give it away; not the months that a campaign may take."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in ("sources", "expect", "note", "date", "start_date", "campaigns"):
                yield from scenario_numbers(value)
    elif isinstance(node, list):
        for item in node:
            yield from scenario_numbers(item)
    elif isinstance(node, int | float) and not isinstance(node, bool) and abs(node) >= 100:
        yield abs(float(node))


def test_no_number_of_the_war_stands_in_the_code(baseline: Scenario[Any]) -> None:
    powers_of_ten = {10.0**power for power in range(2, 12)}
    known = {1_500, 30_000, 580_000, 580, 400_000, 650, 111_500, 603_628}
    forbidden = (known | set(scenario_numbers(baseline.tree))) - powers_of_ten
    assert len(forbidden) > 30
    found = [
        f"{path.relative_to(SOURCES)}:{node.lineno}: {node.value}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
        and abs(node.value) in forbidden
    ]
    assert found == []


def test_no_state_of_the_war_is_named_in_the_code(baseline: Scenario[Any]) -> None:
    names = {baseline.tree["sides"][side]["name"].lower() for side in ("attacker", "defender")}
    names |= {backer["name"].lower() for backer in baseline.tree["arms"]["backers"].values()}
    for path, tree in trees("model"):
        documentation = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
                assert not any(name in node.value.lower() for name in names), f"{path.name}: {node.value}"
