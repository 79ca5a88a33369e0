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
from .walk import below, fields, is_mapping, item_of

LONGEST = 40
SIDES = ("attacker", "defender")
# As they are written, and not as ids are.
_AS_WRITTEN = {word.lower(): word for word in ("EU", "NATO", "UK", "UN", "US")}
# judgement: so many letters show that a word is made from a name, as 'ukrainian' from 'Ukraine'.
_STEM = 5
_ITEM = "{item}: "
# Words with which nothing ends that is cut off.
_LITTLE = ("a", "an", "and", "at", "by", "for", "from", "in", "no", "of", "on", "or", "the", "to", "with", "without")


class Label(NamedTuple):
    """What a number is called: as a heading, and within a sentence."""

    text: str
    sentence: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class _Place:
    """What a path leads to: its declaration, and whose it is."""

    template: str
    side: str = ""
    item: Any = None
    parents: tuple[Any, ...] = ()
    n: int = 0
    knob: str = ""


def labels(world: Any) -> dict[str, Label]:
    """Return what every number of a scenario is called, by its dotted path."""
    names = Names(world)
    ways = {known.path: list(_ways(names, _place(world, known.path), known.path)) for known in numbers(world)}
    at = dict.fromkeys(ways, 0)
    while True:
        count = Counter(ways[path][place].text for path, place in at.items())
        twice = [path for path, place in at.items() if count[ways[path][place].text] > 1 and place < len(ways[path]) - 1]
        if not twice:
            return {path: ways[path][place] for path, place in at.items()}
        for path in twice:
            at[path] += 1


def label_of(world: Any, path: str, schema: Any = None) -> Label:
    """Return what stands at a path is called: a number, or anything else that a scenario, or any of a schema, can have."""
    return next(_ways(Names(world), _place(world, path, schema), path))


class Names:
    """What sides and things are called in a scenario, or what they are in any where there is none.

    >>> Names().in_words("us_pause"), Names().in_words("renewed_war_loss")
    ('US pause', 'renewed war loss')
    """

    def __init__(self, world: Any = None) -> None:
        self.world = world
        sides = getattr(world, "sides", None)
        self.roles = {side: f"the {side}" for side in SIDES}
        self.sides = self.roles if sides is None else {side: getattr(sides, side).name for side in SIDES}
        self._written = dict(_AS_WRITTEN)
        for section in _sections(world):
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
    side, things, n, changed = "", [], 0, ""
    while steps:
        step = steps.pop(0)
        field = fields(declared).get(step)
        if is_mapping(declared):  # whose keys are paths themselves
            while isinstance(here, dict) and step not in here and steps:
                step = f"{step}.{steps.pop(0)}"
            changed, here = step, here.get(step) if isinstance(here, dict) else None
            declared = below(declared, step)
            continue
        if field is not None:
            knob = knob_of(field)
            side = step if step in SIDES else side
            here = getattr(here, step, None)
        elif step.isdigit():
            n = int(step) + 1
            here = here[n - 1] if isinstance(here, (list, tuple)) and n <= len(here) else None
        elif isinstance(here, (list, tuple)) or item_of(declared) is not None:
            here = next((item for item in here or () if getattr(item, "id", None) == step), None)
            things.append(here if here is not None else step)
            side = getattr(here, "side", None) or side
        else:
            things.append(step)
            here = None
        declared = below(declared, step if field is not None or not step.isdigit() else n - 1)
    item = things[-1] if things else None
    if knob is not None and knob.label:
        template = knob.label
    else:
        last = path.rpartition(".")[2] if field is not None else ""
        whose = _ITEM if item is not None else "{side}'s " if side else ""
        of = f" ({path.partition('.')[0]})" if last and not whose and "." in path else ""
        template = f"{whose}{last.replace('_', ' ')}{of}".removesuffix(": ").removesuffix("'s ")
    return _Place(template, side, item, tuple(things[:-1]), n, changed)


def _ways(names: Names, place: _Place, path: str) -> Iterator[Label]:
    """Yield what it may be called, the best first; the last is its own."""
    has_item = "{item}" in place.template
    name, by_id = (names.of(place.item), names.by_id(place.item)) if has_item else ("", "")
    knob = label_of(names.world, place.knob).sentence if place.knob else ""

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
            cut = {roles: _cut(name, LONGEST - len(filled("", roles=roles).text)) for roles in (False, True)}
            most = [filled(cut[roles], name, roles=roles) for roles in sorted(cut, key=lambda one: -len(cut[one]))]
            ids = [filled(by_id, name, roles=roles) for roles in (False, True)]
            # Less than half of a name says less than the id.
            shorter += [*most, *ids] if 2 * max(map(len, cut.values())) > len(name) else [*ids, *most]
        yield from (one for one in shorter if len(one.text) <= LONGEST and not one.text.startswith("…"))
    yield from full[::-1]
    for parent in place.parents[::-1]:
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


def _cut(name: str, room: int) -> str:
    """Return as many words of a name as there is room for, and a sign that there are more.

    >>> _cut("zone of 32 km with inspections everywhere", 20)
    'zone of 32 km…'
    """
    if len(name) <= room:
        return name
    words = name[: max(0, room)].rpartition(" ")[0].split()
    while words and words[-1] in _LITTLE:
        words.pop()
    return f"{' '.join(words).rstrip(',;:')}…"
