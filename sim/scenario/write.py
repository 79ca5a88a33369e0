"""Plain values -> YAML text that the strict reader reads back to the same values."""

from __future__ import annotations

import datetime
import re
import sys
from typing import Any

import yaml

from .errors import FieldError
from .read import read_value
from .scalars import is_text
from .tree import Items

_WIDTH = 110
_PLAIN = (str, bool, int, float, datetime.date, list, tuple, dict)


class _Quoting(yaml.representer.SafeRepresenter):
    """Writes block style without aliases, and quotes every text that the reader would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def _text(self, text: str) -> yaml.ScalarNode:
        style = None if is_text(text) else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


class _Dumper(_Quoting, yaml.SafeDumper):
    """Writes whatever there is."""


class _OneLine(_Quoting, yaml.SafeDumper):
    """Writes every text that is no plain word in double quotes."""

    def _text(self, text: str) -> yaml.ScalarNode:
        style = None if is_text(text) and text.isidentifier() else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


# The emitter in C, of PyYAML where it was built with it, is several times as fast.
_QUICK: Any = type("_Quick", (_Quoting, yaml.CSafeDumper), {}) if yaml.__with_libyaml__ else None
# What both emitters write alike, to which tests hold them: names that fit on a line, and letters that show, in lines without
# spaces around them, since both do not fold double quotes alike.
_ALIKE = re.compile(r"(?:[\x20-\x7e\xa1-\xac\xae-\u024f\u2010-\u2027]|(?<! )\n(?! ))*")
_NAME = re.compile(r"[\x20-\x7e]{1,100}")

for _writer in filter(None, (_Dumper, _OneLine, _QUICK)):
    _writer.add_representer(str, _writer._text)
    _writer.add_representer(Items, _writer.represent_dict)


def _written_alike(value: object) -> bool:
    """Return whether both emitters write a value alike."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _NAME.fullmatch(key) and _written_alike(below) for key, below in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_written_alike, value))
    return not isinstance(value, str) or _ALIKE.fullmatch(value) is not None


def to_yaml(tree: dict[str, Any]) -> str:
    """Return a mapping as YAML text, in its own order, dates as dates.

    Parameters
    ----------
    tree : dict
        Plain values: mappings, lists, text, numbers, dates, true, false and None.
    """
    writer = _QUICK if _QUICK is not None and _written_alike(tree) else _Dumper
    return yaml.dump(tree, Dumper=writer, sort_keys=False, allow_unicode=True, width=_WIDTH)


def as_setting(value: object) -> str:
    """Return a value of Python as it is written after `--set PATH=`, on one line.

    Parameters
    ----------
    value : object
        A number, of NumPy too, true or false, None, a date, a list or a mapping of these; or a text, which means what it
        means on the command line (``"0.5"`` is a number), and itself where it means nothing there.

    Examples
    --------
    >>> [as_setting(value) for value in (0.5, True, "A, B", "A: B", "yes", [1, 2])]
    ['0.5', 'true', 'A, B', '"A: B"', '"yes"', '[1, 2]']
    """
    if hasattr(value, "tolist"):
        value = value.tolist()  # of NumPy
    if isinstance(value, str):
        return value if _means_itself(value) else on_one_line(value)
    return on_one_line(value)


def _means_itself(text: str) -> bool:
    try:
        meant = read_value(text)
    except FieldError:
        return False
    return meant == text or text.startswith(("'", '"')) or (not isinstance(meant, str) and "#" not in text)


def on_one_line(value: object) -> str:
    """Return a value as YAML on one line, texts that are no plain words in quotes."""
    plain = value if value is None or isinstance(value, _PLAIN) else str(value)
    text = yaml.dump(plain, Dumper=_OneLine, default_flow_style=True, allow_unicode=True, width=sys.maxsize)
    return text.removesuffix("\n").removesuffix("\n...")
