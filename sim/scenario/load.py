"""A scenario file or shipped name -> a validated, frozen scenario, or all problems at once.

Left out: writing defaults into the resolved file.
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from sim import catalogue

from . import override
from .errors import Flaw, Path, Problem, ScenarioError
from .extends import read_layers
from .head import ScenarioHead
from .identity import Origin, Setting, fingerprint, one_after_the_other, settings_between
from .inherited import BEGAN, INHERITED, files_of_others, inherited
from .labels import Label, Names, labels
from .lookup import Unclear, is_file_only, meanings, names_like, one_form
from .parse import Unread
from .read import Located, Place
from .section import duplicate_ids
from .translate import still_blank, translate
from .tree import Items, contradiction, everything, plain
from .tree import places as places_of
from .wording import quoted, where_source
from .write import to_yaml

T = TypeVar("T", bound=ScenarioHead)
S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True)
class Scenario(Generic[T]):
    """A validated scenario.

    Parameters
    ----------
    name : str
        The stem of the file's name.
    path : pathlib.Path
        The file it was read from.
    world : ScenarioHead or a subclass
        The validated sections.
    tree : dict
        The plain values, with what was inherited and what was set on the command line.
    places : mapping of path to Place
        Where each value of the tree is written; a path is a tuple of keys and of positions in lists.
    base : dict
        The tree before anything was set.
    origin : Origin, optional
        Of a scenario that a run has kept: what it was before.
    files : tuple of pathlib.Path
        Those that it is made of: what it extends before it, links resolved.
    """

    name: str
    path: FilePath
    world: T
    tree: dict[str, Any]
    places: Mapping[Path, Place]
    base: dict[str, Any]
    origin: Origin | None = None
    files: tuple[FilePath, ...] = ()

    @cached_property
    def stands_alone(self) -> bool:
        """Whether all that is written of it stands in one file, beside what was set."""
        return len({place.file for place in self.places.values() if place.line}) == 1

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """What is not as the file has it, by path; the horizon, of which a run has its own, is left out."""
        before = () if self.origin is None else self.origin.settings
        return one_after_the_other(before, settings_between(self.base, self.tree))

    @cached_property
    def fingerprint(self) -> str:
        """What tells its file from another of the same title; empty for a shipped one, whose title is its own."""
        if self.origin is not None:
            return self.origin.fingerprint
        return "" if is_shipped(self.path) else fingerprint(self.base)

    @cached_property
    def labels(self) -> dict[str, Label]:
        """What each of its numbers is called, by its dotted path."""
        return labels(self.names)

    @cached_property
    def names(self) -> Names:
        """What its sides and things are called."""
        return Names(self.world)

    @property
    def head(self) -> ScenarioHead:
        """The part that all scenarios share."""
        return self.world

    def to_yaml(self) -> str:
        """Return the scenario as YAML text that loads to the same `world` and `tree` again."""
        return "".join(self.sections.values())

    @cached_property
    def sections(self) -> dict[str, str]:
        """The same text in parts, by top-level names; made once, since most commands ask for it several times."""
        return {name: to_yaml({name: value}) for name, value in self.tree.items()}

    def with_settings(self, overrides: Sequence[str], option: str = "--set") -> Scenario[T]:
        """Return the scenario with values changed, as `load_scenario` would with these overrides after its own.

        Parameters
        ----------
        overrides : sequence of str
        option : str
            How they were asked for, which is their place in messages.

        Raises
        ------
        ScenarioError
            With every problem found.
        """
        tree, places = copy.deepcopy(self.tree), dict(self.places)
        wrong = _override(tree, places, type(self.world), overrides, option)
        return self._changed(tree, places, wrong)

    def taken_out(self, gone: Collection[Path], put: Mapping[Path, Any], option: str) -> Scenario[T]:
        """Return the scenario without values at some paths, and with others `put` in their place.

        Parameters
        ----------
        gone : collection of path
            What goes; nothing of it lies below another.
        put : mapping of path to value
        option : str
            How it was asked for, which is the place of what is put in messages.

        Raises
        ------
        ScenarioError
            With every problem found: what is left may be no scenario.
        """
        tree, places = copy.deepcopy(self.tree), dict(self.places)
        for path in (*gone, *put):
            node: Any = tree
            for step in path[:-1]:
                node = node[step]
            if path in put:
                node[path[-1]], places[path] = put[path], Place(option)
            else:
                del node[path[-1]]
        return self._changed(tree, places, [])

    def _changed(self, tree: dict[str, Any], places: dict[Path, Place], wrong: list[Located]) -> Scenario[T]:
        changed = _validated(self.path, str(self.path), tree, places, type(self.world), wrong)
        return replace(changed, name=self.name, base=self.base, origin=self.origin, files=self.files)

    def with_tree(self, tree: dict[str, Any]) -> Scenario[T]:
        """Return the scenario with other values, as in `tree`; errors as in `with_settings`."""
        changed = _validated(self.path, str(self.path), tree, dict(self.places), type(self.world), [])
        return replace(changed, name=self.name, base=self.base, origin=self.origin, files=self.files)


def load_scenario(source: str | FilePath, schema: type[T], overrides: Sequence[str] = ()) -> Scenario[T]:
    """Read, override and validate one scenario.

    Parameters
    ----------
    source : str or pathlib.Path
        A file, or as a str the name of a file or of a shipped scenario, as `lookup` reads it (``"baseline"``,
        ``"history/iwo_jima"``, ``"./house.yaml"``).
    schema : type
        The model to validate against: `ScenarioHead` with the sections of the mechanisms.
    overrides : sequence of str
        ``dotted.path=value``, applied in order before validation; things by their ``id``.

    Returns
    -------
    Scenario
        With the validated model as `world`.

    Raises
    ------
    ScenarioError
        With every problem found, in the order of the file, those of overrides last.
    """
    path, shown = _find(source)
    layers = read_layers(path, shown, schema)
    merged = layers.merged()
    tree: dict[str, Any] = plain(merged)
    places = places_of(merged)
    if (BEGAN,) in places and places[BEGAN,].file in files_of_others(layers.trees):
        del tree[BEGAN], places[BEGAN,]
    base = copy.deepcopy(tree) if overrides else tree
    wrong = [*layers.wrong, *_override(tree, places, schema, overrides, "--set")]
    found = replace(_validated(path, shown, tree, places, schema, wrong), base=base, files=tuple(layers.files))
    others = inherited(layers.trees, found.world, places)
    if not others:
        return found
    return replace(found, world=found.world.model_copy(update={INHERITED: others}), tree={**tree, INHERITED: others})


def _override(
    tree: dict[str, Any], places: dict[Path, Place], schema: type[T], overrides: Sequence[str], option: str
) -> list[Located]:
    return [flaw for text in overrides for flaw in override.apply(tree, places, schema, text, option)]


def _validated(
    path: FilePath, shown: str, tree: dict[str, Any], places: dict[Path, Place], schema: type[T], wrong: list[Located]
) -> Scenario[T]:
    """Return the scenario of a tree, or raise with what was `wrong` already and what else is."""
    world = validated(shown, tree, places, schema, wrong)
    return Scenario(one_form(path.stem), path, world, tree, places, tree)


def validated(
    shown: str, tree: dict[str, Any], places: Mapping[Path, Place], schema: type[S], wrong: Sequence[Located]
) -> S:
    """Return the model of what a file says.

    Parameters
    ----------
    shown : str
        The file, as the user knows it.
    tree : dict
        Its plain values.
    places : mapping of path to Place
        Where each is written.
    schema : type of BaseModel
    wrong : sequence of Located
        What is wrong with it already.

    Raises
    ------
    ScenarioError
        With that and what else is wrong, in the order of the file.
    """
    wrong = [still_blank(one, schema) for one in wrong]
    written = everything(tree)
    spoilt = {where for where, node in written if isinstance(node, Unread)}
    flaws: list[tuple[Path, Flaw]] = []
    world: S | None = None
    try:
        world = schema.model_validate(tree)
    except ValidationError as error:
        flaws += translate(error, schema, tree)
    flaws += _tree_flaws(written, tree.get("sources", {}))
    settings = {where: place for where, place in places.items() if not place.line}
    for where, flaw in flaws:
        # What could not be read has its problem already.
        if not any(where[:length] in spoilt for length in range(len(where) + 1)):
            wrong.append(Located(_set_beside(where, flaw, settings) or nearest(where, places, shown), flaw, where))
    if wrong or world is None:
        ordered = sorted(wrong, key=lambda item: item.place.order)
        raise ScenarioError(dict.fromkeys(item.problem for item in ordered))
    return world


def _find(source: str | FilePath) -> tuple[FilePath, str]:
    """Return the file that `source` means and its name in messages."""
    path = FilePath(source)
    if not isinstance(source, str):
        return path, str(source)
    try:
        found = meanings(source)
        if len(found) > 1:
            raise Unclear(source, found)
    except Unclear as unclear:
        raise ScenarioError([Problem(source, unclear.flaw.message, unclear.flaw.hint)]) from None
    if found:
        return found[0].path, source if path == found[0].path else found[0].shown
    if is_file_only(source) or os.path.isdir(source):
        return path, source
    hint = names_like(source, FilePath())
    raise ScenarioError([Problem(source, "there is no such file and no such shipped scenario", hint)])


def is_shipped(path: FilePath) -> bool:
    """Return whether a file is one of the scenarios shipped with the program."""
    return path.resolve().is_relative_to(catalogue.shipped_folder().resolve())


def nearest(path: Path, places: Mapping[Path, Place], shown: str) -> Place:
    """Return the place of a path, or of the nearest thing above it that is written down."""
    for length in range(len(path), 0, -1):
        if path[:length] in places:
            return places[path[:length]]
    return Place(shown, 1, 1)


def _set_beside(path: Path, flaw: Flaw, settings: Mapping[Path, Place]) -> Place | None:
    """Return the setting of a number of the same section that a flaw names, unless the place of the flaw is one itself."""
    if not settings or path in settings:
        return None
    named = set(re.findall(r"\w+", flaw.message))
    beside = (one for one in settings if one and one[:-1] in (path, path[:-1]) and one != path and one[-1] in named)
    return next((settings[one] for one in beside), None)


def _tree_flaws(written: Sequence[tuple[Path, Any]], sources: Any) -> Iterator[tuple[Path, Flaw]]:
    """Yield what needs no schema, so that it is said with everything else: unknown sources, wrong or repeated ids."""
    untold = True
    for path, node in written:
        is_number = isinstance(node, dict) and ("value" in node or "dist" in node)
        if is_number and "source" in node and isinstance(sources, dict):
            for where, flaw in _source_flaws(node["source"], sources, (*path, "source")):
                # How sources are written is said once.
                yield where, flaw if sources or untold else Flaw(flaw.message, "Add it to 'sources'")
                untold = False
        if isinstance(node, Items):
            for name, thing in node.items():
                if isinstance(thing, dict) and "id" in thing:
                    yield (*path, name, "id"), contradiction(thing["id"], name)
        elif isinstance(node, list):
            for flaw in duplicate_ids([item.get("id") if isinstance(item, dict) else None for item in node]):
                yield (*path, *flaw.below), Flaw(flaw.message, flaw.hint)


def _source_flaws(written: Any, sources: dict[str, Any], path: Path) -> Iterator[tuple[Path, Flaw]]:
    for position, key in enumerate(written if isinstance(written, list) else [written]):
        if isinstance(key, str) and key and key not in sources:
            where = (*path, position) if isinstance(written, list) else path
            yield where, Flaw(f"unknown source {quoted(key)}", where_source(key, sources))
