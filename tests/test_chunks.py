"""Large runs: the same bytes whatever the chunks, workers and interruptions, and nothing finished is lost."""

from __future__ import annotations

import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from sim.ensemble.cluster import MissingExtra
from sim.ensemble.processes import Processes, WorkerError
from sim.ensemble.run import Plan, run_ensemble, run_histories
from sim.ensemble.workers import ALONE, Pool, pool_of
from sim.results import chunks
from sim.results.chunks import about, layout, place_of_run, run_in_chunks, run_into
from sim.results.parts import _HELD, Parts
from sim.results.runs import Run
from sim.results.store import StoreError
from sim.words.run import markdown
from tests.conftest import ROOT
from tests.moments import begun, parts_in

pytestmark = pytest.mark.hostile

N, DAYS = 160, 58
# More pieces than any command has.
NEVER = 1_000_000
# One batch a chunk, several, and all in one.
SIZES = ((80, 80), (40, 20), (N, N))


def digests(folder: Path) -> dict[str, str]:
    files = [file for file in sorted(folder.iterdir()) if file.name != "timing.json"]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="module")
def pools() -> Iterator[dict[str, Pool]]:
    with pool_of(2) as two, pool_of(4) as four, pool_of(2, "local") as dask:
        yield {"alone": ALONE, "two processes": two, "four processes": four, "dask": dask}


def test_chunks_cover_all_replications_and_do_not_hang_on_who_runs_them() -> None:
    for n, most in product((1, 2, 3, 39, 40, 41, 1_000), (1, 2, 40, 4_096)):
        edges = layout(n, most)
        assert all(first < end for first, end in edges)
        assert [number for first, end in edges for number in range(first, end)] == list(range(n))
        assert max(end - first for first, end in edges) <= most


@pytest.mark.parametrize("name", ["baseline", "aid_halted", "history/winter_war"])
def test_the_same_bytes_whatever_the_chunks_and_workers(name: str, load, pools, tmp_path: Path) -> None:
    scenario, found = load(name), {}
    for (most, batch), who in product(SIZES, pools):
        plan = Plan(N, 1, DAYS, batch=batch, watched=(0,))
        folder = tmp_path / f"{most}-{batch}-{who}"
        with run_into(folder, scenario, plan, as_text=markdown, pool=pools[who], most=most) as (ensemble, _):
            assert {event.replication for event in ensemble.events} == {0}
        found[folder.name] = digests(folder)
    assert len(list(tmp_path.iterdir())) == len(found) == 12
    first = next(iter(found.values()))
    assert {"outcomes.csv", "summary.csv", "series.csv", "ledger.csv", "survival.csv", "manifest.json"} <= first.keys()
    assert {(name, file) for name, digest in found.items() for file in first if digest[file] != first[file]} == set()


def test_a_run_that_is_shared_and_held_in_memory_is_the_same(load, ensemble, pools, monkeypatch) -> None:
    monkeypatch.setattr("sim.ensemble.run.FEWEST_TO_SHARE", 30)
    scenario, plan = load("baseline"), Plan(N, 1, DAYS, watched=(0, 159))
    whole, done = ensemble(scenario, N, DAYS, watched=(0, 159)), []
    for who in ("alone", "four processes"):
        found = run_ensemble(scenario, plan, done.append, pools[who])
        for name, values in whole.outcomes.items():
            np.testing.assert_array_equal(found.outcomes[name], values, err_msg=name)
        np.testing.assert_array_equal(np.asarray(found.series), np.asarray(whole.series))
        assert found.tallies.keys() == whole.tallies.keys()
        assert all((found.tallies[key] == counts).all() for key, counts in whole.tallies.items())
        assert sorted(event.replication for event in found.events) == sorted(event.replication for event in whole.events)
    assert done[0] == N
    assert len(done) == 5


def test_a_run_on_disk_is_the_run_in_memory(load, ensemble, tmp_path: Path) -> None:
    scenario, plan = load("baseline"), Plan(N, 1, 400)
    stored = run_in_chunks(scenario, plan, Parts.of(tmp_path / "run", about(scenario, plan, 50), False), most=50).ensemble
    whole = ensemble(scenario, N, 400)
    for ours, theirs in ((stored.outcomes, whole.outcomes), (stored.drawn, whole.drawn)):
        assert list(ours) == list(theirs)
        for column, values in theirs.items():
            np.testing.assert_array_equal(ours[column], values, err_msg=column)
    for ours_of, theirs_of in zip(stored.series, whole.series, strict=True):
        np.testing.assert_array_equal(ours_of, theirs_of)
    assert "nothing" not in stored.outcomes
    with pytest.raises(KeyError):
        stored.outcomes["nothing"]


def test_series_are_of_the_first_histories(load, tmp_path: Path, monkeypatch) -> None:
    """Where there are more than are kept, chunks or not, and where the limit cuts a chunk and a batch."""
    monkeypatch.setattr("sim.ensemble.run.SERIES_HISTORIES", 70)
    scenario, plan = load("baseline"), Plan(N, 1, DAYS, batch=25)
    assert np.asarray(run_histories(scenario, plan, np.arange(N)).series).shape[2] == 70
    for most in (30, N):
        with run_into(tmp_path / str(most), scenario, plan, as_text=markdown, most=most):
            pass
    assert digests(tmp_path / "30") == digests(tmp_path / str(N))


def test_the_first_histories_are_asked_why_there_is_no_deal(load, monkeypatch) -> None:
    """Or none, if it is not wanted; where they stand is counted of all."""
    scenario, plan = load("baseline"), Plan(N, 1, DAYS, batch=25)
    few, none = (
        run_histories(scenario, plan, np.arange(45)),
        run_histories(scenario, replace(plan, why=False), np.arange(N)),
    )
    monkeypatch.setattr("sim.ensemble.run.SERIES_HISTORIES", 45)
    found = run_histories(scenario, plan, np.arange(N)).tallies
    asked = {key: counts.tolist() for key, counts in found.items() if key[1] != "ending"}
    assert asked == {key: counts.tolist() for key, counts in few.tallies.items() if key[1] != "ending"} != {}
    assert {counts.sum() for (_, question), counts in found.items() if question == "ending"} == {N}
    assert {question for _, question in none.tallies} == {"ending"}


def test_parquet_holds_what_csv_does(load, tmp_path: Path) -> None:
    scenario, plan = load("baseline"), Plan(N, 1, 400)
    folders = {}
    for name, most, as_parquet in (("csv", N, False), ("one", N, True), ("chunks", 40, True)):
        folders[name] = tmp_path / name
        with run_into(folders[name], scenario, plan, as_text=markdown, most=most, as_parquet=as_parquet):
            pass
    assert sorted(file.name for file in tmp_path.iterdir()) == ["chunks", "csv", "one"]
    theirs = Run.read(folders["csv"])
    for name in ("one", "chunks"):
        assert (folders[name] / "outcomes.parquet").is_file()
        assert not (folders[name] / "outcomes.csv").exists()
        ours = Run.read(folders[name])
        for mine, other in ((ours.outcomes, theirs.outcomes), (ours.drawn, theirs.drawn)):
            assert list(mine) == list(other)
            for column, values in other.items():
                np.testing.assert_array_equal(mine[column], values, err_msg=column)


def test_a_missing_library_is_said_before_anything_is_run(load, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    monkeypatch.delattr("pyarrow.parquet", raising=False)
    with (
        pytest.raises(MissingExtra, match=r"pip install 'parley\[parquet\]'"),
        run_into(tmp_path / "run", load("baseline"), Plan(9, 1, 9), as_text=markdown, as_parquet=True),
    ):
        pass
    assert not list(tmp_path.iterdir())


# Interruptions


def test_finished_chunks_are_taken_up_and_damaged_ones_made_again(load, tmp_path: Path, monkeypatch) -> None:
    scenario, plan, folder = load("baseline"), Plan(N, 1, DAYS), tmp_path / "run"
    with run_into(tmp_path / "whole", scenario, plan, as_text=markdown, most=20):
        pass
    parts = Parts.of(folder, about(scenario, plan, 20), False)
    run_in_chunks(scenario, plan, parts, most=20)
    names = sorted(file.name for file in parts.folder.glob("chunk-*"))
    assert len(names) == 8
    (parts.folder / names[2]).unlink()
    flip(parts.folder / names[4], random.Random(1))
    truncate(parts.folder / names[6])
    ran, notes, work = [], [], chunks.keep_chunk
    monkeypatch.setattr(chunks, "keep_chunk", lambda chunk: ran.append(chunk.name) or work(chunk))
    with run_into(folder, scenario, plan, as_text=markdown, most=20, note=notes.append):
        pass
    assert ran == [names[2], names[4], names[6]]
    assert [names[4] in notes[0], names[6] in notes[1], "5 of 8 chunks were there" in notes[2]] == [True] * 3
    assert digests(folder) == digests(tmp_path / "whole")
    assert not parts.folder.exists()


def flip(file: Path, luck: random.Random) -> None:
    data = bytearray(file.read_bytes())
    data[luck.randrange(len(data))] ^= 1 << luck.randrange(8)
    file.write_bytes(data)


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def test_a_chunk_damaged_after_it_was_looked_at_is_made_again(load, tmp_path: Path) -> None:
    scenario, plan, folder = load("baseline"), Plan(N, 1, DAYS), tmp_path / "run"
    notes: list[str] = []

    def damage(done: int) -> None:
        # All are there: between the last one and putting them together.
        if done == N:
            flip(next(iter((tmp_path / "run.unfinished").glob("chunk-*"))), random.Random(2))

    with run_into(folder, scenario, plan, as_text=markdown, most=40, progress=damage, note=notes.append):
        pass
    with run_into(tmp_path / "whole", scenario, plan, as_text=markdown, most=40):
        pass
    assert len(notes) == 1
    assert "is damaged and is made again" in notes[0]
    assert digests(folder) == digests(tmp_path / "whole")


def test_whoever_is_killed_while_removing_parts_leaves_what_they_are_about(load, tmp_path: Path, monkeypatch) -> None:
    scenario, plan = load("baseline"), Plan(N, 1, DAYS)
    what = about(scenario, plan, 40)
    parts = Parts.of(tmp_path / "run", what, False)
    run_in_chunks(scenario, plan, parts, most=40)
    left, unlink = [3], os.unlink

    def killed(file: Path) -> None:
        left[0] -= file.name.startswith("chunk")
        if left[0] < 0:
            raise OSError("killed")
        unlink(file)

    monkeypatch.setattr(os, "unlink", killed)
    parts.remove()
    monkeypatch.undo()
    assert len(list(parts.folder.iterdir())) > 1
    again = Parts.of(tmp_path / "run", what, False)
    assert 0 < run_in_chunks(scenario, plan, again, most=40).kept < 4
    again.remove()
    assert not parts.folder.exists()


def test_a_folder_of_the_users_own_is_left_alone(load, tmp_path: Path) -> None:
    scenario, plan = load("baseline"), Plan(N, 1, DAYS)
    mine = tmp_path / "run.unfinished/mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    for force in (False, True):
        with run_into(tmp_path / "run", scenario, plan, as_text=markdown, most=80, force=force):
            assert (tmp_path / "run.unfinished-2").is_dir()
        assert sorted(file.name for file in tmp_path.iterdir()) == ["run", "run.unfinished"]
    assert mine.read_text() == "mine"


def test_chunks_of_another_run_stay_when_results_are_there_already(load, tmp_path: Path) -> None:
    scenario, plan, folder = load("baseline"), Plan(N, 1, DAYS), tmp_path / "run"
    with run_into(folder, scenario, plan, as_text=markdown, most=80):
        pass
    whole = digests(folder)
    for seed, stays in ((2, True), (1, False)):
        other = Plan(N, seed, DAYS)
        parts = Parts.of(folder, about(scenario, other, 80), True)
        run_in_chunks(scenario, other, parts, most=80)
        die(parts)
        if stays:
            with pytest.raises(StoreError, match=r"is there already \(seed 1 and not 2\)"):
                place_of_run(folder, scenario, other, most=80)
        else:
            with run_into(folder, scenario, other, as_text=markdown, most=80):
                pass
        assert parts.folder.exists() == stays
    assert digests(folder) == whole


def die(parts: Parts) -> None:
    """Give the lock back, as the system does when its process ends."""
    _HELD.pop(parts.folder).close()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"replications": N + 1}, "replications 160 and not 161"),
        ({"seed": 2}, "seed 1 and not 2"),
        ({"days": DAYS - 1}, "days 58"),
    ],
)
def test_chunks_of_another_run_are_refused(load, tmp_path: Path, other: dict[str, int], words: str) -> None:
    scenario, plan = load("baseline"), Plan(N, 1, DAYS)
    parts = Parts.of(tmp_path / "run", about(scenario, plan, 80), False)
    run_in_chunks(scenario, plan, parts, most=80)
    die(parts)
    changed = Plan(**{"replications": N, "seed": 1, "days": DAYS, **other})
    with (
        pytest.raises(StoreError, match=f"parts of something else: .*{words}"),
        run_into(tmp_path / "run", scenario, changed, as_text=markdown, most=80),
    ):
        pass


def asked(out: Path, *arguments: object) -> list[str]:
    ask = ("run", "baseline", "--months", 1, "--replications", 240, "--chunk", 20, "--out", out / "baseline", *arguments)
    return [str(word) for word in ask]


def command(out: Path, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "sim", *asked(out, *arguments)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, str]:
    """Return the results of the command when nothing disturbs it."""
    out = tmp_path_factory.mktemp("whole")
    subprocess.run(command(out), cwd=ROOT, check=True, capture_output=True)
    return digests(out / "baseline")


def crash_loop(out: Path, whole: dict[str, str], rounds: int, seed: int) -> dict[str, int]:
    """Kill the command again and again, damage what it has finished, and hold it to the results of an undisturbed one."""
    luck = random.Random(seed)
    seen = {"killed": 0, "finished": 0, "wrong": 0, "lost": 0, "stray": 0, "damaged": 0}
    out.mkdir()
    parts = out / "baseline.unfinished"
    hurt: dict[str, bytes] = {}
    while seen["killed"] < rounds or not seen["finished"]:
        before = parts_in(parts, "chunk-*")
        # After the last round it may end.
        moment = luck.randrange(5) if seen["killed"] < rounds else NEVER
        process = begun(asked(out, "--workers", luck.choice((1, 2, 3))), moment, signal.SIGKILL)
        _, text = process.communicate()
        if process.returncode == -signal.SIGKILL:
            seen["killed"] += 1
            after = parts_in(parts, "chunk-*")
            sound = {name: content for name, content in before.items() if content != hurt.get(name)}
            seen["lost"] += sum(after.get(name) != content for name, content in sound.items())
            if after and seen["killed"] % 2:
                seen["damaged"] += 1
                name = luck.choice(sorted(after))
                luck.choice((lambda file: flip(file, luck), truncate))(parts / name)
                hurt[name] = (parts / name).read_bytes()
            continue
        assert process.returncode == 0, text
        seen["finished"] += 1
        seen["wrong"] += digests(out / "baseline") != whole
        seen["stray"] += sorted(file.name for file in out.iterdir()) != ["baseline"]
        shutil.rmtree(out / "baseline")
    return seen


def test_a_killed_run_goes_on_and_ends_as_if_nothing_had_happened(whole, tmp_path: Path) -> None:
    seen = crash_loop(tmp_path / "out", whole, 5, seed=1)
    print(seen)
    assert (seen["wrong"], seen["lost"], seen["stray"]) == (0, 0, 0)
    assert seen["damaged"] > 0
    assert seen["finished"] > 0


@pytest.mark.long
def test_many_crashes(whole, tmp_path: Path) -> None:
    seen = crash_loop(tmp_path / "out", whole, 200, seed=2)
    print(seen)
    assert (seen["wrong"], seen["lost"], seen["stray"]) == (0, 0, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_stops_cleanly_and_says_how_to_go_on(whole, tmp_path: Path, workers: int, number: int) -> None:
    ask = asked(tmp_path, "--workers", workers)
    process = begun(ask, 3, number)
    _, told = process.communicate()
    assert process.returncode == 130, told
    # So short a run ends before some of what its scenario dates, which is noted.
    assert [line for line in told.splitlines() if not line.startswith("note: ")] == [
        "stopping... (once more: at once)",
        "stopped: what is finished is kept, and the same command goes on with it",
    ]
    done = subprocess.run([sys.executable, "-m", "sim", *ask], cwd=ROOT, check=True, capture_output=True, text=True)
    assert "chunks were there already" in done.stderr
    assert digests(tmp_path / "baseline") == whole


def test_two_commands_do_not_work_in_one_folder(whole, tmp_path: Path) -> None:
    first = begun(asked(tmp_path), 2, signal.SIGSTOP)
    _, status = os.waitpid(first.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    try:
        second = subprocess.run(command(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False)
    finally:
        first.send_signal(signal.SIGCONT)
    assert second.returncode == 3
    assert "another command is at work in" in second.stderr
    _, told = first.communicate()
    assert first.returncode == 0, told
    assert digests(tmp_path / "baseline") == whole
    assert [file.name for file in tmp_path.iterdir()] == ["baseline"]


# What a machine does


def test_a_full_disk_is_said_and_loses_nothing(whole, tmp_path: Path) -> None:
    """Files may not become large: chunks can be kept, and the table of all of them cannot."""
    limit = 300_000
    done = subprocess.run(
        command(tmp_path, "--workers", 1), cwd=ROOT, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "File too large" in done.stderr
    assert "the same command goes on" in done.stderr
    assert len(list((tmp_path / "baseline.unfinished").glob("chunk-*"))) == 12
    again = subprocess.run(command(tmp_path), cwd=ROOT, check=True, capture_output=True, text=True)
    assert "12 of 12 chunks were there already" in again.stderr
    assert digests(tmp_path / "baseline") == whole


def test_a_dead_worker_is_said_and_loses_nothing(load, tmp_path: Path) -> None:
    scenario, plan = load("baseline"), Plan(N, 1, DAYS)
    parts = Parts.of(tmp_path / "run", about(scenario, plan, 20), False)

    killed: list[int] = []

    def kill(done: int) -> None:
        if done and not killed:
            assert isinstance(pool.does, Processes)
            killed.append(pool.does.pids[0])
            os.kill(killed[0], signal.SIGKILL)

    with pytest.raises(WorkerError, match="worker process died"), pool_of(2) as pool:
        run_in_chunks(scenario, plan, parts, pool, most=20, progress=kill)
    kept = len(list(parts.folder.glob("chunk-*")))
    assert kept > 0
    assert run_in_chunks(scenario, plan, parts, most=20).kept == kept


def test_an_unreachable_cluster_is_said() -> None:
    with (
        pytest.raises(WorkerError, match=r"cannot reach the cluster 'tcp://127\.0\.0\.1:9'"),
        pool_of(1, "tcp://127.0.0.1:9", 0.3),
    ):
        pass
