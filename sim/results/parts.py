"""The finished parts of a study that takes long, kept beside its results until all are there, so that none is done twice.

A part is a file with its own checksum, written under another name and renamed; a half-written or damaged one is not taken.
Parts belong to what they are parts of: scenario, seed, version and whatever else their result depends on.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from sim.results.store import StoreError

_ABOUT = "about.json"
# The locks of this process, which the system takes back when it ends.
_HELD: dict[Path, TextIO] = {}
_DIGITS = 64


try:
    import fcntl
except ImportError:  # Windows: there, two commands in one folder are not kept apart.
    fcntl = None  # type: ignore[assignment]


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
        # Whole, because a worker may stand in another folder.
        place = Path(os.path.abspath(results.with_name(f"{results.name}.unfinished")))
        parts = cls(place, (json.dumps(about, indent=2, sort_keys=True) + "\n").encode())
        try:
            there = sorted(file.name for file in parts.folder.iterdir()) if parts.folder.is_dir() else []
            known = (parts.folder / _ABOUT).read_bytes() if _ABOUT in there else None
            if known is None and any(not name.startswith(".") for name in there):
                raise StoreError(
                    f"{parts.folder} is no folder of unfinished parts (it has no {_ABOUT}); it is left as it is"
                )
            if known is not None and known != parts.about:
                if not force:
                    raise StoreError(
                        f"{parts.folder} holds parts of something else: {_differ(known, parts.about)}. --force throws them "
                        "away, --out FOLDER writes elsewhere"
                    )
                parts._lock()
                parts.remove()
        except OSError as error:
            raise StoreError(f"cannot read the parts in {parts.folder}: {error.strerror}") from error
        return parts

    def begin(self) -> None:
        """Make the folder, with what it is about, before the first part is written, and keep others out of it.

        Raises
        ------
        StoreError
            When it cannot be made, or another command is at work in it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock()
            _write(self.folder / _ABOUT, self.about)
        except OSError as error:
            raise StoreError(f"cannot keep parts in {self.folder}: {error.strerror}") from error

    def _lock(self) -> None:
        """Hold the folder until it is removed or this process ends, however it ends."""
        if fcntl is None or self.folder in _HELD:
            return
        file = (self.folder / ".lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise StoreError(f"another command is at work in {self.folder}; wait for it, or write elsewhere") from error
        atexit.register(file.close)
        _HELD[self.folder] = file

    def has(self, name: str) -> bool:
        """Return whether a part is there, be it whole or damaged."""
        return (self.folder / name).is_file()

    def read(self, name: str) -> bytes | None:
        """Return a part, or None if it is not there or is damaged."""
        try:
            whole = (self.folder / name).read_bytes()
        except OSError:
            return None
        content = whole[_DIGITS + 1 :]
        return content if whole[:_DIGITS] == hashlib.sha256(content).hexdigest().encode() else None

    def write(self, name: str, content: bytes) -> None:
        """Keep a part.

        Raises
        ------
        StoreError
            When it cannot be written; what else is there stays.
        """
        try:
            _write(self.folder / name, hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        except OSError as error:
            raise StoreError(
                f"cannot keep {self.folder / name}: {error.strerror or error}; what is finished stays, and the same command "
                "goes on"
            ) from error

    def remove(self) -> None:
        """Remove all parts, once the results are written."""
        with contextlib.suppress(OSError):
            # What it is about goes last: until then a killed command leaves what can be told from a folder of the user's.
            for file in sorted(self.folder.iterdir(), key=lambda file: (file.name == _ABOUT, file.name)):
                if file.is_dir():
                    shutil.rmtree(file)
                else:
                    file.unlink()
            self.folder.rmdir()
        if self.folder in _HELD:
            _HELD.pop(self.folder).close()


def anything_kept() -> bool:
    """Return whether a study of this process has finished parts that a next one can go on with."""
    return any(not file.name.startswith(".") and file.name != _ABOUT for held in list(_HELD) for file in held.glob("*-*"))


def _differ(theirs: bytes, ours: bytes) -> str:
    """Return what two studies differ in, in words."""
    try:
        before, now = json.loads(theirs), json.loads(ours)
    except ValueError:
        return "what it is about cannot be read"
    told = []
    for name in sorted({*before, *now}):
        old, new = before.get(name), now.get(name)
        if old != new:
            short = all(isinstance(value, (int, str)) and len(str(value)) < 40 for value in (old, new))
            told.append(f"{name} {old} and not {new}" if short else "the scenario" if name == "text" else name)
    return ", ".join(told)


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
