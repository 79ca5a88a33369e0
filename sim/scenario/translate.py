"""What pydantic found wrong, in the words and the paths of the scenario."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from .errors import STILL_BLANK, FieldError, Flaw, Path, Step
from .knobs import knob_of
from .meant import Meant
from .read import Located
from .tree import Items
from .walk import Where, fields, gone, is_mapping, is_number, is_section, item_of, locate, members, offered
from .wording import closest, did_you_mean, found, listed, quoted, shorten

_KINDS = {
    "model_type": "a mapping of fields",
    "model_attributes_type": "a mapping of fields",
    "dict_type": "a mapping",
    "list_type": "a list",
    "tuple_type": "a list",
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "date_type": "a date such as 2024-12-04",
}
# judgement: who writes a whole scenario leaves out fewer fields and sections of the first level than who forgets `extends`.
MOST_LEFT_OUT = 4
# In place of a list, where things with an id stand.
_THINGS = "a mapping by id"
_SAMPLES = {str: "Write a text", bool: "Write true or false", datetime.date: "Write year-month-day"}
_SHOULD = re.compile(r"^(?:Input|String|List|Tuple|Dictionary|Value|Data) should ")


def translate(error: ValidationError, schema: type[BaseModel], tree: Any) -> list[tuple[Path, Flaw]]:
    """Return every flaw with the path it belongs to.

    Parameters
    ----------
    error : pydantic.ValidationError
        From validating `tree` against `schema`.
    schema : type of BaseModel
        The model.
    tree : object
        The plain values that were validated.

    Returns
    -------
    list of (path, Flaw)
        The path of a missing field is that of its section; flaws of the branches of one union are given once.
    """
    details = error.errors(include_url=False)
    located = [(detail, locate(schema, detail["loc"])) for detail in details]
    located = [(detail, where._replace(path=as_written(where.path, tree))) for detail, where in located]
    unknown: dict[Path, list[str]] = {}
    branches: dict[Path, list[str]] = {}
    for detail, where in located:
        if detail["type"] == "extra_forbidden":
            unknown.setdefault(where.path[:-1], []).append(str(where.path[-1]))
        if detail["type"] in _KINDS:
            kind = _THINGS if item_of(where.annotation) is not None else _KINDS[detail["type"]]
            branches.setdefault(where.path, []).append(kind)
    flaws: list[tuple[Path, Flaw]] = []
    left_out = 0
    meant = Meant(schema, tree)
    for detail, where in located:
        parent_tree = _at(tree, where.path[:-1])
        if detail["type"] == "missing" and _is_misspelt(where, unknown.get(where.path[:-1], ()), parent_tree):
            continue
        left_out += detail["type"] == "missing" and len(where.path) == 1
        # The branches of a union without a tag fail one by one at the same place: they are said together, once.
        kinds = branches.pop(where.path, []) if detail["type"] in _KINDS else []
        if kinds or detail["type"] not in _KINDS:
            flaws += _flaws(detail, where, tree, " or ".join(dict.fromkeys(kinds)), meant)
    if left_out >= MOST_LEFT_OUT:
        flaws.insert(0, ((), Flaw("it extends no other scenario, and so has to hold all of one", "Write extends: baseline")))
    return flaws


def readable(path: Path, tree: Any) -> str:
    """Return a path as it is written in messages: ``arms.backers.united_states.delay_days``, or with brackets in lists."""
    text = ""
    for step in path:
        item = tree[step] if isinstance(tree, list) and isinstance(step, int) and step < len(tree) else None
        name = item.get("id") if isinstance(item, dict) else None
        shown = shorten(name if isinstance(name, str) else str(step))
        text += f"[{shown}]" if _is_listed(tree, step) else f".{shown}" if text else shown
        tree = _at(tree, (step,))
    return text


def _is_listed(tree: Any, step: Step) -> bool:
    """Return whether a step leads to an item that is written in a list."""
    return isinstance(step, int) or (isinstance(tree, Items) and step in tree.listed)


def as_written(path: Path, tree: Any) -> Path:
    """Return a path of the validated model as it is in the tree, where things are not known by their position."""
    found: list[Step] = []
    for step in path:
        if isinstance(tree, dict) and isinstance(step, int) and step < len(tree):
            step = list(tree)[step]
        found.append(step)
        tree = _at(tree, (step,))
    return tuple(found)


def _at(tree: Any, path: Path) -> Any:
    for step in path:
        if isinstance(tree, dict):
            tree = tree.get(step)
        elif isinstance(tree, list) and isinstance(step, int) and step < len(tree):
            tree = tree[step]
        else:
            return None
    return tree


def _is_misspelt(where: Where, unknown: Sequence[str], parent: Any) -> bool:
    """Return whether the missing field stands there under a name so near that it is one mistake, not two."""
    known = fields(where.inside)
    if len(where.path) == 1 and any(closest(name, [*known, "extends"]) == "extends" for name in unknown):
        return True  # everything was to be inherited
    unused = [name for name in known if not (isinstance(parent, dict) and name in parent)]
    return any(closest(name, unused) == where.path[-1] for name in unknown)


def _flaws(detail: ErrorDetails, where: Where, tree: Any, wanted: str, meant: Meant) -> Iterator[tuple[Path, Flaw]]:
    kind, path, value = detail["type"], where.path, detail["input"]
    context = detail.get("ctx", {})
    section = readable(path[:-1], tree)
    inside = f" in {section}" if section else ""
    name = _name(path, tree)
    if kind == "missing":
        yield path[:-1], _missing(where, inside)
    elif kind == "extra_forbidden":
        yield path, _unknown(where, tree, inside, meant)
    elif isinstance(context.get("error"), FieldError):
        for flaw in context["error"].flaws:
            part = as_written((*path, *flaw.below), tree)
            message = flaw.message.replace("{field}", name).replace("{part}", _name(path, tree, part[len(path) :]))
            yield part, Flaw(message, flaw.hint)
    elif kind in ("value_error", "assertion_error"):
        yield path, Flaw(str(context.get("error", detail["msg"])))
    elif kind in ("literal_error", "enum"):
        names = _choices(where, context)
        hint = meant.side(value, names) or _near(value, names)
        yield path, Flaw(f"{name} must be one of {listed(names)}, not {found(value)}", hint)
    elif kind == "union_tag_invalid":
        key = str(context.get("discriminator", "")).strip("'")
        names = re.findall("'([^']*)'", str(context.get("expected_tags", "")))
        tag = context.get("tag", "")
        yield (*path, key), Flaw(f"unknown {key} {quoted(tag)} in {name}", did_you_mean(tag, names))
    elif kind == "union_tag_not_found":
        key = str(context.get("discriminator", "")).strip("'")
        yield path, Flaw(f"missing field '{key}' in {readable(path, tree)}", _tags(where.annotation, key))
    elif not isinstance(value, dict) and isinstance(things := _at(tree, path[:-1]), Items) and path[-1] not in things.listed:
        what = "is empty" if value is None else f"must be {wanted}, not {found(value)}"
        yield (
            path,
            Flaw(f"{name} {what}", f"Write its fields below it, indented, or {name}: {{remove: true}} to take it out"),
        )
    elif value is None and wanted:
        yield path, Flaw(f"{name} is empty", f"Write {wanted}")
    elif wanted or kind.startswith("date_"):
        # Of several kinds that are allowed, none is better advice than another.
        hint = "" if " or " in wanted.removeprefix("true or") else _how_to_write(kind, value, where)
        yield path, Flaw(f"{name} must be {wanted or _KINDS['date_type']}, not {found(value)}", hint)
    else:
        message = detail["msg"][:1].lower() + detail["msg"][1:]
        if _SHOULD.match(detail["msg"]):
            message = "must " + _SHOULD.sub("", detail["msg"])
        yield path, Flaw(f"{name} {message}, not {found(value)}")


def _unknown(where: Where, tree: Any, inside: str, meant: Meant) -> Flaw:
    """Return what is wrong with a field that is not known."""
    *above, name = map(str, where.path)
    things = _at(tree, where.path[:-2])
    is_named = isinstance(things, Items) and where.path[-2] not in things.listed
    if name == "remove" and isinstance(things, Items):
        return Flaw(f"remove must be true{inside}", "Write remove: true, or leave it out")
    if name in gone(where.inside):
        return Flaw(f"field {quoted(name)}{inside} is no longer there", gone(where.inside)[name])
    allowed = [field for field in offered(where.inside) if not (is_named and field == "id")]
    # What is meant may be there already, inherited. At the root `extends` is gone before.
    is_extends = not above and closest(name, ["extends"]) == "extends"
    hint = "Did you mean 'extends'?" if is_extends else meant.indented(name, above) or meant.hint([name], above, allowed)
    return Flaw(f"unknown field {quoted(name)}{inside}", hint)


def _name(path: Path, tree: Any, below: Path = ()) -> str:
    """Return the last named step of a path with what comes after it: ``backers[1]``, ``killed_share.low``."""
    start = max((at for at, step in enumerate(path) if not _is_listed(_at(tree, path[:at]), step)), default=0)
    return readable((*path[start:], *below), _at(tree, path[:start])) or "the scenario"


def still_blank(located: Located, schema: type[BaseModel]) -> Located:
    """Return a flaw of the text with what to write, if it is that something was not filled in; any other as it is."""
    if located.path is None or not located.flaw.message.endswith(STILL_BLANK):
        return located
    where = locate(schema, located.path)
    flaw = Flaw(f"{'.'.join(map(str, located.path))} {STILL_BLANK}", what_to_write(where) or located.flaw.hint)
    return replace(located, flaw=flaw)


def _missing(where: Where, inside: str) -> Flaw:
    name = where.path[-1]
    field = fields(where.inside).get(str(name))
    if any(is_section(member) for member in members(where.annotation)) or is_mapping(where.annotation):
        allowed = listed(fields(where.annotation))
        says = (field.description or "") if field is not None else ""
        return Flaw(f"missing section {quoted(name)}{inside}", f"Its fields: {allowed}" if allowed else says)
    return Flaw(f"missing field {quoted(name)}{inside}", what_to_write(where))


def what_to_write(where: Where) -> str:
    """Return a hint for a field that is not there."""
    field = _field(where)
    knob = knob_of(field) if field is not None else None
    if knob is not None:
        return f"Write {knob.wanted}: {knob.description}"
    if is_number(where.annotation):
        return "Write a number"
    says = field.description if field is not None and field.description else ""
    sample = "Write a name of a-z, 0-9 and _" if where.path[-1] == "id" else _sample(where.annotation)
    return ": ".join(filter(None, [sample, says]))


def _tags(annotation: Any, key: str) -> str:
    """Return a hint with what may stand in the field that tells the branches of a union apart."""
    told = [get_args(fields(member)[key].annotation) for member in members(annotation) if key in fields(member)]
    return f"Possible: {listed(name for names in told for name in names)}" if any(told) else ""


def _field(where: Where) -> FieldInfo | None:
    return fields(where.inside).get(str(where.path[-1])) if where.path else None


def _sample(annotation: Any) -> str:
    """Return what to write for a field that is no number."""
    for member in members(annotation):
        if get_origin(member) is Literal:
            return f"Write one of {listed(get_args(member))}"
        if member in _SAMPLES:
            return _SAMPLES[member]
    return ""


def _how_to_write(kind: str, value: object, where: Where) -> str:
    """Return a hint for a value of the wrong type."""
    field = _field(where)
    knob = knob_of(field) if field is not None else None
    if item_of(where.annotation) is not None:
        return "Write a line 'name:' for each, with its fields below it, indented"
    if kind == "string_type":
        return "Write a text" if isinstance(value, (dict, list)) else "Put it in quotes"
    if kind in ("list_type", "tuple_type"):
        return "Write [a, b], or a line with '- ' for each"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "Write 'name: value' lines below it, indented"
    if kind in ("int_type", "int_from_float", "float_type"):
        return f"Write {knob.wanted}" if knob is not None else "Write the number alone, as in 3"
    return "Write year-month-day, without quotes" if kind.startswith("date_") else ""


def _choices(where: Where, context: dict[str, Any]) -> list[str]:
    return re.findall("'([^']*)'", str(context.get("expected", ""))) or [str(context.get("expected", ""))]


def _near(value: object, names: Sequence[str]) -> str:
    near = closest(value, names) if isinstance(value, str) else None
    return f"Did you mean '{near}'?" if near else ""
