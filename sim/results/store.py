"""The folder of a run: written beside its place under another name, then renamed, so that there is never half a result."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim import __version__
from sim.ensemble.run import Ensemble, Plan
from sim.results.identity import about_identity, as_run
from sim.results.manifest import Manifest, RunManifest, made_with
from sim.results.manifest import StoreError as StoreError
from sim.results.summary import Row
from sim.results.tables import failures_csv, ledger_csv, markdown, outcomes_csv, series_csv, summary_csv, survival_csv
from sim.scenario import Scenario, ScenarioHead


def results_folder(folder: Path, force: bool) -> Path:
    """Return a folder for results of another kind, after the same checks; `.` is the folder that it stands for."""
    whole = folder if folder.name not in ("", "..") else folder.resolve()
    return run_folder(whole.parent, whole.name, force)


def run_folder(out: Path, name: str, force: bool) -> Path:
    """Return the folder for the run `name` in `out`, after making sure that it can be written.

    Raises
    ------
    StoreError
        When it is there already and `force` is not given, or when `out` cannot be written to.
    """
    folder = out / name
    if folder.exists() and not force:
        raise StoreError(f"{folder} is there already; --force replaces it, --out FOLDER writes elsewhere")
    if folder.exists() and not (folder / "manifest.json").is_file():
        raise StoreError(f"{folder} is not the folder of a run (it has no manifest.json); it is left as it is")
    made = _make(out)
    try:
        # Asking the system whether it may be written to is not to be trusted (root, network drives): try.
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise StoreError(f"cannot write to {out}: {error.strerror}") from error
    finally:
        for empty in reversed(made):
            empty.rmdir()
    return folder


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it; return the ones that were made."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()][::-1]
    try:
        for path in missing:
            path.mkdir()
    except OSError as error:
        raise StoreError(f"cannot make the folder {folder}: {error.strerror}") from error
    if not folder.is_dir():
        raise StoreError(f"cannot write to {folder}: it is not a folder")
    return missing


def write_run(
    ensemble: Ensemble,
    summary: list[Row],
    folder: Path,
    force: bool,
    *,
    outcomes: Path | None = None,
    timing: Mapping[str, Any] | None = None,
    scratch: Path | None = None,
) -> None:
    """Write the tables of a run to `folder`, replacing what is there if `force` is given.

    Parameters
    ----------
    ensemble : Ensemble
    summary : list of Row
    folder : Path
    force : bool
    outcomes : Path, optional
        The table of the histories, `outcomes.csv` or `outcomes.parquet`, where it is made already; it is moved.
    timing : mapping, optional
        How long it took and on what, which is another every time: `timing.json`, which no hash covers.
    scratch : Path, optional
        A folder on the same disk to write in first; beside `folder` if not given.

    Raises
    ------
    StoreError
        When something cannot be written; what was there before is left as it was.
    """
    files: dict[str, bytes | Path] = {
        "summary.csv": summary_csv(summary).encode(),
        "summary.md": markdown(ensemble, summary).encode(),
        **({"outcomes.csv": outcomes_csv(ensemble).encode()} if outcomes is None else {outcomes.name: outcomes}),
        "series.csv": series_csv(ensemble).encode(),
        "survival.csv": survival_csv(ensemble).encode(),
        **({"ledger.csv": ledger_csv(ensemble).encode()} if ensemble.tallies else {}),
        **({"failures.csv": failures_csv(ensemble, folder).encode()} if ensemble.failures else {}),
        "scenario.yaml": as_run(ensemble.scenario, ensemble.plan.days).to_yaml().encode(),
    }
    plan = ensemble.plan
    manifest = RunManifest(**about_identity(ensemble.scenario, plan), replications=plan.replications)
    unhashed = {} if timing is None else {"timing.json": (json.dumps(timing, indent=2) + "\n").encode()}
    write_folder(files, manifest, folder, force, scratch, unhashed)


def what_is_run(scenario: Scenario[ScenarioHead], plan: Plan) -> dict[str, Any]:
    """Return what unfinished parts of a run or study depend on, whatever kind it is."""
    return {
        "parley": __version__,
        **about_identity(scenario, plan),
        "text": scenario.to_yaml(),
        "replications": plan.replications,
        "made_with": made_with().model_dump(),
    }


def is_of(folder: Path, scenario: Scenario[ScenarioHead], plan: Plan) -> bool:
    """Return whether a folder holds the results of a scenario and plan."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    same = all(manifest.get(name) == getattr(plan, name) for name in ("seed", "replications", "days"))
    return same and text == as_run(scenario, plan.days).to_yaml()


def write_folder(
    files: Mapping[str, bytes | Path],
    about: Manifest,
    folder: Path,
    force: bool,
    scratch: Path | None = None,
    unhashed: Mapping[str, bytes] | None = None,
) -> None:
    """Write files and a manifest to a folder all at once, replacing what is there if `force` is given.

    Parameters
    ----------
    files : mapping of str to bytes or Path
        Contents, or files on the same disk, which are moved.
    about : Manifest
        What the manifest says, beside the sha256 of each file.
    folder : Path
    force : bool
    scratch : Path, optional
        A folder on the same disk to write in first; beside `folder` if not given.
    unhashed : mapping of str to bytes, optional
        Files that the manifest does not vouch for.

    Raises
    ------
    StoreError
        When something cannot be written; what was there before is left as it was.
    """
    made = _make(folder.parent)
    place = ""
    try:
        place = tempfile.mkdtemp(prefix=f".{folder.name}-", dir=scratch or folder.parent)
        fresh = Path(place) / "new"
        fresh.mkdir()
        hashes = {}
        for name, plain in (unhashed or {}).items():
            (fresh / name).write_bytes(plain)
        for name, content in files.items():
            if isinstance(content, Path):
                os.replace(content, fresh / name)
            else:
                (fresh / name).write_bytes(content)
            with (fresh / name).open("rb+") as file:
                hashes[name] = hashlib.file_digest(file, "sha256").hexdigest()
                os.fsync(file.fileno())
        with (fresh / "manifest.json").open("wb") as last:
            last.write(about.sealed(hashes))
            last.flush()
            os.fsync(last.fileno())
        if folder.exists():
            if not force:
                raise StoreError(f"{folder} was written by another run meanwhile; it is left as it is")
            os.rename(folder, Path(place) / "old")
        os.rename(fresh, folder)
    except OSError as error:
        raise StoreError(f"cannot write {folder}: {error.strerror}") from error
    finally:
        if place:
            old = Path(place) / "old"
            if old.exists() and not folder.exists():
                os.rename(old, folder)
            shutil.rmtree(place, ignore_errors=True)
        for empty in reversed(made):
            with contextlib.suppress(OSError):
                empty.rmdir()  # only if nothing was written to it


def may_write(path: Path, force: bool) -> None:
    """Make sure that nothing is replaced that should not be.

    Raises
    ------
    StoreError
        When a file is there already and `force` is not given, or a folder is in its place.
    """
    try:
        there, folder = path.exists(), path.is_dir()
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from error
    if folder:
        raise StoreError(f"{path} is a folder; name a file")
    if there and not force:
        raise StoreError(f"{path} is there already; --force replaces it, --out FILE writes elsewhere")


def write_file(content: bytes, path: Path) -> None:
    """Write a file all at once, with its folder.

    Raises
    ------
    StoreError
        When it cannot be written; what was there is left as it was.
    """
    place = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            place = Path(file.name)
            file.write(content)
        # As any other file that is written here: a temporary one is for its owner only.
        mask = os.umask(0)
        os.umask(mask)
        place.chmod(0o666 & ~mask)
        os.replace(place, path)
    except OSError as error:
        if place is not None:
            place.unlink(missing_ok=True)
        raise StoreError(f"cannot write {path}: {error.strerror}") from error
