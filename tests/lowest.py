"""Run the tests with the lowest versions that pyproject.toml allows, extras too: python tests/lowest.py [PYTEST...].

A fresh environment is made in a temporary folder, with the Python that runs this, which should be the lowest one too. What
follows is given to pytest; without it, all quick tests are run.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
# A requirement with a lower bound, and maybe for some versions of Python only: name>=version; marker.
_BOUND = re.compile(r"([A-Za-z0-9_.-]+)>=([0-9.]+)\s*(;.*)?")


def lowest(requirements: list[str]) -> list[str]:
    """Return what pins each requirement to its lower bound.

    >>> lowest(["numpy>=2.0", "scipy-stubs>=1.13; python_version>='3.11'"])
    ['numpy==2.0', "scipy-stubs==1.13; python_version>='3.11'"]
    """
    pinned = []
    for requirement in requirements:
        found = _BOUND.fullmatch(requirement)
        if found is None:
            raise SystemExit(f"{requirement!r} in pyproject.toml has no lower bound")
        pinned.append(f"{found[1]}=={found[2]}{found[3] or ''}")
    return pinned


def main() -> int:
    """Make the environment, run the tests in it and return their exit code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    least = re.fullmatch(r">=(\d+)\.(\d+)", project["requires-python"])
    if least is not None and sys.version_info[:2] != (int(least[1]), int(least[2])):
        print(
            f"note: this is Python {sys.version_info[0]}.{sys.version_info[1]}, and {least[0]} is allowed", file=sys.stderr
        )
    pins = lowest([*project["dependencies"], *(one for extra in extras.values() for one in extra)])
    with tempfile.TemporaryDirectory(prefix="parley-lowest-") as folder:
        constraints = Path(folder) / "lowest.txt"
        constraints.write_text("\n".join(dict.fromkeys(pins)) + "\n", encoding="utf-8")
        venv.create(Path(folder) / "venv", with_pip=True)
        python = Path(folder) / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        install = [python, "-m", "pip", "install", "--quiet", "--constraint", constraints, "-e", f".[{','.join(extras)}]"]
        subprocess.run(install, cwd=ROOT, check=True)
        # What an old library says of a newer one beneath it is no word about ours.
        quiet = ["-W", "ignore::DeprecationWarning"]
        return subprocess.run([python, "-m", "pytest", *quiet, *(sys.argv[1:] or ["-q", "-n", "2"])], cwd=ROOT).returncode


if __name__ == "__main__":
    raise SystemExit(main())
