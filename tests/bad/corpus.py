"""Bad scenarios: those in this folder, and those that are made when needed because they are large or no plain files.

Each has its message in `NAME.txt`; `python tests/bad/regenerate.py` writes these anew and shows what has changed.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sim.model import WarScenario
from sim.scenario import ScenarioError, load_scenario

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
HEAD = "title: Bad\nextends: baseline\n"

WRITTEN = sorted(path.stem for path in FOLDER.glob("*.yaml"))
MADE: dict[str, Callable[[Path], None]] = {}


def _text(name: str, text: str) -> None:
    def make(folder: Path) -> None:
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")

    MADE[name] = make


def _made(make: Callable[[Path], None]) -> Callable[[Path], None]:
    MADE[make.__name__] = make
    return make


_text("huge_depth_of_brackets", f"{HEAD}arms: {'[' * 100_000}")
_text("huge_depth_of_braces", f"{HEAD}arms: {'{a: ' * 100_000}")
_text("huge_depth_of_indentation", HEAD + "".join(f"{' ' * level}a:\n" for level in range(1000)))
_text("huge_depth_of_items", f"{HEAD}arms:\n  {'- ' * 100_000}")
_text("huge_depth_of_keys", f"{HEAD}{'? ' * 100_000}")
_text(
    "huge_alias_bomb",
    HEAD
    + "a: &a [x, x]\n"
    + "".join(f"{c}: &{c} [{', '.join([f'*{b}'] * 9)}]\n" for b, c in zip("abc", "bcd", strict=True)),
)
_text("huge_number_of_values", f"{HEAD}front: {{mud_months: [{'3, ' * 50_001}]}}\n")
_text("huge_file", f"{HEAD}description: {'x' * 1024 * 1024}\n")
_text("huge_number", f"{HEAD}horizon_months: {'9' * 5000}\n")
_text("huge_power", f"{HEAD}horizon_months: 1e{'9' * 5000}\n")
_text("huge_version", f"%YAML 1.{'1' * 5000}\n---\n{HEAD}")
_text("huge_key", f"{HEAD}{'x' * 100_000}: 1\n")
_text("huge_text_where_a_number_should_be", f"{HEAD}front: {{defenders_advantage: {'x' * 100_000}}}\n")
_text("huge_quote_that_is_not_closed", f'{HEAD}description: "{"x" * 500_000}\n')
_text("huge_number_of_mistakes", HEAD + "".join(f"unknown_{i}: 1\n" for i in range(1000)))
_text("huge_number_of_unclear_values", HEAD + "".join(f"unknown_{i}: yes\n" for i in range(4000)))
_text("huge_number_of_empty_items", f"{HEAD}manpower: {{waves: [{'{}, ' * 2000}]}}\n")
_text("huge_number_of_duplicates", HEAD + "a: 1\n" * 4000)


@_made
def file_that_is_a_folder(folder: Path) -> None:
    (folder / "file_that_is_a_folder.yaml").mkdir()


@_made
def file_that_is_a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "file_that_is_a_pipe.yaml")


@_made
def file_that_links_to_itself(folder: Path) -> None:
    (folder / "file_that_links_to_itself.yaml").symlink_to("file_that_links_to_itself.yaml")


@_made
def extends_a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")
    (folder / "extends_a_pipe.yaml").write_text("title: Bad\nextends: pipe\n")


@_made
def extends_a_folder_with_the_name_of_a_file(folder: Path) -> None:
    (folder / "folder.yaml").mkdir()
    (folder / "extends_a_folder_with_the_name_of_a_file.yaml").write_text("title: Bad\nextends: folder\n")


@_made
def extends_a_link_that_leads_out(folder: Path) -> None:
    (folder.parent / "elsewhere.yaml").write_text("title: Elsewhere\nextends: baseline\n")
    (folder / "link.yaml").symlink_to(folder.parent / "elsewhere.yaml")
    (folder / "extends_a_link_that_leads_out.yaml").write_text("title: Bad\nextends: link\n")


@_made
def extends_through_a_link_of_folders(folder: Path) -> None:
    (folder.parent / "outside").mkdir()
    (folder.parent / "outside" / "base.yaml").write_text("title: Elsewhere\nextends: baseline\n")
    (folder / "inside").symlink_to(folder.parent / "outside")
    (folder / "extends_through_a_link_of_folders.yaml").write_text("title: Bad\nextends: inside/base\n")


@_made
def extends_a_link_to_itself(folder: Path) -> None:
    (folder / "round.yaml").symlink_to("round.yaml")
    (folder / "extends_a_link_to_itself.yaml").write_text("title: Bad\nextends: [baseline, round]\n")


@_made
def extends_too_deep(folder: Path) -> None:
    names = ["extends_too_deep", *(f"level_{level}" for level in range(2, 10)), "baseline"]
    for name, parent in itertools.pairwise(names):
        (folder / f"{name}.yaml").write_text(f"title: Bad\nextends: {parent}\n")


@contextlib.contextmanager
def beside(name: str, folder: Path) -> Iterator[Path]:
    """Go to where a bad scenario is, made in the empty `folder` if it must be; its file is given relative to there."""
    if name in MADE:
        MADE[name](folder)
    with contextlib.chdir(folder if name in MADE else FOLDER):
        yield Path(f"{name}.yaml")


def said(file: Path) -> str:
    """Return what is said about a bad scenario."""
    try:
        load_scenario(file, WarScenario)
    except ScenarioError as error:
        return str(error).replace(f"{ROOT}{os.sep}", "")
    return "nothing is said\n"


def said_in_time(file: Path, enough: float, good: Path, times: float) -> tuple[str, float, float]:
    """Return what is said, the processor time it takes, and what it may take.

    That is `enough`, or, on a slow or busy machine, so many `times` what it takes to load a good file just after; of three
    attempts the first that is within it, or the last.
    """
    for _ in range(3):
        text, took = _timed(file)
        limit = enough if took < enough else max(enough, times * _timed(good)[1])
        if took < limit:
            break
    return text, took, limit


def _timed(file: Path) -> tuple[str, float]:
    start = time.process_time()
    text = said(file)
    return text, time.process_time() - start


def peak_megabytes() -> float:
    """Return the most memory that this process has ever held (Linux)."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
