"""The folder of results: who may write there, and how new results take the place of old ones.

New results are made beside their place, whole and down to the disk, in the folder of unfinished work (see `parts`). Where
nothing stands under the name, they get it with one rename. Where results do, renaming whole folders would take along what
else the user keeps in them, and for a moment leave nothing under the name. So their files are moved in one by one:

1. `new` is renamed to `ready`. Until then the old results are untouched; from then on the new ones are whole, in `ready`
   or in their place, and whoever comes next ends what was begun (`settle`): a command that writes here, or one that reads.
2. Every file of `ready` replaces the one of its name, the manifest last. Who reads before sees an old manifest that does not
   fit, or `ready`.
3. Files of the old manifest that the new results do not have go before the manifest does that says whose they are.

Every file that Parley writes to a folder is listed in its manifest, hashed or not; a page must say itself, too, who made it.
What is not listed is not Parley's: it is named, and stays. No file is replaced or removed through a link.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.results.explained import explained
from sim.results.files import HALF, StoreError, followed, kind_of, names_in, read_bytes, read_start, write_new
from sim.results.manifest import EXPLAINED, MOST_BYTES, Manifest, kind_told
from sim.results.manifest import NAME as MANIFEST
from sim.results.manifest import PAGE as PAGE
from sim.results.parts import READY, Parts, differ, is_plain
from sim.scenario import Scenario

_GENERATOR = b'<meta name="generator" content="Parley '


@dataclass(frozen=True)
class Place:
    """Where results go.

    Attributes
    ----------
    folder : Path
        As it was asked for.
    target : Path
        The same with links followed.
    done : bool
        Whether all of it is there already.
    parts : Parts
        What is unfinished.
    force : bool
    asked : str
        The digest of all that the results depend on.
    others : list of str
        Names in the folder that are not Parley's.
    kind, scenario : str
        Of the results.
    excel : bool
        Whether tables begin with a byte-order mark, by which spreadsheets know UTF-8.
    """

    folder: Path
    target: Path
    done: bool
    parts: Parts
    force: bool
    asked: str
    others: list[str]
    kind: str
    scenario: str
    excel: bool = False

    @classmethod
    def of(
        cls,
        folder: Path,
        kind: str,
        asked: Mapping[str, Any],
        force: bool,
        *,
        parts: Mapping[str, Any] | None = None,
        excel: bool = False,
        note: Callable[[str], None] = lambda text: None,
    ) -> Place:
        """Return the place of results, after making sure that they may be written there.

        Parameters
        ----------
        folder : Path
            `.` is the folder that it stands for.
        kind : str
            Of the results, as `run` or `sweep`.
        asked : mapping
            All that the results depend on, with the name of the `scenario`.
        force : bool
            Whether results of the same kind and scenario are replaced.
        parts : mapping, optional
            What unfinished parts depend on, if that is more.
        excel : bool
            Whether tables are to begin with a byte-order mark.
        note : callable
            Called with what the user should know, in words.

        Raises
        ------
        StoreError
            When something is there that may not be replaced, or that is not Parley's.
        """
        folder = folder if folder.name not in ("", "..") else folder.resolve()
        target = _target(folder)
        settle(target)
        parts = dict(parts or asked)
        digest = digest_of(asked, excel)
        done, others = False, []
        if kind_of(target):
            known = known_manifest(target)
            done = known.get("asked") == digest and not force
            if not done:
                _refuse_another(folder, known, kind, str(asked["scenario"]))
            if not done and not force:
                raise StoreError(
                    f"{folder} is there already{_other(known, asked)}; --force replaces it, --out FOLDER writes elsewhere"
                )
            others = others_in(target, known)
        # What lies beside results that are whole is of no concern.
        unfinished = Parts.of(target, parts, force or done)
        place = cls(folder, target, done, unfinished, force, digest, others, kind, str(asked["scenario"]), excel)
        if done:
            note(f"{folder}/ is there already, of the same scenario, seed, size and version: nothing of it is run again")
        if not place.parts.folder.name.endswith(".unfinished"):
            note(f"{target}.unfinished is not Parley's and is left as it is; parts are kept in {place.parts.folder}")
        if others and not done:
            note(f"not of Parley and left as it is in {folder}/: {', '.join(others)}")
        return place

    def tables(self) -> list[str]:
        """Return what Parley has written there but for what explains it: names without their endings, each once."""
        names = sorted({*ours_in(self.target, known_manifest(self.target))} - {*EXPLAINED})
        return list(dict.fromkeys(name.partition(".")[0] for name in names))

    @contextlib.contextmanager
    def at_work(self) -> Iterator[Place]:
        """Keep others out while results are made; nothing is left beside them then but what the same command takes up."""
        if self.done:
            self.parts.drop_left(self.target)
            yield self
            return
        with self.parts.at_work():
            yield self

    def write(
        self,
        files: Mapping[str, bytes | Path],
        about: Manifest,
        unhashed: Mapping[str, bytes] | None = None,
        of: Scenario[Any] | None = None,
    ) -> None:
        """Write files, what explains them and a manifest all at once, in the place of those of before.

        Parameters
        ----------
        files : mapping of str to bytes or Path
            Contents, or files on the same disk, which are moved.
        about : Manifest
            What is said of them, beside the sha256 of each file.
        unhashed : mapping of str to bytes, optional
            Files that the manifest does not vouch for.
        of : Scenario, optional
            Of the results, or the first of those compared; without it nothing explains them.

        Raises
        ------
        StoreError
            When something cannot be written; what was there before is left as it was.
        """
        if of is not None:
            files = {**files, **explained(files, about, of, self.excel)}
        try:
            names = [*(unhashed or {}), *files, MANIFEST]
            fresh, hashes = self.parts.stage(names), {}
            for name, plain in (unhashed or {}).items():
                write_new(fresh / name, plain)
            for name, content in files.items():
                mark = BOM_UTF8 if self.excel and name.endswith(".csv") else b""
                hashes[name] = _into(content, fresh / name, mark)
            write_new(fresh / MANIFEST, about.model_copy(update={"asked": self.asked}).sealed(hashes))
            if not kind_of(self.target):
                os.rename(fresh, self.target)
                return
            if not self.force:
                raise StoreError(f"{self.folder} was written by another command meanwhile; it is left as it is")
            known = known_manifest(self.target)
            # Another command may have written there since.
            _refuse_another(self.folder, known, self.kind, self.scenario)
            for name in names:
                if kind_of(self.target / name) and name not in ours_in(self.target, known):
                    raise StoreError(
                        f"{self.folder / name} is not Parley's, and the new results need its name; move it away"
                    )
            os.rename(fresh, fresh.with_name(READY))
            _move_in(fresh.with_name(READY), names, self.target)
        except OSError as error:
            raise StoreError(f"cannot write {self.folder}: {error.strerror or error}") from error


def digest_of(asked: Mapping[str, Any], excel: bool = False) -> str:
    """Return the digest of all that results depend on, by which they are known to be there."""
    told = {**asked, "excel": excel} if excel else asked
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _target(folder: Path) -> Path:
    try:
        return followed(folder)
    except OSError as error:
        raise StoreError(f"cannot write {folder}: {error.strerror}") from error


def settle(folder: Path) -> None:
    """End what a command has begun that was killed while new results took the place of old ones.

    Raises
    ------
    StoreError
        When it cannot be ended, or the command is still at work.
    """
    target = followed(folder) if os.path.exists(folder) else folder
    left = Parts.left(target)
    if left is None or kind_of(left.folder / READY) != "folder":
        return
    left.lock()
    try:
        # Under the lock: who was at work has perhaps ended it.
        if kind_of(left.folder / READY) == "folder":
            _move_in(left.folder / READY, _names_in(left.folder / READY, left.staged()), target)
    except OSError as error:
        raise StoreError(
            f"{folder} is half replaced and cannot be finished: {error.strerror or error}; the new results are in "
            f"{left.folder / READY}"
        ) from error
    left.remove()


def _names_in(ready: Path, staged: list[str]) -> list[str]:
    """Return the names of whole results, the manifest last, though the list of them be damaged."""
    if staged[-1:] == [MANIFEST] and {*names_in(ready)} <= {*staged}:
        return staged
    known = known_manifest(ready)
    return [*filter(is_plain, [*known["sha256"], *known.get("beside", ())]), MANIFEST]


def _move_in(ready: Path, names: list[str], folder: Path) -> None:
    """Move whole results to their place; where that was begun before, the rest of them."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder)
    page = Parts.left(folder / PAGE)
    if page is not None:
        page.drop()
    known = known_manifest(folder) if kind_of(folder / MANIFEST) else {}
    for name in names[:-1]:
        if kind_of(ready / name):
            os.replace(ready / name, folder / name)
    if kind_of(ready / MANIFEST):
        for name in ours_in(folder, known):
            if name not in names and kind_of(folder / name) == "file":
                os.unlink(folder / name)
        os.replace(ready / MANIFEST, folder / MANIFEST)
    os.rmdir(ready)


def _into(content: bytes | Path, path: Path, mark: bytes) -> str:
    """Put content into a new file behind a mark, down to the disk, and return its hash."""
    if isinstance(content, bytes):
        write_new(path, mark + content)
        return hashlib.sha256(mark + content).hexdigest()
    if mark:
        marked = content.with_name(f"marked-{content.name}")
        with content.open("rb") as plain, marked.open("wb") as file:
            file.write(mark)
            shutil.copyfileobj(plain, file)
        content = marked
    os.rename(content, path)
    with path.open("rb+") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return digest


def known_manifest(folder: Path) -> dict[str, Any]:
    """Return what the manifest of a folder says, whatever version wrote it.

    Raises
    ------
    StoreError
        When there is none, or none of results.
    """
    try:
        found = json.loads(read_bytes(folder / MANIFEST, MOST_BYTES))
        if isinstance(found, dict) and isinstance(found.get("sha256"), dict):
            return found
        reason = "its manifest.json is of something else"
    except (FileNotFoundError, NotADirectoryError):
        reason = "it has no manifest.json"
    except (OSError, ValueError, RecursionError):
        reason = "its manifest.json cannot be read"
    raise StoreError(
        f"{folder} is not the folder of a run ({reason}); it is left as it is. Remove it, or write elsewhere with --out"
    )


def ours_in(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Return the names in a folder that a manifest or a page itself says are Parley's; links never are."""
    # Older versions did not list what they do not vouch for.
    beside = manifest.get("beside", ["timing.json", PAGE])
    listed = {MANIFEST, *manifest.get("sha256", ()), *(map(str, beside) if isinstance(beside, list) else ())}
    ours = [name for name in names_in(folder) if name in listed and kind_of(folder / name) == "file"]
    return [name for name in ours if name != PAGE or is_page(folder / PAGE)]


def others_in(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Return the names in a folder that are not Parley's."""
    ours = ours_in(folder, manifest)
    page = Parts.left(folder / PAGE)
    return [name for name in names_in(folder) if name not in ours and (page is None or name != page.folder.name)]


def is_page(path: Path) -> bool:
    """Return whether a file is a page that Parley made."""
    with contextlib.suppress(OSError):
        return _GENERATOR in read_start(path, 4096)
    return False


def is_root(folder: Path) -> bool:
    """Return whether there is such a folder, and nothing in it but folders, as results stand beside one another."""
    return folder.is_dir() and all(kind_of(folder / name) != "file" for name in os.listdir(folder))


def is_whole_page(path: Path) -> bool:
    """Return whether a file is a page that Parley made, with nothing beside it that a killed command has left."""
    return is_page(path) and Parts.left(path) is None


def _refuse_another(folder: Path, known: Mapping[str, Any], kind: str, scenario: str) -> None:
    """Refuse to replace results of another kind or scenario."""
    there, of = kind_told(known), _scenario(known)
    if there != kind or (of is not None and of != scenario):
        raise StoreError(
            f"{folder} holds a {there} of {of or 'other scenarios'}, and not a {kind} of {scenario}; only those of the same "
            "kind and scenario are replaced: remove it, or write elsewhere with --out FOLDER"
        )


def _scenario(known: Mapping[str, Any]) -> str | None:
    """Return of what results are: of a comparison all that was compared."""
    of, compared = known.get("scenario"), known.get("compared")
    if of is None and isinstance(compared, list):
        of = " and ".join(str(one.get("scenario")) for one in compared if isinstance(one, dict))
    return None if of is None else str(of)


def _other(known: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """Return in words what results that are there differ in from those that are asked for."""
    if "asked" not in known:
        return ""
    # As both are once they are written; what they differ in otherwise is in texts too long to show.
    now = json.loads(json.dumps(dict(asked)))
    told = differ({name: known[name] for name in known if name in now}, {name: now[name] for name in now if name in known})
    return f" ({told})" if told else " (of other settings or options)"


# Single files


def may_write(path: Path, force: bool) -> None:
    """Make sure that nothing is replaced that should not be.

    Raises
    ------
    StoreError
        When a file is there already and `force` is not given, or what is no file, or a link that leads nowhere.
    """
    try:
        kind = kind_of(followed(path))
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from error
    if kind == "folder":
        raise StoreError(f"{path} is a folder; name a file")
    if kind == "other":
        raise StoreError(f"{path} is no regular file; it is left as it is")
    if kind and not force:
        raise StoreError(f"{path} is there already; --force replaces it, --out FILE writes elsewhere")


def write_file(content: bytes, path: Path) -> None:
    """Write a file all at once, with its folder; a link is followed.

    Raises
    ------
    StoreError
        When it cannot be written; what was there is left as it was.
    """
    target = followed(path)
    with Parts.of(target, _of_file(target), force=False).at_work() as parts:
        try:
            half = parts.folder / f"{os.urandom(8).hex()}{HALF}"
            write_new(half, content)
            os.replace(half, target)
        except OSError as error:
            raise StoreError(f"cannot write {path}: {error.strerror or error}") from error


def is_written(content: bytes, path: Path) -> bool:
    """Return whether a file holds this already; if so, what a killed command has left beside it goes."""
    try:
        target = followed(path)
        if read_bytes(target, len(content)) != content:
            return False
    except OSError:
        return False
    left = Parts.left(target)
    if left is not None and left.about in (Parts.of(target, _of_file(target), force=True).about, b""):
        left.drop()
    return True


def _of_file(target: Path) -> dict[str, str]:
    """Return what the unfinished part of a single file depends on."""
    return {"file": target.name}


def may_be_page(path: Path) -> None:
    """Make sure that a page of results does not take the place of something else.

    Raises
    ------
    StoreError
    """
    if kind_of(path) and not is_page(path):
        raise StoreError(f"{path} is not a page of Parley, and is left as it is; move it away, or leave --report")
