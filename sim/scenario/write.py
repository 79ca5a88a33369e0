"""Plain values -> YAML text that the strict reader reads back to the same values."""

from __future__ import annotations

from typing import Any

import yaml

from .scalars import is_text

_WIDTH = 110


class _Dumper(yaml.SafeDumper):
    """Writes block style without aliases, and quotes every text that the reader would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def _text(self, text: str) -> yaml.ScalarNode:
        style = None if is_text(text) else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper._text)


def to_yaml(tree: dict[str, Any]) -> str:
    """Return a mapping as YAML text, in its own order, dates as dates.

    Parameters
    ----------
    tree : dict
        Plain values: mappings, lists, text, numbers, dates, true, false and None.
    """
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
