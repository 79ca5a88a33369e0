"""The place where a command works: a folder beside its results, in which finished parts are kept until all are there.

`NAME.unfinished` stands beside NAME while a command writes it, and stays when the command is killed, so that the same one
goes on with it. It is known to be Parley's by the sentence in its lock, which is written before all else: without it nothing
in the folder is touched and the next name is taken (`NAME.unfinished-2`). An empty folder is anyone's and loses nothing.
The lock is held while a command works and ends with its process, so that two never work in one place, and what a dead one
left can be told from what a living one needs.

A part is a file with its own checksum, which covers what it is a part of and its own name: one of another study, one in
another's place and a damaged one are none. Parts depend on scenario, seed, version and whatever else their result does; what
these are is looked at under the lock. Only names of Parley's own are ever removed, and nothing behind a link.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.results.files import (
    HALF,
    NOFOLLOW,
    StoreError,
    followed,
    kind_of,
    make_folders,
    names_in,
    read_bytes,
    read_start,
    remove_empty,
    write_whole,
)

_ABOUT, _LOCK, _STAGED = "about.json", ".lock", "staged.json"
_MARK = b"Parley works here. The command that made this folder goes on with it, or removes it.\n"
_PART = re.compile(r"[a-z]+-\d{6,10}\.(npz|json)")
# Folders of half-made files: the columns of a run, new results, and new results that are whole.
COLUMNS, NEW, READY = "columns", "new", "ready"
_DIGITS = 64
_NAMES = 9
# judgement: a chunk of 100,000 histories of 50 years has 1 GB.
_MOST = 1 << 34


try:
    import fcntl
except ImportError:  # Windows: there, two commands in one folder are not kept apart.
    fcntl = None  # type: ignore[assignment]


@dataclass
class _Held:
    """A lock of this process, which the system takes back when it ends, and the folders that were made for it."""

    number: int
    made: list[Path] = field(default_factory=list)
    at_work: bool = False

    def close(self) -> None:
        """Give the lock back; again is nothing."""
        number, self.number = self.number, -1
        if number >= 0:
            os.close(number)


_HELD: dict[Path, _Held] = {}
# Places that were given up with something finished in them.
_LEFT: set[Path] = set()


@dataclass(frozen=True)
class Parts:
    """The parts of one study.

    Attributes
    ----------
    folder : Path
        Where they are; there is none before it begins.
    about : bytes
        All that they depend on.
    force : bool
        Whether parts of another study are thrown away.
    """

    folder: Path
    about: bytes
    force: bool = False

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
        text = (json.dumps(about, indent=2, sort_keys=True) + "\n").encode()
        parts = cls(_place(followed(results)), text, force)
        # Said before the work; under the lock it is looked at again.
        parts._refuse_others()
        return parts

    @classmethod
    def left(cls, results: Path) -> Parts | None:
        """Return what a command that wrote `results`, no link, has left, whatever it was about; None where nothing is."""
        place = _place(results)
        try:
            return cls(place, read_bytes(place / _ABOUT, _MOST), True) if kind_of(place) else None
        except OSError:
            return cls(place, b"", True)

    def drop_left(self, results: Path) -> None:
        """Remove what a command of the same study has left that was killed when its `results` were whole."""
        left = Parts.left(results)
        if left is not None and left.about in (self.about, b""):
            left.drop()

    @contextlib.contextmanager
    def at_work(self) -> Iterator[Parts]:
        """Begin; in the end remove the place, but keep it for the same command where that has left something unfinished.

        Raises
        ------
        StoreError
            As `begin`, and when another thread of this process is at work in it.
        """
        held = _HELD.get(self.folder)
        if held is not None and held.at_work:
            raise StoreError(f"another command is at work in {self.folder}; wait for it, or write elsewhere")
        self.begin()
        _HELD[self.folder].at_work = True
        try:
            yield self
        except BaseException:
            self._stop()
            raise
        self.remove()

    def begin(self) -> None:
        """Make the place, with what it is about, before the first part is written, and keep others out of it.

        Raises
        ------
        StoreError
            When it cannot be made, another command is at work in it, or it holds parts of another study.
        """
        self.lock()
        try:
            if self._known() != self.about:
                self._refuse_others()
                self._clear()
                write_whole(self.folder / _ABOUT, self.about)
        except BaseException as error:
            self._stop()
            if isinstance(error, OSError):
                raise StoreError(f"cannot keep parts in {self.folder}: {error.strerror or error}") from error
            raise

    def lock(self) -> None:
        """Hold the folder, which is made if need be, until it is removed or this process ends, however it ends.

        Raises
        ------
        StoreError
        """
        if self.folder in _HELD:
            return
        number, made = -1, make_folders(self.folder.parent)
        try:
            while number < 0:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(self.folder)
                if _owner(self.folder) == "other":
                    raise StoreError(f"{self.folder} is not Parley's; it is left as it is")
                number = self._try_to_lock()
        except BaseException as error:
            remove_empty([*made, self.folder])
            if isinstance(error, OSError):
                raise StoreError(f"cannot write to {self.folder.parent}: {error.strerror or error}") from error
            raise
        held = _HELD[self.folder] = _Held(number, made)
        atexit.register(held.close)

    def _try_to_lock(self) -> int:
        """Return an open file with the lock and the mark, or -1 when the one who had it has just removed the folder."""
        path = self.folder / _LOCK
        try:
            number = os.open(path, os.O_RDWR | os.O_CREAT | NOFOLLOW, 0o666)
        except FileNotFoundError:
            return -1
        try:
            try:
                if fcntl is not None:
                    fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise StoreError(f"another command is at work in {self.folder}; wait for it, or write elsewhere") from error
            mine, there = os.fstat(number), os.lstat(path)
            if (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino):
                if mine.st_size < len(_MARK):
                    self._mark(number)
                return number
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(number)
            raise
        os.close(number)
        return -1

    def _mark(self, number: int) -> None:
        try:
            os.write(number, _MARK)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(self.folder / _LOCK)
            raise

    def _stop(self) -> None:
        """Keep what the same command goes on with; where that is nothing, remove the place."""
        if self.any_finished() or kind_of(self.folder / READY):
            _LEFT.add(self.folder)
            self._release()
        else:
            self.remove()

    def _release(self) -> None:
        if self.folder in _HELD:
            _HELD.pop(self.folder).close()

    def _known(self) -> bytes | None:
        with contextlib.suppress(OSError):
            return read_bytes(self.folder / _ABOUT, _MOST)
        return None

    def _refuse_others(self) -> None:
        """Refuse to throw away what is finished of another study, unless that is asked for."""
        known = self._known()
        if known != self.about and not self.force and _owner(self.folder) == "parley" and self.any_finished():
            raise StoreError(
                f"{self.folder} holds parts of something else: {_differ(known or b'', self.about)}. --force throws them "
                "away, --out FOLDER writes elsewhere"
            )

    def any_finished(self) -> bool:
        """Return whether there is a part, be it whole or damaged, of this study or of another."""
        return any(_PART.fullmatch(name) for name in names_in(self.folder))

    def has(self, name: str) -> bool:
        """Return whether a part is there, be it whole or damaged."""
        return kind_of(self.folder / name) != ""

    def read(self, name: str) -> bytes | None:
        """Return a part, or None if it is not there, is damaged, or is one of something else."""
        try:
            whole = read_bytes(self.folder / name, _MOST)
        except OSError:
            return None
        sealed, head = memoryview(whole)[_DIGITS + 1 :], self._head(name)
        if whole[:_DIGITS] != hashlib.sha256(sealed).hexdigest().encode() or sealed[: len(head)] != head:
            return None
        return bytes(sealed[len(head) :])

    def write(self, name: str, content: bytes) -> None:
        """Keep a part.

        Raises
        ------
        StoreError
            When it cannot be written; what else is there stays.
        """
        sealed = self._head(name) + content
        try:
            write_whole(self.folder / name, hashlib.sha256(sealed).hexdigest().encode() + b"\n" + sealed)
        except OSError as error:
            raise StoreError(
                f"cannot keep {self.folder / name}: {error.strerror or error}; what is finished stays, and the same command "
                "goes on"
            ) from error

    def _head(self, name: str) -> bytes:
        """Return what binds a part to its study and its place."""
        return f"{hashlib.sha256(self.about).hexdigest()} {name}\n".encode()

    def scratch(self, name: str) -> Path:
        """Return an empty folder for half-made files.

        Raises
        ------
        OSError
            When there is something else in its place, or it cannot be made.
        """
        self._clear_scratch(name)
        place = self.folder / name
        os.mkdir(place)
        return place

    def stage(self, names: list[str]) -> Path:
        """Return an empty folder for new results with these names, which are noted first."""
        # What a killed command has half written goes while its names are still known.
        self._clear_scratch(NEW)
        write_whole(self.folder / _STAGED, json.dumps(names).encode())
        return self.scratch(NEW)

    def staged(self) -> list[str]:
        """Return the names of new results that are being written, or moved to their place."""
        try:
            names = json.loads(read_bytes(self.folder / _STAGED, _MOST))
        except (OSError, ValueError, RecursionError):
            return []
        return [name for name in names if is_plain(name)] if isinstance(names, list) else []

    def _clear_scratch(self, name: str) -> None:
        place = self.folder / name
        if kind_of(place) == "folder":
            staged = self.staged() if name == NEW else []
            for file in names_in(place):
                if (file in staged or file.endswith(HALF)) and kind_of(place / file) == "file":
                    os.unlink(place / file)
            os.rmdir(place)

    def _clear(self) -> None:
        """Remove what is kept and half made."""
        for name in (COLUMNS, NEW):
            self._clear_scratch(name)
        for name in names_in(self.folder):
            if (_PART.fullmatch(name) or name.endswith(HALF) or name == _STAGED) and kind_of(self.folder / name) == "file":
                os.unlink(self.folder / name)

    def remove(self) -> None:
        """Remove the place, once the results are written; what is not Parley's stays there."""
        if self.folder not in _HELD:
            return
        with contextlib.suppress(OSError):
            self._clear()
            # The mark goes last: until then a killed command leaves what can be told from a folder of the user's.
            for name in (_ABOUT, _LOCK):
                if kind_of(self.folder / name) == "file":
                    os.unlink(self.folder / name)
            os.rmdir(self.folder)
        remove_empty(_HELD[self.folder].made)
        self._release()

    def drop(self) -> None:
        """Remove what a dead command has left; nothing where one is at work in it."""
        with contextlib.suppress(StoreError):
            self.lock()
            self.remove()


def _place(results: Path) -> Path:
    """Return where a study is at work: where something of Parley's is already, or the first name that nobody has.

    Raises
    ------
    StoreError
        When others have all of the names.
    """
    # Whole, because a worker may stand in another folder.
    whole = Path(os.path.abspath(results))
    if not whole.name:
        raise StoreError(f"{results} is the root of all folders; name one in it")
    names = [whole.with_name(f"{whole.name}.unfinished{end}") for end in ("", *(f"-{n}" for n in range(2, _NAMES + 1)))]
    try:
        owners = [_owner(place) for place in names]
    except OSError as error:
        raise StoreError(f"cannot write {results}: {error.strerror}") from error
    for wanted in ("parley", ""):
        if wanted in owners:
            return names[owners.index(wanted)]
    raise StoreError(f"{names[0]} and {len(names) - 1} others are not Parley's; they are left as they are")


def _owner(place: Path) -> str:
    """Return whose a folder of unfinished work is: `parley`, `other`, or nobody's where there is none or nothing in it."""
    kind = kind_of(place)
    if kind != "folder":
        return "other" if kind else ""
    try:
        names = os.listdir(place)
        mark = read_start(place / _LOCK, len(_MARK) + 1) if os.lstat(place / _LOCK).st_nlink == 1 else b"?"
    except PermissionError:
        return "other"
    except OSError:
        mark = b"?"
    # Nothing is in it, or its maker died before it was marked.
    if not names or (names == [_LOCK] and _MARK.startswith(mark) and mark != _MARK):
        return ""
    return "parley" if mark == _MARK else "other"


def is_plain(name: object) -> bool:
    """Return whether something is the name of a file in a folder."""
    return isinstance(name, str) and bool(name) and name == os.path.basename(name)


def anything_kept() -> bool:
    """Return whether a study of this process has finished parts that a next one can go on with."""
    return any(_PART.fullmatch(name) for place in (*_HELD, *_LEFT) for name in names_in(place))


def _differ(theirs: bytes, ours: bytes) -> str:
    """Return what two studies differ in, in words."""
    try:
        before, now = json.loads(theirs), json.loads(ours)
    except (ValueError, RecursionError):
        return "what it is about cannot be read"
    return differ(before, now) if isinstance(before, dict) else "what it is about cannot be read"


def differ(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return in words what differs of what two results depend on: both values where they are short, else what it is."""
    told = []
    # Settings tell seed and horizon in other words.
    both = {*before, *now} - ({"settings"} if any(before.get(one) != now.get(one) for one in ("seed", "days")) else set())
    for name in sorted(both):
        old, new = before.get(name), now.get(name)
        if old != new:
            short = all(isinstance(value, (int, str)) and len(str(value)) < 40 for value in (old, new))
            told.append(f"{name} {old} and not {new}" if short else "the scenario" if name == "text" else f"other {name}")
    return ", ".join(told)
