"""Imports point one way, and only one file knows SimPy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

ORDER = ("engine", "scenario", "model", "ensemble", "results", "observed", "studies", "words", "report", "cli")
MAY_IMPORT = {
    "engine": set(),
    "scenario": set(),
    "model": {"engine", "scenario"},
    "ensemble": {"engine", "scenario", "model"},
    "results": {"engine", "scenario", "model", "ensemble"},
    "observed": {"engine", "scenario", "model", "ensemble", "results"},
    "studies": {"engine", "scenario", "model", "ensemble", "results", "observed"},
    "words": {"engine", "scenario", "model", "ensemble", "results", "observed", "studies"},
    "report": {"engine", "scenario", "model", "ensemble", "results", "observed", "studies", "words"},
    "cli": {"engine", "scenario", "model", "ensemble", "results", "observed", "studies", "words", "report"},
}
FILES = sorted((ROOT / "sim").rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the modules a file imports, with relative imports resolved."""
    package = path.relative_to(ROOT).with_suffix("").parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: -node.level]) + "." if node.level else ""
            found.add(base + (node.module or ""))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_from_layers_below(path: Path):
    inside = path.relative_to(ROOT / "sim").parts
    modules = imported(path)
    assert not any(name.split(".")[0] == "click" for name in modules)
    if inside != ("engine", "agenda.py"):
        assert "simpy" not in {name.split(".")[0] for name in modules}
    if len(inside) == 1:
        return
    layers = {name.split(".")[1] for name in modules if name.startswith("sim.") and name.split(".")[1] in MAY_IMPORT}
    assert layers <= MAY_IMPORT[inside[0]] | {inside[0]}


def test_the_walk_sees_imports():
    assert "simpy" in imported(ROOT / "sim/engine/agenda.py")
    assert {path.relative_to(ROOT / "sim").parts[0] for path in FILES} >= set(ORDER)


def test_the_command_line_starts_without_anything_heavy():
    heavy = ("numpy", "scipy", "pydantic", "simpy", "rich", "yaml")
    code = f"import sys, sim.cli.app; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_words_of_a_run_need_no_study():
    code = "import sys, sim.words.run; print([name for name in sys.modules if name in ('sim.studies', 'sim.observed')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
