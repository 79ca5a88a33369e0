"""The ways a number may be written in a scenario, and what is said when it is written otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .distributions import LARGEST, Distribution
from .errors import FieldError, Flaw, Path
from .families import FAMILIES
from .scalars import plainly
from .wording import closest, did_you_mean, found, listed, number, quoted

# The keys that hold a list of numbers.
LISTS = ("values", "weights")
_BOUNDS = ("min", "max")
_WAYS = "Write a number, {value: ...} or {dist: ..., ...}"
_ORIGIN = ("source", "source_of", "note", "assumption")
SOURCE_OF = ("value", "direction")
# What is written for a key, and should be.
_INSTEAD = {"assumed": "Write assumption: true"}


@dataclass(frozen=True)
class Written:
    """A number as written: its distribution and where it comes from."""

    distribution: Distribution
    sources: tuple[str, ...] = ()
    note: str = ""
    assumption: bool = False
    direction_only: bool = False


def parse(raw: object) -> Written:
    """Return the number written as `raw`.

    Parameters
    ----------
    raw : object
        A number, or a mapping with ``value`` or ``dist``.

    Raises
    ------
    FieldError
        With every flaw: wrong type, unknown distribution, unknown or missing keys, parameters that do not fit.
    """
    if not isinstance(raw, dict):
        flaws = list(_not_a_number(raw, ()))
        if flaws:
            raise FieldError(*flaws)
        return Written(Distribution("constant", (float(raw),)))  # type: ignore[arg-type]
    if "dist" not in raw and "value" not in raw:
        raise FieldError(Flaw("{field} has neither 'value' nor 'dist'", _near_miss(raw) or _WAYS))
    name = raw.get("dist", "constant")
    if not isinstance(name, str) or name not in FAMILIES:
        flaw = Flaw(f"unknown distribution {quoted(name)} in {{field}}", did_you_mean(name, FAMILIES), ("dist",))
        raise FieldError(flaw, *origin_flaws(raw))
    needed = _form(name, raw)
    flaws = [*_key_flaws(name, needed, raw), *origin_flaws(raw)]
    bounds = tuple(key for key in _bounds(name) if raw.get(key) is not None)
    for key in (*needed, *bounds):
        if key in raw:
            flaws += _not_numbers(raw[key], (key,)) if key in LISTS else _not_a_number(raw[key], (key,))
    if flaws:
        raise FieldError(*flaws)
    parameters = tuple(tuple(map(float, raw[key])) if key in LISTS else float(raw[key]) for key in needed)
    own = (FAMILIES[name].also or {}).get(needed)
    distribution = Distribution(name, own(*parameters) if own else parameters, **{key: float(raw[key]) for key in bounds})
    source = raw.get("source", [])
    sources = (source,) if isinstance(source, str) else tuple(source)
    direction_only = raw.get("source_of") == "direction"
    return Written(distribution, sources, raw.get("note", ""), raw.get("assumption", False), direction_only)


def _form(name: str, raw: dict[str, Any]) -> tuple[str, ...]:
    """Return the form of a distribution that the written keys come nearest to."""
    return max(FAMILIES[name].forms, key=lambda form: sum(key in raw for key in form))


def _bounds(name: str) -> tuple[str, ...]:
    return _BOUNDS if FAMILIES[name].can_be_cut else ()


def _near_miss(raw: dict[str, Any]) -> str:
    written = raw.keys() - {*_BOUNDS, *_ORIGIN}
    fitting = [name for name, family in FAMILIES.items() if any(written == set(keys) for keys in family.forms)]
    if fitting:
        return f"Add dist: {' or '.join(fitting)}"
    for key in raw:
        if key not in _ORIGIN and key not in _INSTEAD:
            near = closest(key, ("value", "dist"))
            if near:
                return f"Did you mean '{near}'?"
    return ""


def _key_flaws(name: str, needed: tuple[str, ...], raw: dict[str, Any]) -> Iterator[Flaw]:
    bounds = _bounds(name)
    head = ("dist",) if "dist" in raw else ()
    allowed = (*head, *needed, *bounds, *_ORIGIN)
    unknown = [key for key in raw if key not in allowed]
    if not unknown and all(key in raw for key in needed):
        return
    takes = " or ".join(" and ".join(keys) for keys in FAMILIES[name].forms)
    meant = set()
    for key in unknown:
        # A key of the distribution's other form is no misspelling.
        of_other_form = any(key in keys for keys in FAMILIES[name].forms)
        near = None if of_other_form or key in _INSTEAD else closest(key, [other for other in allowed if other not in raw])
        meant.add(near)
        hint = f"{name} takes {takes}; also allowed: {listed((*bounds, *_ORIGIN))}"
        cure = _INSTEAD.get(key) or (f"Did you mean '{near}'?" if near else hint)
        yield Flaw(f"unknown key {quoted(key)} in {{field}}", cure, (key,))
    for key in needed:
        if key not in raw and key not in meant:  # a misspelt key is one mistake, not two
            yield Flaw(f"{{field}} lacks {quoted(key)}", f"{name} takes {takes}")


def _not_numbers(raw: object, below: Path) -> Iterator[Flaw]:
    if not isinstance(raw, (list, tuple)):
        yield Flaw(f"{{part}} must be a list of numbers, not {found(raw)}", "Write it as in [1, 2, 5]", below)
        return
    for position, item in enumerate(raw):
        yield from _not_a_number(item, (*below, position))


def _not_a_number(raw: object, below: Path) -> Iterator[Flaw]:
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        if not -LARGEST <= raw <= LARGEST:
            yield Flaw(f"{{part}} must be a finite number of at most {number(LARGEST)}", "", below)
        return
    if raw is None:
        yield Flaw("{part} is empty", "Write a number", below)
        return
    hint = "" if below else _WAYS
    if isinstance(raw, str):
        alone = raw.strip().rstrip("% ")
        plain = plainly(alone) or alone
        if re.fullmatch(r"[-+]?[0-9_]+(\.[0-9]*)?", plain):
            hint = "Write a share as in 0.5" if "%" in raw else "Remove the quotes" if plain == raw else f"Write {plain}"
    elif isinstance(raw, dict) and below:
        hint = "A distribution cannot stand inside another"
    yield Flaw(f"{{part}} must be a number, not {found(raw)}", hint, below)


def origin_flaws(raw: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what is wrong with ``source``, ``source_of``, ``note`` and ``assumption`` among the keys of `raw`."""
    if "source" in raw:
        source = raw["source"]
        keys = [source] if isinstance(source, str) else source
        if not isinstance(keys, (list, tuple)) or not keys or not all(isinstance(key, str) and key for key in keys):
            yield Flaw("{part} must be a key of 'sources' or a list of keys", "Write source: key", ("source",))
    if "source_of" in raw and raw["source_of"] not in SOURCE_OF:
        flaw = f"{{part}} must be one of {listed(SOURCE_OF)}, not {found(raw['source_of'])}"
        yield Flaw(flaw, did_you_mean(str(raw["source_of"]), SOURCE_OF), ("source_of",))
    elif "source_of" in raw and "source" not in raw:
        yield Flaw("{part} says what a source has, but there is none", "Add source: key", ("source_of",))
    if not isinstance(raw.get("note", ""), str):
        yield Flaw(f"{{part}} must be text, not {found(raw['note'])}", "Put it in quotes", ("note",))
    if raw.get("assumption", True) is not True:
        yield Flaw(f"{{part}} must be true, not {found(raw['assumption'])}", "Leave it out", ("assumption",))
