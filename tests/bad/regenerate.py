"""Write the message of every bad scenario to its NAME.txt and print what has changed: read it before it is committed."""

from __future__ import annotations

import difflib
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from sim.model import WarScenario
from sim.scenario import load_scenario
from tests.bad.corpus import FOLDER, MADE, WRITTEN, beside, said


def main() -> None:
    """Write all of them; first make sure that the scenario which most of them extend is right."""
    load_scenario("baseline", WarScenario)
    for name in (*WRITTEN, *MADE):
        golden = FOLDER / f"{name}.txt"
        before = golden.read_text(encoding="utf-8") if golden.exists() else ""
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(parent, "corpus")
            folder.mkdir()
            with beside(name, folder) as file:
                now = said(file) + "\n"
        golden.write_text(now, encoding="utf-8")
        change = difflib.unified_diff(before.splitlines(), now.splitlines(), golden.name, n=0, lineterm="")
        for line in change:
            if not line.startswith("@@"):
                print(line)
    for golden in FOLDER.glob("*.txt"):
        if golden.stem not in (*WRITTEN, *MADE):
            print(f"{golden.name} belongs to no scenario")


if __name__ == "__main__":
    main()
