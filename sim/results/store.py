"""The folder of a run: written beside its place under another name, then renamed, so that there is never half a result."""

import contextlib
import hashlib
import json
import os
import platform
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from sim import __version__
from sim.ensemble.run import Ensemble
from sim.results.summary import Row
from sim.results.tables import ledger_csv, markdown, outcomes_csv, series_csv, summary_csv, survival_csv


class StoreError(Exception):
    """The results cannot be written; the message says why, in one line."""


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


def write_run(ensemble: Ensemble, summary: list[Row], folder: Path, force: bool) -> None:
    """Write the tables of a run to `folder`, replacing what is there if `force` is given.

    Raises
    ------
    StoreError
        When something cannot be written; what was there before is left as it was.
    """
    files = {
        "summary.csv": summary_csv(summary),
        "summary.md": markdown(ensemble, summary),
        "outcomes.csv": outcomes_csv(ensemble),
        "series.csv": series_csv(ensemble),
        "survival.csv": survival_csv(ensemble),
        **({"ledger.csv": ledger_csv(ensemble)} if ensemble.tallies else {}),
        "scenario.yaml": ensemble.scenario.to_yaml(),
    }
    data = {name: text.encode() for name, text in files.items()}
    manifest = {
        "parley": __version__,
        "scenario": ensemble.scenario.name,
        "seed": ensemble.plan.seed,
        "replications": ensemble.plan.replications,
        "days": ensemble.plan.days,
        # What makes a run repeatable to the byte: the method behind a normal draw belongs to NumPy, and the last digit of an
        # exponential to the instructions of the processor.
        "made_with": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "machine": platform.machine(),
            "instructions": np.lib.introspect.opt_func_info("^exp$", "float64")["exp"]["dd"]["current"],
        },
    }
    write_folder(data, manifest, folder, force)


def write_folder(files: dict[str, bytes], about: dict[str, Any], folder: Path, force: bool) -> None:
    """Write files and a manifest to a folder all at once, replacing what is there if `force` is given.

    Parameters
    ----------
    files : dict of str to bytes
    about : dict
        What the manifest says, beside the sha256 of each file.
    folder : Path
    force : bool

    Raises
    ------
    StoreError
        When something cannot be written; what was there before is left as it was.
    """
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    manifest = (json.dumps({**about, "sha256": hashes}, indent=2) + "\n").encode()
    made = _make(folder.parent)
    scratch = ""
    try:
        scratch = tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent)
        fresh = Path(scratch) / "new"
        fresh.mkdir()
        for name, content in {**files, "manifest.json": manifest}.items():
            with (fresh / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        if folder.exists():
            if not force:
                raise StoreError(f"{folder} was written by another run meanwhile; it is left as it is")
            os.rename(folder, Path(scratch) / "old")
        os.rename(fresh, folder)
    except OSError as error:
        raise StoreError(f"cannot write {folder}: {error.strerror}") from error
    finally:
        if scratch:
            old = Path(scratch) / "old"
            if old.exists() and not folder.exists():
                os.rename(old, folder)
            shutil.rmtree(scratch, ignore_errors=True)
        for empty in reversed(made):
            with contextlib.suppress(OSError):
                empty.rmdir()  # only if nothing was written to it


def read_run(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the manifest of a run and its tables as text, after making sure that they are as they were written.

    Raises
    ------
    StoreError
        When this is no folder of a run, or one of its files is missing or was changed.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        names = dict(manifest["sha256"])
    except FileNotFoundError as error:
        raise StoreError(f"{folder} is not the folder of a run (it has no manifest.json)") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{folder}/manifest.json cannot be read") from error
    tables = {}
    for name, digest in names.items():
        try:
            content = (folder / name).read_bytes()
        except OSError as error:
            raise StoreError(f"cannot read {folder / name}: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise StoreError(f"{folder / name} was changed since the run wrote it; run it again")
        tables[name] = content.decode()
    return manifest, tables
