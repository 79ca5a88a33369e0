"""Values with their places, and how two of them merge: what `extends` means.

The rules, for what a file inherits and what it writes itself:

- mappings merge field by field; what is written wins;
- things with an `id` are mappings by it, where they are written as a list too: known ids stay where they stand, new ones
  come behind; `x: {remove: true}` removes one; `x: {like: y}` begins anew as `y` of the same list is in the end, or was
  when it was removed, but for its name, and what else is written is laid over that;
- a number (a plain one, or a mapping with `value` or `dist`) replaces the number before it whole;
- every other value replaces the one before it, an empty list included, of things too.

Merging is associative, so that it does not matter in what steps a chain of files is merged; a file merged with itself is
itself; an empty file changes nothing. Every value keeps the place where it was written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .errors import Flaw, Path
from .parse import UNREAD, Unread
from .read import Document, Located, Place
from .walk import below, item_of
from .walk import fields as known_fields
from .wording import did_you_mean, found, quoted

LIKE = "like"
"""The field of a thing that names another of its list, whose fields it has where it does not write them."""
# What a thing has for itself.
_OWN = ("id", "name")


class Items(dict[str, Any]):
    """Things of a scenario by their `id`, in the order of writing, whether they are written as a mapping or as a list.

    That of a thing is its key, and no field; one that says otherwise is left for `load` to refuse.

    Parameters
    ----------
    things : mapping of str to object
    listed : collection of str
        Those that are written as items of a list, for messages.
    """

    def __init__(self, things: Mapping[str, Any], listed: Collection[str]) -> None:
        super().__init__((name, _without_id(thing, name)) for name, thing in things.items())
        self.listed = listed

    def __setitem__(self, name: str, thing: Any) -> None:
        super().__setitem__(name, _without_id(thing, name))


def _without_id(thing: Any, name: str) -> Any:
    is_said = isinstance(thing, dict) and thing.get("id") == name
    return {key: value for key, value in thing.items() if key != "id"} if is_said else thing


@dataclass(frozen=True)
class Node:
    """A value of a scenario with its place.

    Parameters
    ----------
    value : dict of str to Node, list of Node, or a plain value
    place : Place
        Where its key, or the item, is written.
    whole : bool
        Whether it replaces what it is merged over instead of joining it.
    was : Node, optional
        For a removal: what it has removed.
    items : bool
        Whether it holds things by their id.
    listed : bool
        Whether it is a thing that is written as an item of a list.
    """

    value: Any
    place: Place
    whole: bool = False
    was: Node | None = None
    items: bool = False
    listed: bool = False


def tree_of(document: Document, root: Place, schema: Any) -> Node:
    """Return a document as a tree of nodes.

    Parameters
    ----------
    document : Document
    root : Place
        Of the document itself.
    schema
        The model of the document, which says where things with an `id` stand.
    """

    def node(value: Any, path: Path, annotation: Any) -> Node:
        place, item = document.places.get(path, root), item_of(annotation)
        if isinstance(value, list) and item is not None and (named := _by_id(value)) is not None:
            things = {name: node(value[position], (*path, position), item) for name, position in named.items()}
            things = {name: replace(thing, listed=True) for name, thing in things.items()}
            return Node(things, place, whole=not things, items=True)
        if isinstance(value, dict):
            fields = {key: node(one, (*path, key), below(annotation, key)) for key, one in value.items()}
            whole = bool(path) and item is None and _is_number(fields)
            whole |= LIKE in fields and "id" in known_fields(annotation)
            return Node(fields, place, whole=whole, items=item is not None)
        if isinstance(value, list):
            value = [node(one, (*path, position), below(annotation, position)) for position, one in enumerate(value)]
        return Node(value, place, whole=True)

    return node(document.value, (), schema)


def in_one_form(value: Any, annotation: Any) -> Any:
    """Return a plain value as it stands in a tree: things with an `id` by it."""
    return plain(tree_of(Document(value, {}), Place(""), annotation))


def merge(base: Node, over: Node) -> Node:
    """Return `over` merged over `base`, by the rules of this module."""
    if over.whole:
        return over
    if isinstance(base.value, dict) and isinstance(over.value, dict):
        join = _merge_items if over.items else merge
        fields = dict(base.value)
        for key, node in over.value.items():
            fields[key] = join(fields[key], node) if key in fields else node
        return Node(fields, over.place, whole=base.whole, items=over.items, listed=over.listed)
    return replace(over, whole=True)


def _merge_items(base: Node, over: Node) -> Node:
    if is_removal(over):
        return replace(over, was=over.was or (base.was if is_removal(base) else base))
    if is_removal(base):
        return replace(over, whole=True)
    return merge(base, over)


def with_likes(node: Node) -> tuple[Node, list[Located]]:
    """Return a merged tree in which things that are like others have their fields, and what is wrong with them."""
    wrong: list[Located] = []

    def filled(node: Node) -> Node:
        if isinstance(node.value, list):
            return _holding(node, [filled(item) for item in node.value])
        if not isinstance(node.value, dict):
            return node
        fields = {name: _like(node.value, name, wrong, ()) for name in node.value} if node.items else node.value
        return _holding(node, {name: filled(one) for name, one in fields.items()})

    return filled(node), wrong


def _like(things: Mapping[str, Node], name: str, wrong: list[Located], asking: tuple[str, ...]) -> Node:
    """Return a thing with the fields of what it is like; one that cannot be is left unread, with what is wrong."""
    thing = things[name]
    if is_removal(thing) and asking:
        thing = thing.was or thing
    if not isinstance(thing.value, dict) or LIKE not in thing.value or is_removal(thing):
        return thing
    like = thing.value[LIKE]
    other = plain(like)
    flaw = None
    if isinstance(like.value, Unread):
        pass  # which is said already
    elif not isinstance(other, str):
        flaw = Flaw(f"like must be the name of another, not {found(other)}", did_you_mean("", _others(things, name)))
    elif other == name:
        flaw = Flaw(f"{name} is like itself", "Remove it: what is inherited stays")
    elif other in asking:
        flaw = Flaw(f"{name} and {other} are each like the other", "Remove one")
    elif other not in _others(things, name):
        hint = did_you_mean(other, _others(things, name))
        flaw = Flaw(f"there is no {quoted(other)} here that {name} could be like", hint)
    else:
        base = _like(things, other, wrong, (*asking, name))
        if isinstance(base.value, dict):
            own = {key: one for key, one in thing.value.items() if key != LIKE}
            kept = {key: one for key, one in base.value.items() if key not in _OWN}
            merged = merge(replace(base, value=kept, whole=False), replace(thing, value=own, whole=False))
            return replace(merged, whole=True, listed=thing.listed)
    if flaw is not None:
        wrong.append(Located(like.place, flaw))
    return replace(thing, value=UNREAD)


def _others(things: Mapping[str, Node], name: str) -> list[str]:
    return [known for known, one in things.items() if known != name and not (is_removal(one) and one.was is None)]


def is_removal(node: Node) -> bool:
    """Return whether a thing stands for the removal of what has its id."""
    return isinstance(node.value, dict) and "remove" in node.value and node.value["remove"].value is True


def without_removals(node: Node) -> Node:
    """Return the tree after all removals: the scenario itself."""
    if isinstance(node.value, dict):
        kept = {key: item for key, item in node.value.items() if not (node.items and is_removal(item))}
        return _holding(node, {key: without_removals(item) for key, item in kept.items()})
    if isinstance(node.value, list):
        return _holding(node, [without_removals(item) for item in node.value if not is_removal(item)])
    return node


def _holding(node: Node, value: dict[str, Node] | list[Node]) -> Node:
    """Return a node with what it holds: itself where that is nothing else, as with most of what is merged."""
    parts, before = ((one.values() if isinstance(one, dict) else one) for one in (value, node.value))
    same = len(value) == len(node.value) and all(one is was for one, was in zip(parts, before, strict=True))
    return node if same else replace(node, value=value)


def removal_flaws(node: Node) -> Iterator[Located]:
    """Yield what is wrong with the removals of a merged tree."""
    things = dict(enumerate(node.value)) if isinstance(node.value, list) else node.value
    if not isinstance(things, dict):
        return
    known = [name for name, item in things.items() if not is_removal(item)]
    for name, item in things.items():
        # In a list that is left are things without an id.
        if not is_removal(item) or not (node.items or isinstance(node.value, list)):
            yield from removal_flaws(item)
        elif not node.items or not set(item.value) <= {"id", "remove"}:
            fields = "an 'id' and 'remove: true'" if item.listed or not node.items else "'remove: true'"
            yield Located(item.place, Flaw(f"an item that is removed has {fields}, nothing else", "Write no other field"))
        elif item.was is None:
            yield Located(item.place, Flaw(f"{quoted(name)} is removed but was not inherited", did_you_mean(name, known)))


def id_flaws(node: Node) -> Iterator[Located]:
    """Yield each thing of a file that says another id than the name under which it stands."""
    for _, one in everything(node):
        for name, thing in one.value.items() if one.items else ():
            said = thing.value.get("id") if isinstance(thing.value, dict) and not thing.listed else None
            if said is not None and plain(said) != name and not isinstance(said.value, Unread):
                yield Located(said.place, contradiction(plain(said), name))


def contradiction(said: Any, name: str) -> Flaw:
    """Return what is wrong with a thing that says another id than its name."""
    what = f"id {quoted(said)}" if isinstance(said, (str, int)) and not isinstance(said, bool) else "its id"
    message = f"{what} is not the name {quoted(name)} under which it stands"
    return Flaw(message, "Remove it, or change the name")


def plain(node: Node) -> Any:
    """Return the plain values of a tree, texts without the spaces and line ends around them that a block of YAML leaves."""
    if isinstance(node.value, dict):
        values = {key: plain(item) for key, item in node.value.items()}
        return Items(values, {key for key, item in node.value.items() if item.listed}) if node.items else values
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value.strip() if isinstance(node.value, str) else node.value


def places(node: Node) -> dict[Path, Place]:
    """Return the place of every value of a tree, by its path."""
    return {path: one.place for path, one in everything(node) if path}


def everything(value: Any, path: Path = ()) -> list[tuple[Path, Any]]:
    """Return a value, a plain one or a node, and all below it, each with its path, in the order of writing."""
    found = [(path, value)]

    def look(value: Any, path: Path) -> None:
        inside = value.value if isinstance(value, Node) else value
        if isinstance(inside, (dict, list)):
            for step, part in inside.items() if isinstance(inside, dict) else enumerate(inside):
                found.append((below := (*path, step), part))
                look(part, below)

    look(value, path)
    return found


def _is_number(fields: dict[str, Node]) -> bool:
    """Return whether a mapping stands for a number; sections and sources may be called `value` or `dist` too."""
    return any(key in fields and not isinstance(fields[key].value, dict) for key in ("value", "dist"))


def _by_id(items: list[Any]) -> dict[str, int] | None:
    """Return the positions of things by their id, or None where not each has one of its own."""
    names = [item.get("id") if isinstance(item, dict) else None for item in items]
    found = {name.strip(): position for position, name in enumerate(names) if isinstance(name, str)}
    return found if len(found) == len(items) else None
