"""What every command keeps to: what it takes and writes, whether it can be set, how it prints data; a test holds all to it.

Data as JSON stands in one envelope, whose schema is `envelope.schema.json`: which command, with which settings, said it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

SCHEMA_VERSION = 1
SCHEMA = Path(__file__).parent / "envelope.schema.json"
# How something is printed is no setting of what is printed.
_PRINTING = {"json", "csv", "markdown", "excel", "full", "help"}
_NAMES, _RUNS = ("scenario", "file", "folder", "-"), ("folder", "scenario", "file", "-")


class Contract(NamedTuple):
    """What a command keeps to.

    Attributes
    ----------
    takes : tuple of str
        What may be named: a shipped scenario, a file, a folder of results, `-` for a scenario on standard input. Of a folder
        the scenario that it keeps is taken where no run is needed; of a scenario a run is made where one is.
    sets : bool
        Whether `--set` changes numbers of the scenarios that it takes.
    prints : tuple of str
        Beside text: as what it prints data.
    writes : tuple of str
        What it leaves behind: a run, also one that it had to make, which other commands find; a study, always; a file. Runs
        and studies get a folder by their names in that of `--results`; `--out` is the one thing that is written, a folder of
        results or a file. What computes says where results are, and what to do next.
    """

    takes: tuple[str, ...] = ()
    sets: bool = False
    prints: tuple[str, ...] = ("json",)
    writes: tuple[str, ...] = ()

    @property
    def has_results(self) -> bool:
        """Whether it has a root of results."""
        return bool({"run", "study"} & {*self.writes})


_TABLES = ("json", "csv", "markdown")
CONTRACT = {
    "run": Contract(_NAMES, True, _TABLES, ("run",)),
    "compare": Contract(_RUNS, True, _TABLES, ("run", "study")),
    "sweep": Contract(_NAMES, True, _TABLES, ("study",)),
    "breakeven": Contract(_NAMES, True, _TABLES, ("study",)),
    "calibrate": Contract(_NAMES, True, _TABLES, ("study",)),
    "hindcast": Contract(_NAMES, True, _TABLES, ("study",)),
    "choose": Contract(_NAMES, True, _TABLES, ("study",)),
    "explain": Contract(_RUNS, True, _TABLES, ("run",)),
    "sensitivity": Contract(_RUNS, True, _TABLES, ("run", "study")),
    "panel": Contract(("scenario", "file", "-"), True, _TABLES, ("study",)),
    "discover": Contract(_RUNS, True, _TABLES, ("run", "study")),
    "outcomes": Contract(_NAMES, True, _TABLES),
    "targets": Contract(_RUNS, True, _TABLES, ("run",)),
    "list": Contract((), False, _TABLES),
    "new": Contract((), False, ("json",), ("file",)),
    "check": Contract(_NAMES, True, _TABLES),
    "show": Contract(_NAMES, True, _TABLES),
    "knobs": Contract(_NAMES, True, _TABLES),
    "diff": Contract(_NAMES, True, _TABLES),
    "schema": Contract((), False, ("json", "markdown")),
    "report": Contract(_RUNS, True, ("json",), ("run", "file")),
    "plot": Contract(_RUNS, True, ("json",), ("run", "file")),
    "export": Contract(_RUNS, True, ("json",), ("run", "file")),
}
_now: list[Any] = []


def begin(context: Any) -> None:
    """Remember which command runs, with what."""
    _now[:] = [context]


def envelope(data: Any) -> dict[str, Any]:
    """Return data as every command prints them."""
    (context,) = _now
    settings = {}
    for param in context.command.params:
        is_option = param.param_type_name == "option"
        name = max(param.opts, key=len).lstrip("-").replace("-", "_") if is_option else param.name
        if name not in _PRINTING:
            settings[name] = _plain(context.params.get(param.name))
    return {"schema_version": SCHEMA_VERSION, "command": context.info_name, "settings": settings, "data": data}


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value
