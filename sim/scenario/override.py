"""Single values set on the command line: ``--set arms.backers.united_states.delay_days=30``.

A thing of a list is taken out as in a file: ``--set arms.halts.us_pause={remove: true}``.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from .errors import FieldError, Flaw, Path, Step
from .meant import Meant
from .read import Document, Located, Place, read_value
from .tree import LIKE, Items, everything, in_one_form, plain, tree_of, with_likes
from .walk import below, fields, gone, is_mapping, is_number, offered
from .wording import quoted

NOTE = "set on the command line"
_REMOVAL = {"remove": True}
_GONE = object()


def apply(
    tree: dict[str, Any], places: dict[Path, Place], schema: type[BaseModel], text: str, option: str = "--set"
) -> list[Located]:
    """Set one value in a tree, in place, and note where it came from.

    Parameters
    ----------
    tree : dict
        The plain values of a scenario; changed.
    places : dict of path to Place
        The places of the values; changed, so that later problems point to the command line.
    schema : type of BaseModel
        The model of the scenario: a field may be set although the file does not write it.
    text : str
        ``dotted.path=value``; things by their id. A number set on a mapping with ``value`` or ``dist``
        replaces the mapping.
    option : str
        How it was asked for, which is its place in messages.

    Returns
    -------
    list of Located
        What is wrong with `text`; empty when it was applied.
    """
    place = Place(f"{option} {text}")
    dotted, equals, written = text.partition("=")
    try:
        if not equals:
            raise FieldError(Flaw("there is no '='", "Write --set path=value"))
        value = read_value(written)
        path, kept = _set(tree, schema, dotted.strip().split("."), value)
    except FieldError as error:
        return [Located(place, flaw) for flaw in error.flaws]
    for known in [known for known in places if known[: len(path)] == path]:
        del places[known]
    # So do sections that the files leave out, and all that was set with it.
    for depth in range(1, len(path)):
        places.setdefault(path[:depth], place)
    places.update({one: place for one, _ in everything(kept, path) if kept is not _GONE})
    return []


def _set(tree: dict[str, Any], schema: type[BaseModel], names: list[str], value: Any) -> tuple[Path, Any]:
    """Set a value; return its path, and it as the tree keeps it, or `_GONE` for what is taken out."""
    node: Any = tree
    above: Any = None
    annotation: Any = schema
    path: list[Step] = []
    meant = Meant(schema, tree)
    for position in range(len(names)):
        step = _step(node, annotation, names, position, meant)
        path.append(step)
        annotation = below(annotation, step)
        if position == len(names) - 1:
            break
        if isinstance(step, str) and node.get(step) is None and (fields(annotation) or is_mapping(annotation)):
            node[step] = {}  # a section that the file leaves out
        above, node = node, node[step] if isinstance(step, int) else node.get(step)
    if isinstance(node, Items) and value == _REMOVAL:
        del node[names[-1]]
        return tuple(path), _GONE
    is_plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    before = node[step] if isinstance(step, int) else node.get(step)
    if is_plain and isinstance(before, dict) and ("value" in before or "dist" in before):
        value = {"value": value, "note": NOTE}
    kept = node[step] = in_one_form(value, annotation)
    if isinstance(above, Items):
        above[names[-2]] = node  # without an id that is its name
    if any(isinstance(one, dict) and LIKE in one for _, one in everything(value)):
        whole, wrong = with_likes(tree_of(Document(tree, {}), Place(""), schema))
        tree |= plain(whole)
        if wrong:
            raise FieldError(*(located.flaw for located in wrong))
        kept = _at(tree, path)
    return tuple(path), kept


def _at(node: Any, path: list[Step]) -> Any:
    return _at(node[path[0]], path[1:]) if path else node


def _step(node: Any, annotation: Any, names: list[str], position: int, meant: Meant) -> Step:
    """Return the key or the position that the name at a position of a path stands for below a node."""
    name, above = names[position], names[:position]
    prefix = ".".join(above)
    dot = f"{prefix}." if prefix else ""
    if isinstance(node, dict):
        known = [*offered(annotation), *(key for key in node if key not in fields(annotation))]
        # The keys of a distribution and of a free mapping are checked when the scenario is.
        if name in known or is_number(annotation) or is_mapping(annotation):
            return name
    elif isinstance(node, list):
        known = []
        if name.isascii() and name.isdecimal() and len(name) < 9 and int(name) < len(node):
            return int(name)
    else:
        held = "is empty" if node is None else "is a single value"
        raise FieldError(Flaw(f"{quoted(prefix)} {held} and has no {quoted(name)}", f"Write --set {prefix}=value"))
    if name in gone(annotation):
        raise FieldError(Flaw(f"{quoted(dot + name)} is no longer there", gone(annotation)[name]))
    raise FieldError(Flaw(f"unknown path {quoted(dot + name)}", meant.hint(names[position:], above, known, as_path=True)))
