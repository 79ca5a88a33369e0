"""What the name of a scenario means: one rule for every command, for Python and for `extends`.

A name means a file of its folder (for commands the working directory, for `extends` the folder of the file that says
so) or a shipped scenario. A bare name, such as `house` or `history/korea`, may be either: `house`, `house.yaml` or
`house.yml` of the folder, or what is shipped as `house`. Where that is more than one file it is refused, so that no
name ever means one file here and another there. `./house`, `house.yaml` and absolute paths are files only,
`shipped:house` is the shipped scenario only. A file of observations beside a scenario, `house.yml` of `house.yaml`, is
not meant. Letters are compared in one Unicode form, since systems store the same name in different ones.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim import catalogue

from .errors import Flaw, Problem, ScenarioError
from .wording import closest, listed, quoted

ENDINGS = (".yaml", ".yml")
# judgement: letters within which a file of observations says that it is one.
_HEAD = 65_536
SHIPPED = "shipped:"
"""Before a name: the shipped scenario, whatever the folder holds."""


@dataclass(frozen=True)
class Found:
    """A file that a name can mean; `said` is what to write to mean it alone."""

    path: Path
    shown: str
    said: str


class Unclear(Exception):
    """A name that means more than one file."""

    def __init__(self, name: str, meanings: Iterable[Found], subject: str = "the name") -> None:
        found = list(meanings)
        files = " and ".join(one.shown for one in found)
        if len({one_form(one.shown) for one in found}) < len(found):
            # They look the same in print.
            files, hint = " and ".join(ascii(one.shown) for one in found), "Rename one of them"
        else:
            hint = f"Write {' or '.join(quoted(one.said) for one in found)}"
        self.flaw = Flaw(f"{subject} means more than one file: {files}", hint)
        super().__init__(self.flaw.message)


def twofold(name: str, scenarios: Sequence[Found]) -> ScenarioError:
    """Return the error of a name that means a folder of results and a scenario, too."""
    folder = Found(Path(name), f"the results in {Path(name)}/", f"{name.rstrip('/')}/")
    flaw = Unclear(name, [folder, *scenarios]).flaw
    return ScenarioError([Problem(name, flaw.message.replace("more than one file", "two things"), flaw.hint)])


def one_form(name: str) -> str:
    """Return a name in the Unicode form in which names are compared."""
    return unicodedata.normalize("NFC", name)


def is_file_only(name: str) -> bool:
    """Return whether a name can mean a file only, and nothing shipped."""
    return name.endswith((*ENDINGS, "/")) or os.path.isabs(name) or name.startswith(("./", "../"))


def meanings(name: str, folder: Path = Path(), shown: Path = Path(), asking: Path | None = None) -> list[Found]:
    """Return the files that a name can mean, each once.

    Parameters
    ----------
    name : str
    folder : pathlib.Path
        Beside what it is looked for.
    shown : pathlib.Path
        That folder in messages.
    asking : pathlib.Path, optional
        The file that names it: it means itself only where the name can mean nothing else.
    """
    if name.endswith("/"):
        return []
    if name.startswith(SHIPPED):
        return _shipped(name.removeprefix(SHIPPED))
    found = [Found(path, str(_seen_from(path, folder, shown)), _said(name, path)) for path in _beside(name, folder)]
    if not is_file_only(name):
        found += _shipped(name)
    # A folder is no scenario, unless nothing else has the name and it must be said.
    found = [one for one in found if not os.path.isdir(one.path)] or found
    # What is shipped and lies beside is one file; a link to it is followed, since its neighbours are others.
    once: dict[str, Found] = {}
    for one in found:
        real = os.path.realpath(one.path)
        if real not in once or once[real].path.is_symlink():
            once[real] = one
    if asking is not None and len(once) > 1:
        once.pop(os.path.realpath(asking), None)
    return list(once.values())


def _seen_from(path: Path, folder: Path, shown: Path) -> Path:
    return path if path.is_absolute() and not folder.is_absolute() else shown / path.relative_to(folder)


def _beside(name: str, folder: Path) -> list[Path]:
    if name.endswith(ENDINGS):
        return _alike(folder / name)
    exact = [path for path in _alike(folder / name) if os.path.isfile(path)]
    if exact and is_file_only(name):
        return exact
    found = [*exact, *(path for ending in ENDINGS for path in _alike(folder / f"{name}{ending}"))]
    return found if len(found) < 2 else [path for path in found if not _is_of_observations(path)] or found


def _is_of_observations(path: Path) -> bool:
    """Return whether a file holds what was observed of a war."""
    if path.suffix not in ENDINGS or not os.path.isfile(path):
        return False
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return re.search(r"^observations\s*:", file.read(_HEAD), re.MULTILINE) is not None
    except OSError:
        return False


def _alike(path: Path) -> list[Path]:
    """Return what there is of this name, whatever the Unicode form in which it is stored."""
    if str(path).isascii():
        return [path] if os.path.lexists(path) else []
    wanted, found = one_form(path.name), []
    for parent in [path.parent] if os.path.lexists(path.parent) else _alike(path.parent):
        try:
            found += [parent / name for name in sorted(os.listdir(parent)) if one_form(name) == wanted]
        except OSError:
            continue  # no folder, or none that may be read
    return found


def _said(name: str, path: Path) -> str:
    if path.suffix in ENDINGS:
        return f"{name.removesuffix(path.suffix)}{path.suffix}"
    return name if is_file_only(name) else f"./{name}"


def _shipped(name: str) -> list[Found]:
    known = one_form(name)
    if known not in catalogue.shipped():
        return []
    path = catalogue.shipped_folder() / f"{known}.yaml"
    return [Found(path, short(path), f"{SHIPPED}{known}")]


def short(path: Path) -> str:
    """Return a path as it is shown: relative where it lies in the working directory."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def names_like(name: str, folder: Path, asking: Path | None = None) -> str:
    """Return "Did you mean 'x'?" with what can be written in place of `name`, or the names that are shipped."""
    start = SHIPPED if name.startswith(SHIPPED) else name[: name.rfind("/") + 1]
    files = [] if start == SHIPPED else sorted((folder / start).glob("*.y*ml"))
    known = {f"{start}{file.stem}": f"{start}{file.name}" for file in files if file != asking}
    known |= {scenario: scenario for scenario in catalogue.shipped() if scenario not in known}
    stem = next((name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)), name)
    near = closest(stem.removeprefix(SHIPPED), known)
    if near is None:
        return f"Possible: {listed(catalogue.shipped())}"
    return f"Did you mean '{SHIPPED if start == SHIPPED else ''}{known[near]}'?"
