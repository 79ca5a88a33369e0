"""Files that are read, no more of them than there may be, and written whole or not at all: regular ones, never a link."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sim.errors import ParleyError

# What is only half made ends in this.
HALF = ".part"
# Windows has neither links to beware of nor this flag, but tells text from bytes.
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class StoreError(ParleyError):
    """The results cannot be read or written; the message says why, in one line."""


def kind_of(path: Path) -> str:
    """Return what stands under a name: `file`, `folder`, `link`, `other`, or nothing."""
    try:
        mode = os.lstat(path).st_mode
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
            return ""
        raise
    known = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISLNK, "link"))
    return next((kind for is_kind, kind in known if is_kind(mode)), "other")


def read_bytes(path: Path, most: int) -> bytes:
    """Return the content of a file.

    Raises
    ------
    OSError
        When it cannot be read, is a link, a pipe, a device or a folder, or has more than `most` bytes.
    """
    _refuse_others(os.lstat(path), most)
    with _opened(path) as file:
        _refuse_others(os.fstat(file.fileno()), most)
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes")
    return content


def read_start(path: Path, count: int) -> bytes:
    """Return the first bytes of a file; errors as in `read_bytes`."""
    _refuse_others(os.lstat(path))
    with _opened(path) as file:
        _refuse_others(os.fstat(file.fileno()))
        return file.read(count)


def _opened(path: Path) -> BinaryIO:
    # What has taken its place since it was looked at is no link either, and no pipe that would wait for who writes to it.
    return open(os.open(path, os.O_RDONLY | NOFOLLOW | getattr(os, "O_NONBLOCK", 0)), "rb")


def _refuse_others(found: os.stat_result, most: int | None = None) -> None:
    kinds = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe"}
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, f"it is {kinds.get(stat.S_IFMT(found.st_mode), 'a device')} and not a file")
    if most is not None and found.st_size > most:
        raise OSError(errno.EFBIG, f"it has {found.st_size:,} bytes, and there can be no more than {most:,}")


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, down to the disk; nothing is left of it where that fails."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW, 0o666)
    try:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(number, rest) :]
            os.fsync(number)
        finally:
            os.close(number)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise


def write_whole(path: Path, data: bytes) -> None:
    """Write a file all at once, in the place of a file or link that has its name: it is there whole, or not at all."""
    half = path.with_name(f".{path.name}.{os.urandom(8).hex()}{HALF}")
    write_new(half, data)
    try:
        os.replace(half, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(half)
        raise


def make_folders(folder: Path) -> list[Path]:
    """Make a folder and those above it; return the ones that were made, the outermost first.

    Raises
    ------
    StoreError
    """
    made: list[Path] = []
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()][::-1]
        for path in missing:
            path.mkdir(exist_ok=True)
            made.append(path)
    except OSError as error:
        remove_empty(made)
        raise StoreError(f"cannot make the folder {folder}: {error.strerror}") from error
    if not folder.is_dir():
        raise StoreError(f"cannot write to {folder}: it is not a folder")
    return made


def remove_empty(folders: list[Path]) -> None:
    """Remove folders in which nothing is, the innermost first."""
    with contextlib.suppress(OSError):
        for folder in reversed(folders):
            os.rmdir(folder)


def names_in(folder: Path) -> Iterator[str]:
    """Yield the names in a folder, in order; none where there is no folder."""
    with contextlib.suppress(FileNotFoundError):
        yield from sorted(os.listdir(folder))


def followed(path: Path) -> Path:
    """Return where a link leads in the end, or the path itself.

    Raises
    ------
    StoreError
        When it leads to nothing: what should be there, as another disk, may only be away.
    """
    if kind_of(path) != "link":
        return path
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise StoreError(f"{path} is a link to {os.readlink(path)}, which is not there; it is left as it is") from error
