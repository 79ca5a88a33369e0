"""What to do next with results of which a page, a figure or a file was made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.pasted import command


def next_of_results(folders: Sequence[Path], but: str, are_pairs: bool = True) -> list[tuple[str, str]]:
    """Return at most two commands, each with what it is for, and not the one that made something of the results.

    Parameters
    ----------
    folders : sequence of Path
        Of the results.
    but : str
        The command that made something of them.
    are_pairs : bool
        Whether several runs can be compared.

    Raises
    ------
    StoreError
        When a manifest cannot be read.
    """
    from sim.results.manifest import OfScenario, RunManifest, read_manifest

    first, *others = [read_manifest(folder) for folder in folders]
    drawn = {"report": "a page with figures", "plot": "which figures there are for a paper"}
    steps: dict[str, str] = {}
    if others and are_pairs and all(isinstance(one, RunManifest) for one in (first, *others)):
        steps = {"compare": "what differs, on the same luck", **drawn}
    elif not others and first.DRAWN:
        steps = {"explain": "why there was no deal; one history"} if "ledger.csv" in first.sha256 else {}
        steps |= drawn
    found = [(command("parley", name, *folders), about) for name, about in steps.items() if name != but]
    if not found and isinstance(first, OfScenario):
        found = [(command("parley", "show", folders[0], "--full"), "every number with its source")]
    return found[:2]
