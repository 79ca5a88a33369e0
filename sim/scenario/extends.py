"""Following `extends`: which files a scenario is made of, and in what order they are merged.

Each file counts once, where it first appears: parents before children, and of several parents the first before the second.
So two variants of the same base can be combined, and neither takes back what the other changed.

A file may extend a file of its own folder tree, or a shipped scenario by its name (see `lookup`); nothing else, symbolic
links resolved.
A file's `expect` and `short` are its own and are not inherited, nor is `war_began` by a file of another war.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

from sim import catalogue

from .errors import Flaw, ScenarioError
from .lookup import Found, Unclear, meanings, names_like, short
from .parse import Unread
from .read import Document, Located, Place, read_all
from .tree import Node, id_flaws, merge, removal_flaws, tree_of, with_likes, without_removals
from .wording import quoted

MOST_LEVELS = 8
NOT_INHERITED = ("expect", "short", "inherited")


@dataclass
class Layers:
    """The files of a scenario, each once, in the order in which they are merged.

    Attributes
    ----------
    schema
        The model of a scenario.
    trees : list of Node
        What each file writes itself.
    files : list of pathlib.Path
        The files, links resolved.
    wrong : list of Located
        Flaws of the files' text and of their `extends`.
    """

    schema: Any
    trees: list[Node] = field(default_factory=list)
    files: list[FilePath] = field(default_factory=list)
    wrong: list[Located] = field(default_factory=list)

    def error(self) -> ScenarioError:
        """Return what is wrong as an error."""
        return ScenarioError(item.problem for item in sorted(self.wrong, key=lambda item: item.place.order))

    def merged(self) -> Node:
        """Return the scenario: all layers merged, things filled in that are like others, removals done."""
        whole = _without(self.trees[0], NOT_INHERITED) if len(self.trees) > 1 else self.trees[0]
        for tree in self.trees[1:-1]:
            whole = merge(whole, _without(tree, NOT_INHERITED))
        if len(self.trees) > 1:
            whole = merge(whole, self.trees[-1])
        whole, wrong = with_likes(whole)
        self.wrong += [*wrong, *removal_flaws(whole)]
        return without_removals(whole)


def read_layers(path: FilePath, shown: str, schema: Any) -> Layers:
    """Read a scenario file and everything it extends.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    shown : str
        Its name in messages.
    schema
        The model of a scenario.

    Raises
    ------
    ScenarioError
        When one of the files cannot be read at all, or a file cannot be extended.
    """
    layers = Layers(schema)
    roots = (_real(path).parent, _real(catalogue.shipped_folder()))
    _read(path, shown, roots, [], layers, set())
    return layers


def _read(
    path: FilePath,
    shown: str,
    roots: tuple[FilePath, ...],
    chain: list[tuple[FilePath, str]],
    layers: Layers,
    seen: set[FilePath],
) -> None:
    real = _real(path)
    document, wrong = read_all(path, shown, lambda: [*catalogue.shipped(), *map(str, path.parent.glob("*.y*ml"))])
    layers.wrong += wrong
    here = [*chain, (real, shown)]
    extends = "extends" in document.value
    written = document.value.get("extends")
    where: Place = document.places.get(("extends",), Place(shown, 1, 1))
    for position, name in enumerate(_names(written, where, layers) if extends else ()):
        place = document.places.get(("extends", position), where)
        try:
            parent = _find(name, path, shown, roots)
            _refuse_cycle(parent.path, parent.shown, here)
        except _Refused as refused:
            layers.wrong.append(Located(place, refused.flaw))
            raise layers.error() from None
        if _real(parent.path) not in seen:
            _read(parent.path, parent.shown, roots, here, layers, seen)
    if extends and "title" not in document.value:
        flaw = Flaw("a scenario that extends another needs a 'title' of its own", "Write title: what differs")
        layers.wrong.append(Located(where, flaw))
    seen.add(real)
    tree, flaws = _tree(document, Place(shown, 1, 1), layers.schema)
    layers.wrong += flaws
    layers.trees.append(tree)
    layers.files.append(real)


# As many as are read once.
@lru_cache(maxsize=64)
def _tree(document: Document, root: Place, schema: Any) -> tuple[Node, tuple[Located, ...]]:
    """Return what a file writes itself, but for what it extends, and what is wrong with its ids."""
    own = {key: value for key, value in document.value.items() if key != "extends"}
    tree = tree_of(Document(own, document.places), root, schema)
    return tree, tuple(id_flaws(tree))


class _Refused(Exception):
    def __init__(self, flaw: Flaw) -> None:
        self.flaw = flaw
        super().__init__(flaw.message)


def _names(written: Any, where: Place, layers: Layers) -> list[str]:
    names = written if isinstance(written, list) else [written]
    good = [name for name in names if isinstance(name, str) and name]
    if len(good) < len(names) or written == []:
        # What would have been inherited is not known, so that anything else said now would mislead.
        if not any(isinstance(name, Unread) for name in names):
            layers.wrong.append(Located(where, Flaw("extends must be a name or a list of names", "Write extends: baseline")))
        raise layers.error()
    return good


def _find(name: str, path: FilePath, shown: str, roots: tuple[FilePath, ...]) -> Found:
    """Return the file that a name means beside the file `path`."""
    if FilePath(name).is_absolute():
        raise _Refused(
            Flaw(f"extends {quoted(name)} is an absolute path", "Name a scenario of this folder, or a shipped one")
        )
    if "\0" in name:
        raise _Refused(Flaw(f"extends {quoted(name)} is no name", "Write extends: baseline"))
    # A link is followed, so that a file extends the same ones whichever way it was come to.
    if path.is_symlink():
        path, shown = _real(path), short(_real(path))
    options = meanings(name, path.parent, FilePath(shown).parent, path)
    if len(options) > 1:
        raise _Refused(Unclear(name, options, f"extends {quoted(name)}").flaw)
    wanted = options[0].path if options else path.parent / name
    if not any(_real(wanted).is_relative_to(root) for root in roots):
        hint = "A scenario may extend those of its own folder and the shipped ones"
        raise _Refused(Flaw(f"extends {quoted(name)} leaves the scenario folder", hint))
    if not options:
        raise _Refused(
            Flaw(f"extends {quoted(name)}: there is no such scenario", names_like(name, path.parent, asking=path))
        )
    (found,) = options
    if not os.path.isfile(found.path):
        raise _Refused(Flaw(f"extends {quoted(name)} is not a file", "Name a .yaml file, or a shipped scenario"))
    return found


def _refuse_cycle(parent: FilePath, label: str, chain: list[tuple[FilePath, str]]) -> None:
    reals = [real for real, _ in chain]
    if _real(parent) in reals:
        circle = [FilePath(shown).stem for _, shown in chain[reals.index(_real(parent)) :]]
        round_trip = " -> ".join([*circle, FilePath(label).stem])
        raise _Refused(Flaw(f"extends goes round in a circle: {round_trip}", "Remove one of these 'extends'"))
    if len(chain) >= MOST_LEVELS:
        raise _Refused(Flaw(f"extends goes deeper than {MOST_LEVELS} levels", "Merge some of the files"))


def _real(path: FilePath) -> FilePath:
    """Return the path with links resolved; unlike Path.resolve this copes with links in a circle."""
    return FilePath(os.path.realpath(path))


def _without(node: Node, keys: tuple[str, ...]) -> Node:
    return Node({key: item for key, item in node.value.items() if key not in keys}, node.place, node.whole)
