"""Values with their places, and how two of them merge: what `extends` means.

The rules, for what a file inherits and what it writes itself:

- mappings merge field by field; what is written wins;
- lists of things with an `id` merge by id: known ids where they stand, new ones behind; `{id: x, remove: true}` removes one;
- a number (a plain one, or a mapping with `value` or `dist`) replaces the number before it whole;
- every other value replaces the one before it, an empty list included.

Merging is associative, so that it does not matter in what steps a chain of files is merged; a file merged with itself is
itself; an empty file changes nothing. Every value keeps the place where it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from .errors import Flaw, Path
from .read import Document, Located, Place
from .wording import did_you_mean, quoted


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
    removed : bool
        For a removal: whether it has removed something.
    """

    value: Any
    place: Place
    whole: bool = False
    removed: bool = False


def tree_of(document: Document, root: Place) -> Node:
    """Return a document as a tree of nodes."""

    def node(value: Any, path: Path) -> Node:
        place = document.places.get(path, root)
        if isinstance(value, dict):
            fields = {key: node(item, (*path, key)) for key, item in value.items()}
            return Node(fields, place, whole=bool(path) and _is_number(fields))
        if isinstance(value, list):
            items = [node(item, (*path, position)) for position, item in enumerate(value)]
            return Node(items, place, whole=not _by_id(items))
        return Node(value, place, whole=True)

    return node(document.value, ())


def merge(base: Node, over: Node) -> Node:
    """Return `over` merged over `base`, by the rules of this module."""
    if over.whole:
        return over
    if isinstance(base.value, dict) and isinstance(over.value, dict):
        fields = dict(base.value)
        for key, node in over.value.items():
            fields[key] = merge(fields[key], node) if key in fields else node
        return Node(fields, over.place, whole=base.whole)
    if isinstance(base.value, list) and isinstance(over.value, list) and _joinable(base):
        items = {_id(item): item for item in base.value}
        for item in over.value:
            name = _id(item)
            items[name] = _merge_items(items[name], item) if name in items else item
        return Node(list(items.values()), over.place, whole=base.whole)
    return replace(over, whole=True)


def _merge_items(base: Node, over: Node) -> Node:
    if is_removal(over):
        return replace(over, removed=over.removed or base.removed or not is_removal(base))
    if is_removal(base):
        return replace(over, whole=True)
    return merge(base, over)


def is_removal(node: Node) -> bool:
    """Return whether an item of a list stands for the removal of what has its id."""
    return isinstance(node.value, dict) and "remove" in node.value and node.value["remove"].value is True


def without_removals(node: Node) -> Node:
    """Return the tree after all removals: the scenario itself."""
    if isinstance(node.value, dict):
        return replace(node, value={key: without_removals(item) for key, item in node.value.items()})
    if isinstance(node.value, list):
        return replace(node, value=[without_removals(item) for item in node.value if not is_removal(item)])
    return node


def removal_flaws(node: Node) -> Iterator[Located]:
    """Yield what is wrong with the removals of a merged tree."""
    if isinstance(node.value, list):
        known = [_id(item) for item in node.value if not is_removal(item) and _id(item)]
        for item in node.value:
            if not is_removal(item):
                yield from removal_flaws(item)
            elif set(item.value) != {"id", "remove"} or _id(item) is None:
                flaw = Flaw("an item that is removed has an 'id' and 'remove: true', nothing else", "Write no other field")
                yield Located(item.place, flaw)
            elif not item.removed:
                flaw = Flaw(f"{quoted(_id(item))} is removed but was not inherited", did_you_mean(_id(item), known))
                yield Located(item.place, flaw)
    elif isinstance(node.value, dict):
        for item in node.value.values():
            yield from removal_flaws(item)


def plain(node: Node) -> Any:
    """Return the plain values of a tree."""
    if isinstance(node.value, dict):
        return {key: plain(item) for key, item in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


def places(node: Node, path: Path = ()) -> dict[Path, Place]:
    """Return the place of every value of a tree, by its path."""
    found = {path: node.place} if path else {}
    if isinstance(node.value, dict):
        for key, item in node.value.items():
            found |= places(item, (*path, key))
    elif isinstance(node.value, list):
        for position, item in enumerate(node.value):
            found |= places(item, (*path, position))
    return found


def _is_number(fields: dict[str, Node]) -> bool:
    """Return whether a mapping stands for a number; sections and sources may be called `value` or `dist` too."""
    return any(key in fields and not isinstance(fields[key].value, dict) for key in ("value", "dist"))


def _id(node: Node) -> str | None:
    name = node.value.get("id") if isinstance(node.value, dict) else None
    return name.value if name is not None and isinstance(name.value, str) else None


def _by_id(items: list[Node]) -> bool:
    """Return whether a list joins another by id: it has items, all with an id of their own."""
    names = [_id(item) for item in items]
    return bool(names) and None not in names and len(set(names)) == len(names)


def _joinable(node: Node) -> bool:
    return not node.value or _by_id(node.value)
