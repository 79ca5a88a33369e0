"""The declared sections -> the JSON Schema of a scenario file, for editors that complete, explain and check as one types.

Everything comes from the declarations and from the table of distributions, so that what is new there is here too. It is
draft 7, which editors of YAML know best. Nothing is required but the `id` of an item of a list, because a file may extend
another.

A reader of YAML 1.2 takes ``30_000`` and dates for text: where a number may stand, so may a text of digits with '_'.
A number that `parley check` accepts is never refused. Left out, and left to that command: what several fields have to do
with each other, the size of numbers written with '_', the range of distributions without ends, the keys of `sources`.
"""

from __future__ import annotations

import datetime
import inspect
import json
import re
from collections.abc import Collection, Mapping, Sequence
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.catalogue import shipped

from .families import FAMILIES
from .forms import LISTS, SOURCE_OF
from .head import ScenarioHead
from .knobs import Knob, knob_of
from .quantity import Fixed, Quantity, Worded
from .section import Item
from .walk import below, is_section, item_of, members
from .wording import number

Schema = dict[str, Any]

_DIGITS = "[0-9]+(_[0-9]+)*"
_WHOLE = rf"^(?=.*_)[-+]?(?!0[0-9_]){_DIGITS}$"
_DECIMAL = rf"^(?=.*_)[-+]?(?!0[0-9_])({_DIGITS}(\.({_DIGITS})?)?|\.{_DIGITS})([eE][-+]?[0-9]+)?$"
_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ID = "^[a-z][a-z0-9_]*$"

_NUMBER: Schema = {"type": ["number", "string"], "pattern": _DECIMAL, "errorMessage": "Write a number"}
_EXTENDS: Schema = {
    "description": "The scenario, or the list of scenarios, that this one changes. Only what differs is then written here.",
}
_LIKE: Schema = {
    "description": "Another thing of the same list: this one has its fields, but for the name, where it writes none.",
    "type": "string",
}
_REMOVE: Schema = {"description": "Removes the inherited thing of this name; nothing else is written then.", "const": True}
_ITEM_ID: Schema = {
    "description": "Name of this item of a list: lower-case letters, digits and underscores. In a mapping its key is it.",
    "type": "string",
    "pattern": _ID,
    "errorMessage": "Write a name of lower-case letters, digits and underscores, as in united_states",
    "doNotSuggest": True,
}
_ORIGIN: Schema = {
    "source": {
        "description": "Where the number comes from: a key of `sources`, or a list of keys.",
        "anyOf": [
            {"$ref": "#/definitions/source_key"},
            {"type": "array", "items": {"$ref": "#/definitions/source_key"}, "minItems": 1},
        ],
    },
    "source_of": {"$ref": "#/definitions/source_of"},
    "note": {"description": "A remark for readers.", "type": "string"},
    "assumption": {"description": "The number is assumed, it has no source.", "const": True},
}
_SOURCE_OF: Schema = {
    "description": "What the source has: the value itself, or its direction alone, so that the size is judged.",
    "enum": list(SOURCE_OF),
}
_BOUNDS = {"min": "Cuts off everything below.", "max": "Cuts off everything above."}
# What a key of a distribution means; one that is not named here has no hover text.
_KEYS = {
    "value": "The number.",
    "low": "The lowest value possible.",
    "mode": "The most likely value.",
    "high": "The highest value possible.",
    "mean": "The mean.",
    "sd": "The standard deviation.",
    "median": "The value that half of the draws lie below.",
    "log_sd": "The standard deviation of the logarithm.",
    "p05": "The value that 5 % of the draws lie below.",
    "p95": "The value that 95 % of the draws lie below.",
    "a": "The first shape parameter; a larger one draws the values up.",
    "b": "The second shape parameter; a larger one draws the values down.",
    "shape": "The shape parameter.",
    "scale": "The scale: the mean is the shape times it.",
    "values": "The values possible.",
    "weights": "How likely each value is; they add to 1.",
}


Keys = Mapping[str, Mapping[str, Sequence[str]]]


def json_schema(schema: type[ScenarioHead], known: Mapping[str, Any] | None = None, keys: Keys | None = None) -> Schema:
    """Return the JSON Schema (draft 7) of the files that `load_scenario` reads with `schema`.

    Parameters
    ----------
    schema : type
        `ScenarioHead` with the sections of the mechanisms.
    known : mapping, optional
        The plain values of a scenario whose things and sources are offered by name where one may stand.
    keys : mapping, optional
        By the name of a field, which keys its mapping is offered, and for each key which texts.

    Returns
    -------
    dict
        Plain values, the same in every run.

    Raises
    ------
    TypeError
        If a field has a type that is not known here.
    """
    writer = _Writer(_names(schema, known or {}), keys or {})
    body = writer.section(schema)
    body["properties"] = {"extends": _EXTENDS | {"anyOf": _offered(shipped())}, **body["properties"]}
    body["description"] = "A scenario of Parley. Reference of all fields: parley schema --markdown"
    definitions = dict(sorted(writer.definitions.items()))
    return {"$schema": "http://json-schema.org/draft-07/schema#", **body, "definitions": definitions}


def schema_text(schema: type[ScenarioHead], known: Mapping[str, Any] | None = None, keys: Keys | None = None) -> str:
    """Return the JSON Schema as it is written to a file: a line for each field at the top and for each definition."""
    return f"{_lines(json_schema(schema, known, keys), 2)}\n"


def _lines(tree: Any, levels: int) -> str:
    """Return a value as JSON, with a line for each entry down to so many levels and no blanks below."""
    if not levels or not isinstance(tree, dict):
        return json.dumps(tree, allow_nan=False, separators=(",", ":"))
    entries = [f"{json.dumps(key)}: {_lines(value, levels - 1)}" for key, value in tree.items()]
    return "{\n" + ",\n".join(entries) + "\n}"


def allowed(knob: Knob) -> str:
    """Return the range of a number in words, "0 to 1" or "at least 0"; empty when there is none."""
    if knob.low is not None and knob.high is not None:
        return f"{_digits(knob.low)} to {_digits(knob.high)}"
    if knob.low is not None:
        return f"at least {_digits(knob.low)}"
    return f"at most {_digits(knob.high)}" if knob.high is not None else ""


def sentence(text: str | None) -> str:
    """Return the first paragraph of a description on one line, with a full stop."""
    first = " ".join(inspect.cleandoc(text or "").partition("\n\n")[0].split())
    return first if not first or first.endswith((".", "!", "?")) else f"{first}."


class _Writer:
    """Writes sections and values; what is used in several places becomes a definition."""

    def __init__(self, names: Mapping[str, Sequence[str]], keys: Keys) -> None:
        self._offers, self._keys = names, keys
        self.definitions: dict[str, Schema] = {
            "number": _NUMBER,
            "source_key": _one_of(names.get("source", ())),
            "source_of": _SOURCE_OF,
            "quantity": _quantity(list(FAMILIES)),
            "fixed": _quantity(["constant"]),
            "value": _closed({}, ("value",), bounded=False),
            **{name: _distribution(name) for name in FAMILIES},
        }
        self._names: dict[type[BaseModel], str] = {}

    def section(self, section: type[BaseModel]) -> Schema:
        """Return the schema of a section's mapping."""
        properties = {name: self._field(field) for name, field in section.model_fields.items()}
        for name, one in properties.items():
            # A text that is called like a kind of thing names one.
            if "string" in one.get("type", ()) and "pattern" not in one:
                one |= _examples(self._offers.get(name, ()))
            if name in self._keys and "additionalProperties" in one:
                one["properties"] = {key: _with_texts(one, texts) for key, texts in self._keys[name].items()}
        body: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if issubclass(section, Item):
            body["properties"] = {"id": _ITEM_ID, **{key: properties[key] for key in properties if key != "id"}}
            body["properties"]["like"] = {**_LIKE, **_examples(self._offers.get(_kind(section), ()))}
            body["properties"]["remove"] = _REMOVE
        if section.__doc__:
            body["description"] = sentence(section.__doc__)
        return body

    def _reference(self, section: type[BaseModel]) -> Schema:
        if section not in self._names:
            # Editors tell it where something else stands there.
            name = _kind(section)
            if name in self._names.values() or name in self.definitions:
                name = f"{section.__module__.rpartition('.')[2]}_{name}"
            self._names[section] = name
            self.definitions[name] = self.section(section)
        return {"$ref": f"#/definitions/{self._names[section]}"}

    def _field(self, field: FieldInfo) -> Schema:
        knob = knob_of(field)
        body = self._value(field.annotation, knob)
        if knob is None and isinstance(field.json_schema_extra, dict):
            body |= field.json_schema_extra
        if knob is not None and isinstance(field.default, (int, float, list, Worded)):
            body["default"] = field.default.word if isinstance(field.default, Worded) else field.default
        return {**_description(field, knob), **body}

    def _value(self, annotation: Any, knob: Knob | None) -> Schema:
        bodies = [self._member(member, knob) for member in members(annotation)]
        body = bodies[0] if len(bodies) == 1 else {"anyOf": bodies}
        return _or_null(body) if _may_be_null(annotation) else body

    def _member(self, member: Any, knob: Knob | None) -> Schema:
        if is_section(member):
            return self._reference(member)
        if member in (Quantity, Fixed, int, float):
            return self._number(member, knob or Knob("", ""))
        if member is str:
            return {"type": "string"}
        if member is bool:
            return {"type": "boolean"}
        if member is datetime.date:
            return {"type": "string", "pattern": _DATE, "errorMessage": "Write a date as year-month-day, as in 2024-12-04"}
        if member in (Any, object):
            return {}
        origin, arguments = get_origin(member), get_args(member)
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin in (dict, Mapping):
            return {"type": "object", "additionalProperties": self._value(arguments[1], knob)}
        if origin is tuple and arguments[-1] is not Ellipsis:
            items = [self._value(argument, knob) for argument in arguments]
            return {"type": "array", "items": items, "minItems": len(items), "maxItems": len(items)}
        if origin in (list, tuple, Sequence):
            item = self._value(arguments[0], knob)
            if item_of(member) is None:
                return {"type": "array", "items": item}
            return _by_id(item, self._offers.get(_kind(arguments[0]), ()))
        raise TypeError(f"there is no JSON Schema for {member}")

    def _number(self, kind: type, knob: Knob) -> Schema:
        whole = knob.whole or kind is int
        mapping = kind in (Quantity, Fixed)
        wanted = Knob(knob.unit, "", knob.low, knob.high, whole).wanted
        if kind is Quantity:
            wanted += ", {value: ...} or {dist: ...}" + (f", or one of {', '.join(knob.words)}" if knob.words else "")
        body: Schema = {
            "type": ["integer" if whole else "number", "string", *(["object"] if mapping else [])],
            **_range(knob.low, knob.high),
            "pattern": "|".join([_WHOLE if whole else _DECIMAL, *(f"^{word}$" for word in knob.words)]),
            "errorMessage": f"Write {wanted}",
            **_examples(knob.words),
        }
        if mapping:
            written = "quantity" if kind is Quantity else "fixed"
            body["allOf"] = [{"$ref": f"#/definitions/{name}"} for name in (written, self._ends(knob, whole)) if name]
        return body

    def _ends(self, knob: Knob, whole: bool) -> str:
        """Return the name of the definition that holds the values and ends in a mapping to a range, or no name."""
        if knob.low is None and knob.high is None and not whole:
            return ""
        low, high = ("any" if end is None else number(end) for end in (knob.low, knob.high))
        name = f"range_{low}_to_{high}{'_whole' if whole else ''}"
        value = {**({"type": ["integer", "string"]} if whole else {}), **_range(knob.low, knob.high)}
        several = {"values": {"items": _range(knob.low, knob.high)}}
        rules = [_if({"required": [key]}, {"properties": {key: held}}) for key, held in {"value": value, **several}.items()]
        # A lower end counts only where nothing cuts the distribution off above it, and so for the upper end.
        for end, cut, bound in (("low", "min", _range(knob.low, None)), ("high", "max", _range(None, knob.high))):
            if bound:
                rules.append(_if({"required": [end], "not": {"required": [cut]}}, {"properties": {end: bound}}))
        self.definitions[name] = {"allOf": rules}
        return name


def _names(annotation: Any, node: Any) -> dict[str, list[str]]:
    """Return the names of the things of a scenario by their kind, and the keys of its sources."""
    found: dict[str, list[str]] = {}
    inside = node if isinstance(node, dict) else {}
    item = item_of(annotation)
    if item is not None:
        found[_kind(item)] = list(inside)
    for name, one in inside.items():
        for kind, names in _names(below(annotation, name), one).items():
            found[kind] = list(dict.fromkeys([*found.get(kind, ()), *names]))
    if "sources" in inside:
        found["source"] = list(inside["sources"])
    return found


def _kind(section: Any) -> str:
    """Return what a section, or the first of several, is called: `red_line`."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", members(section)[0].__name__).lower()


def _with_texts(mapping: Schema, texts: Sequence[str]) -> Schema:
    """Return what stands under a key of a mapping; where it is a list of texts, these are offered."""
    inside: Schema = mapping["additionalProperties"]
    return {**inside, "items": {**inside["items"], **_examples(texts)}} if texts else inside


def _examples(names: Collection[str]) -> Schema:
    return {"examples": list(names)} if names else {}


def _one_of(names: Sequence[str]) -> Schema:
    return {"type": "string", **_examples(names)}


def _offered(names: Sequence[str]) -> list[Schema]:
    one = _one_of(names)
    return [one, {"type": "array", "items": one, "minItems": 1}]


def _by_id(item: Schema, names: Sequence[str]) -> Schema:
    """Return what things with an `id` are: a mapping by it, which is offered `names`, or a list of things that have one."""
    return {
        "type": ["object", "array"],
        **({"properties": dict.fromkeys(names, item)} if names else {}),
        "propertyNames": {"pattern": _ID, "errorMessage": _ITEM_ID["errorMessage"]},
        "additionalProperties": item,
        "items": {"allOf": [item], "required": ["id"]},
    }


def _quantity(names: Sequence[str]) -> Schema:
    """Return what a number written as a mapping must be; the distribution decides, so that messages are about that one."""
    chosen = [
        _if({"required": ["dist"], "properties": {"dist": {"const": name}}}, {"$ref": f"#/definitions/{name}"})
        for name in names
    ]
    explained = [sentence(FAMILIES[name].about) for name in names]
    dist = {"description": "The distribution that the number is drawn from.", "enum": names, "enumDescriptions": explained}
    return {
        "properties": {"dist": dist},
        "allOf": [*chosen, _if({"not": {"required": ["dist"]}}, {"$ref": "#/definitions/value"})],
    }


def _distribution(name: str) -> Schema:
    forms = FAMILIES[name].forms
    every = tuple(dict.fromkeys(key for keys in forms for key in keys))
    body = _closed({"dist": {"const": name}}, every, bounded=FAMILIES[name].can_be_cut)
    if len(forms) > 1:
        del body["required"]
        body["anyOf"] = [
            {"required": list(keys), "properties": {key: False for key in every if key not in keys}} for keys in forms
        ]
    return body


def _closed(head: Schema, keys: Sequence[str], bounded: bool) -> Schema:
    one: Schema = {"$ref": "#/definitions/number"}
    numbers: Schema = {}
    for key in keys:
        about = {"description": _KEYS[key]} if key in _KEYS else {}
        numbers[key] = {**about, **({"type": "array", "items": one} if key in LISTS else {"allOf": [one]})}
    for key, text in _BOUNDS.items() if bounded else ():
        numbers[key] = {"description": text, **_or_null(_NUMBER)}
    return {
        "type": "object",
        "properties": {**head, **numbers, **_ORIGIN},
        "required": list(keys),
        "additionalProperties": False,
    }


def _if(condition: Schema, then: Schema) -> Schema:
    return {"if": {"type": "object", **condition}, "then": then}


def _range(low: float | None, high: float | None) -> Schema:
    return {key: end for key, end in (("minimum", low), ("maximum", high)) if end is not None}


def _or_null(body: Schema) -> Schema:
    if "type" in body:
        types = body["type"] if isinstance(body["type"], list) else [body["type"]]
        return {**body, "type": [*types, "null"]}
    if "enum" in body:
        return {**body, "enum": [*body["enum"], None]}
    return {"anyOf": [*body.get("anyOf", [body]), {"type": "null"}]} if body else body


def _may_be_null(annotation: Any) -> bool:
    """Return whether an annotation allows nothing to be given."""
    if annotation in (None, NoneType):
        return True
    is_choice = get_origin(annotation) not in (Literal, list, tuple, dict, Mapping, Sequence)
    return is_choice and any(_may_be_null(part) for part in get_args(annotation))


def _description(field: FieldInfo, knob: Knob | None) -> Schema:
    text = sentence(field.description)
    if knob is None:
        return {"description": text} if text else {}
    ends = [f"Allowed: {allowed(knob)}."] if allowed(knob) else []
    plain, bold = ([f"Unit: {unit}.", *ends] if knob.unit else ends for unit in (knob.unit, f"**{knob.unit}**"))
    return {
        "description": " ".join([text, *plain]),
        "markdownDescription": "\n\n".join(filter(None, [text, " ".join(bold)])),
    }


def _digits(value: float) -> str:
    return f"{value:,.0f}" if 10_000 <= abs(value) < 1e15 and float(value).is_integer() else number(value)
