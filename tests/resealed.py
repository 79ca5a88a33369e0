"""Results that are changed, and whose manifest vouches for the change: what their hashes do not find."""

import hashlib
import json
from pathlib import Path
from typing import Any

from sim.results.manifest import NAME, sealed


def said_by(folder: Path) -> dict[str, Any]:
    """Return what the manifest of a folder says, without its seal."""
    said: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
    del said["seal"]
    return said


def reseal(folder: Path, **changed: Any) -> None:
    """Change fields of a manifest, and make its hashes those of the files that are there."""
    said = {**said_by(folder), **changed}
    for name in said["sha256"]:
        if (folder / name).is_file():
            said["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / NAME).write_bytes(sealed(said))
