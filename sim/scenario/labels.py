"""What the numbers of a scenario are called: the `label` of their declaration, filled in with the names of the scenario.

Within a scenario no two are called the same. What would be longer than 40 letters is told with a shorter name of the thing
it belongs to, so that only names which cannot be told apart in less are longer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import BaseModel

from .knobs import Knob, knob_of, numbers
from .quantity import Quantity
from .walk import below, fields, is_mapping
from .wording import cut

LONGEST = 40
SIDES = ("attacker", "defender")
# As they are written, and not as ids are.
_AS_WRITTEN = {word.lower(): word for word in ("EU", "NATO", "UK", "UN", "US")}
# judgement: so many letters show that a word is made from a name, as 'ukrainian' from 'Ukraine'.
_STEM = 5
_ITEM = "{item}: "


class Label(NamedTuple):
    """What a number is called: as a heading, and within a sentence."""

    text: str
    sentence: str


@dataclass(frozen=True)
class _Place:
    """What a path leads to: its declaration, and whose it is."""

    template: str
    side: str = ""
    things: tuple[Any, ...] = ()
    n: int = 0
    knob: str = ""


def labels(names: Names) -> dict[str, Label]:
    """Return what every number of a scenario is called, by its dotted path."""
    world = names.world
    ways = {known.path: list(_ways(names, _place(world, known.path), known.path)) for known in numbers(world)}
    at = dict.fromkeys(ways, 0)
    while True:
        told = {path: ways[path][place] for path, place in at.items()}
        texts, sentences = (Counter(label[which] for label in told.values()) for which in (0, 1))
        alike = [path for path, one in told.items() if texts[one.text] > 1 or sentences[one.sentence] > 1]
        twice = [path for path in alike if at[path] < len(ways[path]) - 1]
        if not twice:
            return told
        for path in twice:
            at[path] += 1


def sure_label(scenario: Any, path: str) -> tuple[Label, bool]:
    """Return what stands at a path of a scenario is called, and whether nothing else of it can be called so."""
    label = scenario.labels.get(path)
    if label is not None:
        return label, True
    return label_of(scenario.names, path), not _place(scenario.world, path).things


def label_of(names: Names, path: str, schema: Any = None) -> Label:
    """Return what stands at a path is called: a number, or anything else that a scenario, or any of a schema, can have."""
    return next(_ways(names, _place(names.world, path, schema), path))


class Names:
    """What sides and things are called in a scenario, or what they are in any where there is none.

    >>> Names().in_words("us_pause"), Names().in_words("renewed_war_loss")
    ('US pause', 'renewed war loss')

    Attributes
    ----------
    world : ScenarioHead or None
    sides, roles : dict of str to str
        What sides are called, by name and by what they are in the war.
    things : list of Item
        All that have an id.
    """

    def __init__(self, world: Any = None) -> None:
        self.world = world
        sides = getattr(world, "sides", None)
        self.roles = {side: f"the {side}" for side in SIDES}
        self.sides = self.roles if sides is None else {side: getattr(sides, side).name for side in SIDES}
        self._written = dict(_AS_WRITTEN)
        self.things = []
        for section in _sections(world):
            self.things += [section] if hasattr(section, "id") else []
            name = getattr(section, "name", None)
            # Of sides, and of those who stand by them.
            if isinstance(name, str) and name[:1].isupper() and (not hasattr(section, "id") or hasattr(section, "side")):
                self._written |= {word.lower(): word for word in re.findall(r"\w+", name) if word[:1].isupper()}

    def in_words(self, name: str) -> str:
        """Return an id in words, in which names have the letters of the scenario."""
        return " ".join(self._as_written(word) for word in name.split("_"))

    def of(self, item: Any) -> str:
        """Return what a thing of a list is called: its name, or its id in words."""
        return getattr(item, "name", None) or self.by_id(item)

    def by_id(self, item: Any) -> str:
        """Return the id of a thing in words."""
        return self.in_words(str(getattr(item, "id", item)))

    def _as_written(self, word: str) -> str:
        made_of = len(word) > _STEM and any(name[:_STEM] == word[:_STEM] for name in self._written)
        return self._written.get(word) or (word.capitalize() if made_of else word)


def _sections(value: Any) -> Iterator[BaseModel]:
    """Yield all sections that may have a name: sides and things of lists."""
    if isinstance(value, BaseModel) and not isinstance(value, Quantity):
        yield value
        for name in type(value).model_fields:
            yield from _sections(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            yield from _sections(item)


def _place(world: Any, path: str, schema: Any = None) -> _Place:
    """Return what a path leads to, as far as the scenario and its declaration know it."""
    steps, here, declared = path.split("."), world, type(world) if schema is None else schema
    knob: Knob | None = None
    side, things, n, key, what, whose, above = "", [], 0, "", "", "", ""
    while steps:
        step: Any = steps.pop(0)
        field = fields(declared).get(step)
        if field is not None:
            knob = knob_of(field)
            if step in SIDES:
                side, whose = step, "{side}'s "
            else:
                above, what = f" of {what}{above}" if what else above, step
            here = getattr(here, step, None)
        elif is_mapping(declared):
            while isinstance(here, dict) and step not in here and steps:
                step = f"{step}.{steps.pop(0)}"  # keys may be paths themselves
            key, what = step, f"{what} of {step}"
            here = here.get(step) if isinstance(here, dict) else None
        elif step.isdigit():
            n = int(step) + 1
            here = here[n - 1] if isinstance(here, (list, tuple)) and n <= len(here) else None
            step = n - 1
        else:
            found = [one for one in here if getattr(one, "id", None) == step] if isinstance(here, (list, tuple)) else []
            here, what, whose, above = (found[0] if found else None), "", _ITEM, ""
            things.append(step if here is None else here)
            side = getattr(here, "side", None) or side
        declared = below(declared, step)
    template = knob.label if knob is not None else ""
    if not template:
        whose = whose if whose == _ITEM or not things else f"{_ITEM}{whose}"
        told = f"{what}{f' {n}' if n else ''}{'' if whose else above}".replace("_", " ")
        told = told.replace("{", "{{").replace("}", "}}")
        template = f"{whose}{told}".removesuffix(": ").removesuffix("'s ")
    return _Place(template, side, tuple(things), n, key if "{knob}" in template else "")


def _ways(names: Names, place: _Place, path: str) -> Iterator[Label]:
    """Yield what it may be called, the best first; the last is its own."""
    has_item = "{item}" in place.template
    name, by_id = (names.of(place.things[-1]), names.by_id(place.things[-1])) if has_item else ("", "")
    knob = label_of(names, place.knob).sentence if place.knob else ""

    def filled(item: str, sentence_of: str = "", *, roles: bool = False, template: str = place.template) -> Label:
        return _filled(names.roles if roles else names.sides, place, template, item, sentence_of or item, knob)

    full = [filled(name), filled(by_id)]
    if len(full[0].text) <= LONGEST:
        yield full[0]
    else:
        shorter = [filled(name, roles=True)]
        if place.knob:
            shorter.append(filled("", template=place.template.removeprefix(_ITEM)))
        if has_item:
            # What leaves more of the name, of equals with the name of the side.
            left = {roles: cut(name, LONGEST - len(filled("", roles=roles).text)) for roles in (False, True)}
            most = [filled(left[roles], name, roles=roles) for roles in sorted(left, key=lambda one: -len(left[one]))]
            ids = [filled(by_id, name, roles=roles) for roles in (False, True)]
            # Less than half of a name says less than the id.
            shorter += [*most, *ids] if 2 * max(map(len, left.values())) > len(name) else [*ids, *most]
        yield from (one for one in shorter if len(one.text) <= LONGEST and not one.text.startswith("…"))
    yield from full[::-1]
    for parent in place.things[-2::-1]:
        yield filled(f"{names.of(parent)}, {name}")
    yield Label(f"{full[0].text} ({path})", f"{full[0].sentence} ({path})")


def _filled(sides: dict[str, str], place: _Place, template: str, item: str, sentence_of: str, knob: str) -> Label:
    """Return a template with names filled in; within sentences things have the name `sentence_of`."""
    told = {**sides, "side": sides.get(place.side, ""), "n": place.n, "knob": knob}
    what = template.removeprefix(_ITEM)
    text, sentence = template.format(**told, item=item), what.format(**told, item=sentence_of)
    if not what.startswith("{"):
        sentence = sentence[:1].lower() + sentence[1:]
    if what != template:
        sentence = f"{sentence} ({sentence_of})"
    text, sentence = (re.sub(r"s's\b", "s'", one) for one in (text, sentence))
    return Label(text[:1].upper() + text[1:], sentence)
