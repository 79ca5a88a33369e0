"""Where results go: only what is Parley's is ever replaced or removed, never through a link, and what is there is done."""

from __future__ import annotations

import json
import os
import random
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from sim.errors import ParleyError
from sim.results.files import StoreError, kind_of
from sim.results.manifest import MadeWith, RunManifest
from sim.results.parts import _HELD, Parts
from sim.results.place import Place, is_written, known_manifest, may_write, settle, write_file

PAGE = b'<!DOCTYPE html><meta name="generator" content="Parley 0.1.0">'
WITH = MadeWith(**dict.fromkeys(MadeWith.model_fields, "x"))


def written(
    folder: Path, files: dict[str, bytes], *, seed: int = 1, scenario: str = "peace", kind: str = "run", force: bool = False
) -> tuple[Place, list[str]]:
    """Write results of this scenario and seed, and return where, and what was told."""
    told: list[str] = []
    place = Place.of(folder, kind, {"scenario": scenario, "seed": seed}, force, note=told.append)
    about = RunManifest.model_construct(scenario=scenario, seed=seed, replications=3, days=30, made_with=WITH)
    with place.at_work():
        if not place.done:
            place.write(files, about, {"timing.json": b"{}"})
    return place, told


def all_in(folder: Path) -> dict[str, bytes | str]:
    """Return every file below a folder with its content, a link with where it leads."""
    return {
        str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def test_results_that_are_there_are_done_and_others_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    assert not written(folder, {"outcomes.csv": b"1"})[0].done
    before = all_in(tmp_path)
    place, told = written(folder, {"outcomes.csv": b"2"})
    assert place.done
    assert "is there already" in told[0]
    with pytest.raises(StoreError, match=r"is there already .*seed 1 and not 2.*; --force replaces it"):
        written(folder, {"outcomes.csv": b"2"}, seed=2)
    # Nothing is advised that would be refused then.
    with pytest.raises(StoreError, match="a run of peace, and not a run of war; only those of the same kind"):
        written(folder, {"outcomes.csv": b"2"}, scenario="war")
    assert all_in(tmp_path) == before


def test_two_threads_are_not_at_work_in_one_place(tmp_path: Path) -> None:
    place = Place.of(tmp_path / "r", "run", {"scenario": "peace", "seed": 1}, False)
    said: list[Exception] = []

    def too() -> None:
        try:
            with place.at_work():
                pass
        except StoreError as error:
            said.append(error)

    with place.at_work():
        thread = threading.Thread(target=too)
        thread.start()
        thread.join()
        assert place.parts.folder.is_dir()
    assert "another command is at work" in str(said[0])
    assert not place.parts.folder.exists()


def test_only_results_of_the_same_kind_and_scenario_are_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    written(folder, {"outcomes.csv": b"1"})
    before = all_in(tmp_path)
    with pytest.raises(StoreError, match="holds a run of peace, and not a run of war"):
        written(folder, {"outcomes.csv": b"2"}, scenario="war", force=True)
    with pytest.raises(StoreError, match="holds a run of peace, and not a sweep of peace"):
        written(folder, {"outcomes.csv": b"2"}, kind="sweep", force=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.tex").write_bytes(b"mine")
    for target in ("mine", "mine/thesis.tex"):
        with pytest.raises(StoreError, match=r"is not the folder of a run .*left as it is"):
            written(tmp_path / target, {"outcomes.csv": b"2"}, force=True)
    shutil.rmtree(tmp_path / "mine")
    assert all_in(tmp_path) == before


def test_what_is_not_in_the_manifest_is_named_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    written(folder, {"outcomes.csv": b"1", "ledger.csv": b"1"})
    written(folder / "other", {"outcomes.csv": b"other"}, scenario="war")
    (folder / "note.txt").write_bytes(b"mine")
    (folder / "report.html").write_bytes(b"a page of mine")
    theirs = {name: held for name, held in all_in(folder).items() if name.startswith(("other", "note", "report"))}
    _, told = written(folder, {"outcomes.csv": b"2"}, seed=2, force=True)
    assert "note.txt, other, report.html" in told[0]
    found = all_in(folder)
    assert found.items() >= theirs.items()
    assert found.keys() - theirs.keys() == {"outcomes.csv", "manifest.json", "timing.json"}
    assert found["outcomes.csv"] == b"2"
    # A page of Parley tells of the results that have gone.
    (folder / "report.html").write_bytes(PAGE)
    written(folder, {"outcomes.csv": b"3"}, seed=3, force=True)
    assert not (folder / "report.html").exists()


def test_links_are_followed_to_what_is_there_or_refused(tmp_path: Path) -> None:
    big, link = tmp_path / "big", tmp_path / "link"
    written(big, {"outcomes.csv": b"1"})
    link.symlink_to("big")
    written(link, {"outcomes.csv": b"2"}, seed=2, force=True)
    assert (link.is_symlink(), (big / "outcomes.csv").read_bytes()) == (True, b"2")
    page, shown = tmp_path / "page.html", tmp_path / "shown.html"
    page.write_bytes(b"old")
    shown.symlink_to("page.html")
    may_write(shown, force=True)
    write_file(b"new", shown)
    assert (shown.is_symlink(), page.read_bytes()) == (True, b"new")
    away = tmp_path / "away"
    away.symlink_to("another/disk")
    for write in (lambda: written(away, {"outcomes.csv": b"3"}, force=True), lambda: write_file(b"x", away)):
        with pytest.raises(StoreError, match="is a link to another/disk, which is not there"):
            write()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreError, match="no regular file"):
        may_write(tmp_path / "pipe", force=True)
    assert sorted(os.listdir(tmp_path)) == ["away", "big", "link", "page.html", "pipe", "shown.html"]


def test_no_file_is_replaced_through_a_link_or_because_a_manifest_says_so(tmp_path: Path) -> None:
    folder, victim = tmp_path / "r", tmp_path / "victim.txt"
    victim.write_bytes(b"precious")
    written(folder, {"outcomes.csv": b"1"})
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"]["../victim.txt"] = manifest["sha256"][str(victim)] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest))
    written(folder, {"outcomes.csv": b"2"}, seed=2, force=True)
    assert victim.read_bytes() == b"precious"
    (folder / "outcomes.csv").unlink()
    (folder / "outcomes.csv").symlink_to(victim)
    before = all_in(folder)
    with pytest.raises(StoreError, match=r"outcomes\.csv is not Parley's, and the new results need its name"):
        written(folder, {"outcomes.csv": b"3"}, seed=3, force=True)
    assert (all_in(folder), victim.read_bytes()) == (before, b"precious")


@pytest.mark.parametrize("kind", ["a link", "a link as lock", "about.json", "another lock", "a file"])
def test_a_place_of_work_that_is_not_ours_is_left_alone(tmp_path: Path, kind: str) -> None:
    theirs, place = tmp_path / "theirs", tmp_path / "r.unfinished"
    theirs.mkdir()
    (theirs / "thesis.tex").write_bytes(b"mine")
    if kind == "a file":
        place.write_bytes(b"mine")
    elif kind == "a link":
        (theirs / "about.json").write_bytes(b"{}")
        place.symlink_to(theirs)
    else:
        place.mkdir()
        if kind == "a link as lock":
            (place / ".lock").symlink_to(theirs / "thesis.tex")
        else:
            (place / ("about.json" if kind == "about.json" else ".lock")).write_bytes(b'{"name": "my web app"}')
    before = all_in(tmp_path)
    for force in (False, True):
        _, told = written(tmp_path / "r", {"outcomes.csv": b"1"}, seed=1 + force, force=force)
        assert "r.unfinished is not Parley's and is left as it is" in told[0]
    shutil.rmtree(tmp_path / "r")
    assert all_in(tmp_path) == before
    assert not kind_of(tmp_path / "r.unfinished-2")


# Parts


def begun(results: Path, about: dict[str, Any], force: bool = False) -> Parts:
    parts = Parts.of(results, about, force)
    parts.begin()
    return parts


def test_a_part_is_bound_to_its_study_and_its_place(tmp_path: Path) -> None:
    mine, other = begun(tmp_path / "mine", {"seed": 1}), begun(tmp_path / "other", {"seed": 2})
    for parts in (mine, other):
        for number in range(2):
            parts.write(f"chunk-00000{number}.npz", b"content %d" % number)
    first, second = (mine.folder / f"chunk-00000{number}.npz" for number in range(2))
    assert mine.read(first.name) == b"content 0"
    kept = first.read_bytes()
    for content in (second.read_bytes(), (other.folder / first.name).read_bytes(), kept[:-1], b"", kept + b"x"):
        first.write_bytes(content)
        assert mine.read(first.name) is None
        assert mine.has(first.name)
    first.unlink()
    os.mkfifo(first)
    second.unlink()
    second.symlink_to(other.folder / second.name)
    assert mine.read(first.name) is mine.read(second.name) is None
    mine.remove()
    other.remove()
    assert os.listdir(tmp_path) == ["mine.unfinished"]


def test_what_parts_are_about_is_looked_at_under_the_lock(tmp_path: Path) -> None:
    late = Parts.of(tmp_path / "r", {"seed": 1}, False)
    early = begun(tmp_path / "r", {"seed": 2})
    early.write("chunk-000000.npz", b"of seed 2")
    held = _HELD.pop(early.folder)
    with pytest.raises(StoreError, match="another command is at work"):
        late.begin()
    held.close()
    with pytest.raises(StoreError, match="parts of something else: seed 2 and not 1"):
        late.begin()
    thrown_away = begun(tmp_path / "r", {"seed": 1}, force=True)
    assert thrown_away.read("chunk-000000.npz") is None
    thrown_away.remove()
    assert os.listdir(tmp_path) == []


def test_what_others_keep_in_our_place_of_work_stays(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "thesis.part").write_bytes(b"mine")
    parts = begun(tmp_path / "r", {})
    parts.write("chunk-000000.npz", b"x")
    (parts.folder / "note.txt").write_bytes(b"mine")
    (parts.folder / "columns").symlink_to(victim)
    with pytest.raises(OSError, match="File exists"):
        parts.scratch("columns")
    parts.remove()
    assert all_in(tmp_path) == {
        "victim/thesis.part": b"mine", "r.unfinished/note.txt": b"mine", "r.unfinished/columns": str(victim),
    }  # fmt: skip


def test_who_dies_before_the_first_part_leaves_no_claim(tmp_path: Path) -> None:
    for left in (None, b"", b"Parley works"):
        (tmp_path / "r.unfinished").mkdir()
        if left is not None:
            (tmp_path / "r.unfinished/.lock").write_bytes(left)
        begun(tmp_path / "r", {"seed": 1}).remove()
        assert os.listdir(tmp_path) == []
    one = begun(tmp_path / "r", {"seed": 1})
    _HELD.pop(one.folder).close()
    begun(tmp_path / "r", {"seed": 2}).remove()
    assert os.listdir(tmp_path) == []


def test_results_that_are_half_replaced_are_ended_by_whoever_comes(tmp_path: Path, monkeypatch) -> None:
    folder = tmp_path / "r"
    old, new = {"outcomes.csv": b"1", "ledger.csv": b"1"}, {"outcomes.csv": b"2", "summary.csv": b"2"}
    moves = 4
    for fails_at in range(1, moves + 1):
        shutil.rmtree(folder, ignore_errors=True)
        written(folder, old)
        done, replace = [0], os.replace

        def failing(source: Any, target: Any, done=done, replace=replace, fails_at=fails_at) -> None:
            if Path(target).parent == folder:
                done[0] += 1
                if done[0] == fails_at:
                    raise OSError(5, "Input/output error")
            replace(source, target)

        monkeypatch.setattr(os, "replace", failing)
        with pytest.raises(StoreError, match="Input/output error"):
            written(folder, new, seed=2, force=True)
        monkeypatch.undo()
        settle(folder)
        assert known_manifest(folder)["seed"] == 2
        assert all_in(folder).keys() == {*new, "manifest.json", "timing.json"}
        assert os.listdir(tmp_path) == ["r"]


def test_a_file_that_is_written_already_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "deep/page.html"
    write_file(b"one", page)
    assert is_written(b"one", page)
    assert not is_written(b"two", page)
    assert not is_written(b"one", tmp_path / "none")
    # What a killed command has left beside it goes.
    parts = begun(page, {"file": "page.html"})
    (parts.folder / "half.part").write_bytes(b"o")
    _HELD.pop(parts.folder).close()
    assert is_written(b"one", page)
    assert os.listdir(page.parent) == ["page.html"]


# Whatever is in a folder

NAMES = [
    "outcomes.csv",
    "summary.csv",
    "ledger.csv",
    "failures.csv",
    "series.csv",
    "note.txt",
    "report.html",
    ".hidden",
    "a b",
]


def mixed(folder: Path, luck: random.Random) -> str:
    """Replace results in a folder with whatever else in it; return what was wrong."""
    listed, needed = (luck.sample(NAMES[:5], luck.randint(1, 5)) for _ in range(2))
    written(folder, dict.fromkeys(listed, b"old"))
    for name in luck.sample(NAMES, luck.randint(0, 5)):
        path = folder / name
        if name in listed:
            continue
        luck.choice([
            lambda path=path: path.write_bytes(b"mine"),
            lambda path=path: (path.mkdir(), (path / "mine").write_bytes(b"mine")),
            lambda path=path: path.symlink_to(folder.parent / "elsewhere"),
        ])()  # fmt: skip
    before = all_in(folder)
    theirs = {name: held for name, held in before.items() if name not in (*listed, "manifest.json", "timing.json")}
    blocked = {name.partition("/")[0] for name in theirs} & set(needed)
    try:
        _, told = written(folder, dict.fromkeys(needed, b"new"), seed=2, force=True)
    except StoreError as error:
        fine = blocked and all_in(folder) == before and "is not Parley's" in str(error)
        return "" if fine else f"refused: {error}"
    wanted = dict.fromkeys(needed, b"new") | theirs
    found = {name: held for name, held in all_in(folder).items() if name not in ("manifest.json", "timing.json")}
    named = all(name.partition("/")[0] in "".join(told) for name in theirs)
    return "" if found == wanted and named and not blocked else f"{sorted(found)} and not {sorted(wanted)}, told {told}"


@pytest.mark.parametrize("tries", [40, pytest.param(2_000, marks=pytest.mark.long)])
def test_nothing_of_the_users_is_touched_whatever_is_there(tmp_path: Path, tries: int) -> None:
    wrong = {}
    for number in range(tries):
        if found := mixed(tmp_path / str(number), random.Random(number)):
            wrong[number] = found
        shutil.rmtree(tmp_path / str(number))
    assert wrong == {}
    assert os.listdir(tmp_path) == []


# Found by reading


def test_what_was_written_there_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    about = RunManifest.model_construct(scenario="peace", seed=1, replications=3, days=30, made_with=WITH)
    place = Place.of(folder, "run", {"scenario": "peace", "seed": 1}, True)
    with place.at_work():
        # As a command does that began later and ended earlier.
        shutil.copytree(_made_elsewhere(tmp_path), folder)
        with pytest.raises(StoreError, match="holds a run of war, and not a run of peace"):
            place.write({"outcomes.csv": b"1"}, about, {"timing.json": b"{}"})
    assert known_manifest(folder)["scenario"] == "war"
    assert (folder / "outcomes.csv").read_bytes() == b"war"


def _made_elsewhere(folder: Path) -> Path:
    written(folder / "elsewhere", {"outcomes.csv": b"war"}, scenario="war")
    return folder / "elsewhere"


def test_an_error_that_may_go_away_keeps_what_is_finished(tmp_path: Path) -> None:
    class Missing(ParleyError):
        """Something that can be installed."""

    parts = Parts.of(tmp_path / "r", {"seed": 1}, force=False)

    def study() -> None:
        with parts.at_work():
            parts.write("point-000000.npz", b"kept")
            raise Missing("install it")

    with pytest.raises(Missing):
        study()
    assert Parts.of(tmp_path / "r", {"seed": 1}, force=False).read("point-000000.npz") == b"kept"


def test_half_written_results_with_other_names_do_not_stick(tmp_path: Path) -> None:
    parts = Parts.of(tmp_path / "r", {"seed": 1}, force=False)
    parts.begin()
    (parts.stage(["outcomes.csv", "manifest.json"]) / "outcomes.csv").write_bytes(b"half")
    assert list(parts.stage(["outcomes.parquet", "manifest.json"]).iterdir()) == []
    parts.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damaged", [b'["summ', b"7", b"[" * 100_000, b"[]", b'["../x", "manifest.json"]'])
def test_whole_results_are_moved_in_though_the_list_of_them_is_damaged(tmp_path: Path, damaged: bytes) -> None:
    folder = tmp_path / "r"
    written(folder, {"outcomes.csv": b"new", "series.csv": b"new"})
    new = all_in(folder)
    shutil.rmtree(folder)
    written(folder, {"outcomes.csv": b"old", "ledger.csv": b"old"}, seed=2)
    parts = Parts.of(folder, {"seed": 1}, force=False)
    parts.begin()
    ready = parts.folder / "ready"
    ready.mkdir()
    for name, content in new.items():
        (ready / name).write_bytes(content if isinstance(content, bytes) else b"")
    (parts.folder / "staged.json").write_bytes(damaged)
    _HELD.pop(parts.folder).close()
    settle(folder)
    assert all_in(folder) == new
    assert not parts.folder.exists()


def test_whole_results_are_done_whatever_lies_beside_them(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    written(folder, {"outcomes.csv": b"1"})
    parts = Parts.of(folder, {"scenario": "peace", "seed": 2}, force=False)
    parts.begin()
    parts.write("chunk-0000000000.npz", b"kept")
    _HELD.pop(parts.folder).close()
    assert written(folder, {"outcomes.csv": b"1"})[0].done


def test_the_root_of_all_folders_holds_no_results() -> None:
    with pytest.raises(StoreError, match="is the root of all folders; name one in it"):
        Place.of(Path("/"), "run", {"scenario": "peace", "seed": 1}, False)
