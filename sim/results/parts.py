"""The finished parts of a study that takes long, kept beside its results until all are there, so that none is done twice.

A part is a file with its own checksum, written under another name and renamed; a half-written or damaged one is not taken.
Parts belong to what they are parts of: scenario, seed, version and whatever else their result depends on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.results.store import StoreError

_ABOUT = "about.json"
_DIGITS = 64


@dataclass(frozen=True)
class Parts:
    """The parts of one study.

    Attributes
    ----------
    folder : Path
        Where they are; there is none before the first is written.
    about : bytes
        All that they depend on.
    """

    folder: Path
    about: bytes

    @classmethod
    def of(cls, results: Path, about: dict[str, Any], force: bool) -> Parts:
        """Return the parts of the study that will be written to `results`, as far as they are there.

        Parameters
        ----------
        results : Path
            The folder of the results; the parts are in `NAME.unfinished` beside it.
        about : dict
            All that they depend on.
        force : bool
            Whether parts of another study are thrown away.

        Raises
        ------
        StoreError
            When parts of another study are there.
        """
        parts = cls(
            results.with_name(f"{results.name}.unfinished"), (json.dumps(about, indent=2, sort_keys=True) + "\n").encode()
        )
        try:
            if parts.folder.exists() and (parts.folder / _ABOUT).read_bytes() != parts.about:
                if not force:
                    raise StoreError(
                        f"{parts.folder} holds parts of something else (another scenario, knob, seed, size or version); "
                        "--force throws them away, --out FOLDER writes elsewhere"
                    )
                shutil.rmtree(parts.folder)
        except OSError as error:
            raise StoreError(f"cannot read the parts in {parts.folder}: {error.strerror}") from error
        return parts

    def read(self, name: str) -> str | None:
        """Return a part, or None if it is not there or is damaged."""
        try:
            whole = (self.folder / name).read_bytes()
        except OSError:
            return None
        content = whole[_DIGITS + 1 :]
        return content.decode() if whole[:_DIGITS] == hashlib.sha256(content).hexdigest().encode() else None

    def write(self, name: str, content: str) -> None:
        """Keep a part.

        Raises
        ------
        StoreError
            When it cannot be written; what else is there stays.
        """
        data = content.encode()
        try:
            if not self.folder.exists():
                self._begin()
            _write(self.folder / name, hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
        except OSError as error:
            raise StoreError(f"cannot keep {self.folder / name}: {error.strerror}") from error

    def _begin(self) -> None:
        """Make the folder, never without what it is about, even where several processes make it at once."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}-", dir=self.folder.parent))
        try:
            _write(scratch / _ABOUT, self.about)
            scratch.rename(self.folder)
        except OSError:
            shutil.rmtree(scratch)
            if not self.folder.exists():
                raise

    def remove(self) -> None:
        """Remove all parts, once the results are written."""
        with contextlib.suppress(OSError):
            shutil.rmtree(self.folder)


def _write(path: Path, data: bytes) -> None:
    """Write a file all at once: it is there whole, or not at all."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with scratch.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
