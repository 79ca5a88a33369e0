"""The JSON Schema and the reference: complete, true to what the loader accepts, and up to date."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from pydantic import BaseModel, ValidationError, create_model

from sim.model import WarScenario
from sim.model.glossary import WORDS
from sim.model.offered import offered_keys
from sim.scenario import FieldError, Knob, Quantity, Section, knob, knob_of, load_scenario, numbers, read_yaml, shipped
from sim.scenario.families import FAMILIES
from sim.scenario.jsonschema import json_schema, schema_text
from sim.scenario.reference import reference
from sim.scenario.scalars import resolve

ROOT = Path(__file__).parents[2]
FILE = ROOT / "sim" / "scenario" / "schema.json"
SCENARIOS = sorted((ROOT / "scenarios").rglob("*.yaml"))
SHIPPED = load_scenario("shipped:baseline", WarScenario)
BASELINE, OFFERED = SHIPPED.tree, offered_keys(SHIPPED.world)
SCHEMA = json_schema(WarScenario, BASELINE, OFFERED)
VALIDATOR = Draft7Validator(SCHEMA)


class Yaml12(yaml.SafeLoader):
    """Reads as an editor does: 30_000, dates, yes and no are text."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012


for kind, pattern, first in (
    ("null", "|~|null|Null|NULL", ["", *"~nN"]),
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", "[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(f"^(?:{pattern})$"), list(first))


def as_editor(text: str) -> Any:
    return yaml.load(text, Loader=Yaml12)


def problems(tree: Any, validator: Draft7Validator = VALIDATOR) -> list[str]:
    return sorted({".".join(map(str, error.absolute_path)) for error in validator.iter_errors(tree)})


def iso(value: Any) -> Any:
    """Return a tree of the project's reader with its dates as a reader of YAML 1.2 has them."""
    if isinstance(value, dict):
        return {key: iso(item) for key, item in value.items()}
    if isinstance(value, list):
        return [iso(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


# What is shipped.


def test_the_file_is_up_to_date():
    assert FILE.read_text() == schema_text(WarScenario, BASELINE, OFFERED), "run: parley schema > sim/scenario/schema.json"


def test_it_is_a_small_valid_schema_of_draft_7():
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert FILE.stat().st_size < 400_000
    assert list(SCHEMA["definitions"]) == sorted(SCHEMA["definitions"])


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_it_is_the_same_in_every_run(parley, seed):
    done = parley("schema", PYTHONHASHSEED=seed)
    assert done.returncode == 0, done.stderr
    assert done.stdout == FILE.read_text()


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_shipped_scenarios_are_valid(path: Path):
    text = path.read_text()
    assert problems(as_editor(text)) == []
    assert problems(iso(read_yaml(path).value)) == []


def test_the_small_reader_reads_as_an_editor():
    tree = as_editor("{a: 30_000, b: 2024-12-04, c: 3, d: 1.5e3, e: yes, f: true, g: }")
    assert tree == {"a": "30_000", "b": "2024-12-04", "c": 3, "d": 1500.0, "e": "yes", "f": True, "g": None}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_shipped_scenarios_name_the_schema(path: Path):
    match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", path.read_text().splitlines()[0])
    assert match is not None
    assert (path.parent / match[1]).resolve() == FILE


# What is valid and what is not.


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("titel: x", ""),
        ("title: 3", "title"),
        ("start_date: 2024-12-4", "start_date"),
        ("start_date: 2024", "start_date"),
        ("horizon_months: 0", "horizon_months"),
        ("horizon_months: 1.5", "horizon_months"),
        ("horizon_months: 1_0.5", "horizon_months"),
        ("extends: 3", "extends"),
        ("extends: []", "extends"),
        ("attrition:", "attrition"),
        ("attrition: {law: squared}", "attrition.law"),
        ("arms: {attacker: {aid_scal: 1}}", "arms.attacker"),
        ("arms: {attacker: {aid_scale: much}}", "arms.attacker.aid_scale"),
        ("arms: {attacker: {aid_scale: true}}", "arms.attacker.aid_scale"),
        ("arms: {attacker: {aid_scale: }}", "arms.attacker.aid_scale"),
        ("arms: {attacker: {aid_scale: [1]}}", "arms.attacker.aid_scale"),
        ('arms: {attacker: {aid_scale: "30"}}', "arms.attacker.aid_scale"),
        ("arms: {attacker: {aid_scale: 3_}}", "arms.attacker.aid_scale"),
        ("arms: {attacker: {aid_scale: -0.1}}", "arms.attacker.aid_scale"),
        ("arms: {attacker: {aid_scale: 100.1}}", "arms.attacker.aid_scale"),
        ("arms: {attacker: {aid_scale: {}}}", "arms.attacker.aid_scale"),
        ("arms: {attacker: {aid_scale: {valu: 1}}}", "arms.attacker.aid_scale"),
        ("arms: {attacker: {aid_scale: {value: 101}}}", "arms.attacker.aid_scale.value"),
        ("arms: {attacker: {aid_scale: {value: x}}}", "arms.attacker.aid_scale.value"),
        ("arms: {attacker: {aid_scale: {value: 1, min: 0}}}", "arms.attacker.aid_scale"),
        ("arms: {attacker: {aid_scale: {value: 1, assumption: false}}}", "arms.attacker.aid_scale.assumption"),
        ("arms: {attacker: {aid_scale: {value: 1, source: 3}}}", "arms.attacker.aid_scale.source"),
        ("arms: {attacker: {aid_scale: {value: 1, note: 3}}}", "arms.attacker.aid_scale.note"),
        ("arms: {attacker: {aid_scale: {dist: triangle}}}", "arms.attacker.aid_scale.dist"),
        ("arms: {attacker: {aid_scale: {dist: uniform, low: 1}}}", "arms.attacker.aid_scale"),
        ("arms: {attacker: {aid_scale: {dist: uniform, low: 1, high: 2, mode: 1}}}", "arms.attacker.aid_scale"),
        ("arms: {attacker: {aid_scale: {dist: uniform, low: -1, high: 2}}}", "arms.attacker.aid_scale.low"),
        ("arms: {attacker: {aid_scale: {dist: uniform, low: 1, high: 101}}}", "arms.attacker.aid_scale.high"),
        ("arms: {attacker: {aid_scale: {dist: uniform, low: a, high: 2}}}", "arms.attacker.aid_scale.low"),
        ("arms: {attacker: {aid_scale: {dist: lognormal, p05: 1, log_sd: 1}}}", "arms.attacker.aid_scale"),
        ("arms: {backers: [{name: x}]}", "arms.backers.0"),
        ("arms: {backers: [{id: US}]}", "arms.backers.0.id"),
        ("arms: {backers: [{id: us, remove: false}]}", "arms.backers.0.remove"),
        ("arms: {backers: {id: us}}", "arms.backers.id"),
        ("arms: {backers: {US: {}}}", "arms.backers"),
        ("arms: {backers: {us: {remove: false}}}", "arms.backers.us.remove"),
        ("arms: {backers: {us: {stock_stages: 1.5}}}", "arms.backers.us.stock_stages"),
        ("arms: {backers: us}", "arms.backers"),
        ("arms: {backers: [{id: us, stock_stages: 1.5}]}", "arms.backers.0.stock_stages"),
        ("arms: {backers: [{id: us, stock_stages: {value: 2.5}}]}", "arms.backers.0.stock_stages.value"),
        (
            "arms: {backers: [{id: us, aid_variation: {dist: uniform, low: 0, high: 1}}]}",
            "arms.backers.0.aid_variation.dist",
        ),
        ("front: {mud_months: [x]}", "front.mud_months.0"),
        ("sources: {kiel: {quality: E}}", "sources.kiel.quality"),
    ],
)
def test_a_mistake_is_found_where_it_is(text: str, where: str):
    found = problems(as_editor(text))
    assert where in found
    assert all(other == where or where.startswith(f"{other}.") or other.startswith(where) for other in found)


@pytest.mark.parametrize(
    "text",
    [
        "title: x\nextends: baseline",
        "extends: [baseline, more_arms]",
        "arms: {backers: [{id: us, remove: true}]}",
        "arms: {backers: {us: {remove: true}, europe: {stock_stages: 2}}}",
        "arms: {backers: {}, halts: []}",
        "arms: {backers: [{id: us, aid_variation: {dist: constant, value: 1}}]}",
        "arms: {attacker: {aid_scale: 3_0}}",
        "arms: {attacker: {aid_scale: {value: 3_0.5, note: x, source: [a, b]}}}",
        "arms: {attacker: {aid_scale: {dist: uniform, low: -1, high: 200, min: 0, max: 100}}}",
        "arms: {attacker: {aid_scale: {dist: lognormal, p05: 1_0, p95: 20, max: 99, assumption: true}}}",
        "manpower: {attacker: {reference_force_persons: }}",
        "horizon_months: 3_6\nstart_date: 2024-12-04",
        "sources: {kiel: {date: 2024}, dee: {date: 2024-10-01}, iss: {date: spring}}",
        "expect: [{id: x, low: -6_000, high: 1.5}]",
    ],
)
def test_what_may_be_written(text: str):
    assert problems(as_editor(text)) == []


@pytest.mark.parametrize("name", FAMILIES)
def test_every_form_of_every_distribution(name: str):
    numbers = {"values": [1, "2_0"], "weights": [0.5, 0.5]}
    validator = Draft7Validator(json_schema(create_model("World", __base__=Section, x=(Quantity, knob("", "X.")))))
    for keys in FAMILIES[name].forms:
        written = {"dist": name, **{key: numbers.get(key, 3) for key in keys}}
        assert problems({"x": written}, validator) == []
        for key in keys:
            assert problems({"x": {other: value for other, value in written.items() if other != key}}, validator) == ["x"]
            assert problems({"x": {**written, key: "many"}}, validator) == [f"x.{key}"]


def test_a_new_distribution_is_there_by_itself(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(FAMILIES, "even", replace(FAMILIES["uniform"], takes=("from", "to")))
    definitions = json_schema(WarScenario)["definitions"]
    assert "even" in definitions["quantity"]["properties"]["dist"]["enum"]
    assert definitions["even"]["required"] == ["from", "to"]


def test_only_ids_are_required():
    def required(node: Any) -> Iterator[list[str]]:
        if isinstance(node, dict):
            if "required" in node:
                yield node["required"]
            for item in node.values():
                yield from required(item)
        elif isinstance(node, list):
            for item in node:
                yield from required(item)

    sections = {name: body for name, body in SCHEMA["definitions"].items() if name[0].isupper()}
    whole = {**SCHEMA, "definitions": sections}
    assert list(required(whole))
    assert all(keys == ["id"] for keys in required(whole))


# The schema never refuses what the loader accepts.

KEYS = sorted({key for family in FAMILIES.values() for keys in family.forms for key in keys} - {"values", "weights"})
VALUES = st.sampled_from([-1, 0, 0.25, 0.5, 0.75, 1, 2])
LISTS = st.lists(VALUES, max_size=3)


def written(name: str, keys: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    numbers = {key: LISTS if key in ("values", "weights") else VALUES for key in keys}
    return st.fixed_dictionaries({"dist": st.just(name), **numbers}, optional={"min": VALUES | st.none(), "max": VALUES})


@settings(deadline=None)
@given(st.one_of([written(name, keys) for name, family in FAMILIES.items() for keys in family.forms]))
def test_a_number_that_loads_is_valid(written: dict[str, Any]):
    try:
        _Share.model_validate({"x": written})
    except ValidationError:
        return
    assert problems({"x": written}, _SHARE) == []


class _Share(Section):
    x: Quantity = knob("share", "X.", low=0, high=1)


_SHARE = Draft7Validator(json_schema(_Share))  # type: ignore[arg-type]


@given(st.from_regex(r"[-+]?[0-9_]{1,5}(\.[0-9_]{0,3})?(e[0-9])?", fullmatch=True))
def test_numbers_with_underscores_as_the_reader_takes_them(text: str):
    """In both directions: a text is valid for the editor where the reader finds a number in it."""
    if "_" not in text:
        return
    try:
        is_number = not isinstance(resolve(text, plain=True), str)
    except FieldError:
        is_number = False
    decimal = re.compile(SCHEMA["definitions"]["number"]["pattern"])
    assert bool(decimal.search(text)) == is_number


def test_unions_lists_and_tuples(fine: str, schema: type[Any]):
    validator = Draft7Validator(json_schema(schema))
    tree = as_editor(fine)
    assert problems(tree, validator) == []
    tree["losses"] |= {
        "stages": {"value": 3},
        "speed": None,
        "shares": [0.5, {"value": 0.5}],
        "by_name": {"a": "1_0"},
        "on_paper": True,
        "label": 3,
        "zone": {"kind": "guards", "number": 3},
    }
    assert problems(tree, validator) == []
    for key, value in {"stages": 2.5, "shares": [2], "by_name": {"a": 11}, "on_paper": "yes", "label": True}.items():
        wrong = {**tree, "losses": {**tree["losses"], key: value}}
        assert problems(wrong, validator), key


def test_a_type_without_a_schema_is_an_error():
    with pytest.raises(TypeError, match="complex"):
        json_schema(create_model("World", __base__=Section, x=(complex, ...)))


# Every knob is there.


def sections_below(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from sections_below(argument)


def knobs_of(section: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Knob]]:
    """Yield every knob with its path, a '*' for whatever names an item; on its own, without the walk of the project."""
    for name, field in section.model_fields.items():
        declared = knob_of(field)
        if declared is not None:
            yield (*path, name), declared
        origins = [get_origin(field.annotation), *map(get_origin, get_args(field.annotation))]
        several = any(origin not in (None, Union, UnionType) for origin in origins)
        for inner in sections_below(field.annotation):
            yield from knobs_of(inner, (*path, name, *(["*"] if several else [])))


KNOBS = list(knobs_of(WarScenario))


def range_of(entry: dict[str, Any], end: str) -> float | None:
    return entry.get(end, SCHEMA["definitions"].get(entry.get("$ref", "").rpartition("/")[2], {}).get(end))


def alternatives(node: dict[str, Any]) -> list[str]:
    return [kind["$ref"].rpartition("/")[2] for kind in node.get("anyOf", []) if "$ref" in kind]


def step_in(name: str, step: str) -> bool:
    return step in SCHEMA["definitions"][name].get("properties", {})


def at(path: tuple[str, ...]) -> dict[str, Any]:
    node: dict[str, Any] = SCHEMA
    for step in path:
        # A section that may be left out.
        node = next((SCHEMA["definitions"][name] for name in alternatives(node) if step_in(name, step)), node)
        if step == "*":
            node = node["additionalProperties"] if "additionalProperties" in node else node["items"]
        else:
            node = node["properties"][step]
        while "$ref" in node:
            node = SCHEMA["definitions"][node["$ref"].rpartition("/")[2]]
    return node


def test_the_knobs_were_found():
    paths = {".".join(path) for path, _ in KNOBS}
    assert len(paths) == len(KNOBS) > 90
    assert {"arms.backers.*.stock_delay_days", "manpower.waves.*.persons"} <= paths


@pytest.mark.parametrize(("path", "declared"), KNOBS, ids=lambda value: ".".join(value) if isinstance(value, tuple) else "")
def test_every_knob_is_in_the_schema_and_the_reference(path: tuple[str, ...], declared: Knob):
    entry = at(path)
    assert entry["description"].startswith(declared.description.rstrip("."))
    if declared.unit:
        assert f"Unit: {declared.unit}." in entry["description"]
        assert f"Unit: **{declared.unit}**." in entry["markdownDescription"]
    number = entry["items"] if entry.get("type") == "array" else entry
    assert (range_of(number, "minimum"), range_of(number, "maximum")) == (declared.low, declared.high)
    written = re.escape(".".join(path)).replace(r"\*", "<(?:id|key|position)>")
    row = re.search(rf"^\| `{written}` \| (.*) \|$", REFERENCE, flags=re.MULTILINE)
    assert row is not None
    unit, reach, required, description = row[1].split(" | ")
    assert unit == declared.unit
    assert description.startswith(declared.description.rstrip("."))
    assert required.startswith(("required", "optional"))
    if declared.low is not None and declared.high is not None:
        digits = "".join(re.findall(r"[-\d.e+]+| to ", reach.partition("(")[0].replace(",", "")))
        low, _, high = digits.partition(" to ")
        assert (float(low), float(high)) == (declared.low, declared.high)
        assert f"Allowed: {reach.partition(' (')[0]}." in entry["description"]


REFERENCE = reference(WarScenario)


def test_descriptions_in_words():
    intake = at(("manpower", "attacker", "intake_per_month"))
    assert intake["description"] == (
        "Recruits a month while the pool is full. Unit: persons a month. Allowed: 0 to 10,000,000."
    )
    assert intake["markdownDescription"] == (
        "Recruits a month while the pool is full.\n\nUnit: **persons a month**. Allowed: 0 to 10,000,000."
    )
    assert "| `arms.backers.<id>.stock_stages` | stages | 1 to 20 (whole, fixed) | optional, else 3 |" in REFERENCE
    assert "| `front.belts.<id>.held_by` |  | `attacker`, `defender` | required |" in REFERENCE


def test_the_command_prints_the_reference(parley):
    done = parley("schema", "--markdown")
    assert done.returncode == 0, done.stderr
    assert REFERENCE in done.stdout
    for word, meaning in WORDS.items():
        assert f"| **{word}** | {meaning} |" in done.stdout
    for table in re.findall(r"(?:^\|.*\n)+", done.stdout, flags=re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_the_words_are_one_plain_sentence_each():
    assert {"scenario", "replication", "side", "fire", "backer", "halt", "belt", "ending"} <= WORDS.keys()
    assert list(WORDS) == sorted(WORDS)
    for word, meaning in WORDS.items():
        assert re.fullmatch(r"[A-Z][^|\n]*[a-z0-9`]\.", meaning), word
        assert ". " not in meaning, word


def test_names_of_scenarios_things_and_sources_are_offered() -> None:
    one, several = SCHEMA["properties"]["extends"]["anyOf"]
    assert one["examples"] == several["items"]["examples"] == shipped()
    kinds = SCHEMA["definitions"]
    backers = list(BASELINE["arms"]["backers"])
    assert list(kinds["arms_parameters"]["properties"]["backers"]["properties"]) == backers
    for kind, field in (("halt", "backer"), ("package", "backer"), ("backer", "like")):
        assert kinds[kind]["properties"][field]["examples"] == backers
    regimes = kinds["issue_option"]["properties"]["regime"]
    assert regimes["examples"] == list(BASELINE["ceasefire"]["regimes"])
    # What is offered is not all that may stand there.
    assert "enum" not in regimes
    assert "examples" not in kinds["negotiation_parameters"]["properties"]["rule"]
    assert kinds["source_key"]["examples"] == list(BASELINE["sources"])


def test_options_of_issues_and_knobs_of_events_are_offered() -> None:
    kinds = SCHEMA["definitions"]
    issues = BASELINE["negotiation"]["issues"]
    for kind in ("rule", "red_line", "mediating"):
        terms = kinds[kind]["properties"]["terms"]
        offered = {issue: one["items"]["examples"] for issue, one in terms["properties"].items()}
        assert offered == {issue: list(one["options"]) for issue, one in issues.items()}, kind
        # Another war has other issues.
        assert terms["additionalProperties"] == {"type": "array", "items": {"type": "string"}}
    effect = kinds["scenario_event"]["properties"]["effect"]["properties"]
    assert {"arms.defender.aid_scale", "manpower.attacker.killed_share"} <= effect.keys()
    # What is settled at the start is no knob that an event can change.
    assert "arms.attacker.fire_at_start_share" not in effect
    assert effect.keys() <= {known.path for known in numbers(SHIPPED.world)}
    assert {str(body) for body in effect.values()} == {"{'$ref': '#/definitions/effect'}"}


def test_sections_are_called_by_words_and_not_by_classes() -> None:
    names = SCHEMA["definitions"].keys()
    assert {"side_manpower", "backer", "red_line"} <= names
    assert all(name == name.lower() for name in names)
