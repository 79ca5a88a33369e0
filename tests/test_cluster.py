"""Clusters: workers say what they make results with before they get work, and a scheduler that is gone is one line."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim.ensemble.cluster import _as_here, cluster_of
from sim.ensemble.origin import differences, origin
from sim.ensemble.processes import WorkerError
from sim.ensemble.workers import pool_of, shared
from sim.results.manifest import made_with

Start = Callable[..., subprocess.Popen[bytes]]


def test_what_makes_results_is_what_the_manifest_says() -> None:
    names = [name for name, _ in origin()]
    assert names == ["parley", "python", "numpy", "scipy", "machine", "instructions"]
    assert made_with().model_dump() == {name: value for name, value in origin() if name != "parley"}
    assert differences(origin(), origin()) == ""


@pytest.mark.parametrize("name", [name for name, _ in origin()])
def test_a_task_is_not_done_where_other_bytes_would_come_out(name: str) -> None:
    asked_by = tuple((one, "0.0" if one == name else value) for one, value in origin())
    with pytest.raises(WorkerError, match=rf"^a worker of the cluster has {name} .+ instead of 0\.0: it would make other"):
        _as_here(asked_by, len, "abc")
    assert _as_here(origin(), len, "abc") == 3


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *map(str, arguments), "--host", "127.0.0.1", "--no-dashboard"]
        with (tmp_path / f"{len(started)}.log").open("wb") as log:
            started.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def until(ready: Callable[[], bool]) -> None:
    """Wait for other processes, however busy the machine is."""
    for _ in range(1_200):
        if ready():
            return
        time.sleep(0.1)
    raise AssertionError("it has not come in two minutes")


def workers_at(address: str) -> int:
    from distributed import Client

    with Client(address, timeout=120) as client:
        return len(client.ncores())


def test_workers_that_differ_get_no_work_and_a_lost_scheduler_is_one_line(dask: Start, tmp_path: Path) -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    scheduler = dask("scheduler", "--port", address.rpartition(":")[2])
    worker = ("worker", address, "--nthreads", 1, "--no-nanny")
    dask(*worker)
    until(lambda: workers_at(address) == 1)
    with pool_of(1, address, 60) as pool:
        assert sorted(shared(len, ["a", "bb", "ccc"], pool)) == [(0, 1), (1, 2), (2, 3)]
        (tmp_path / "older.py").write_text("import scipy\nscipy.__version__ = '0.1'\n")
        older = dask(*worker, "--preload", tmp_path / "older.py")
        until(lambda: workers_at(address) == 2)
        # It came later than it was asked what it is.
        with pytest.raises(WorkerError, match=r"^a worker of the cluster has scipy 0\.1 instead of"):
            list(shared(time.sleep, [0.2] * 40, pool))
        with pytest.raises(WorkerError, match=r"^the worker tcp://.+ has scipy 0\.1 instead of"), pool_of(1, address, 60):
            pass
        older.kill()
        until(lambda: workers_at(address) == 1)
        with pytest.raises(WorkerError, match=r"^the scheduler of the cluster 'tcp://.+' is gone"):
            [scheduler.kill() for _ in shared(time.sleep, [0.2] * 40, pool)]


@pytest.mark.parametrize(("news", "reached"), [(1, True), (2, True), (1000, False)])
def test_a_greeting_that_comes_with_other_news_is_asked_for_again(monkeypatch, news: int, reached: bool) -> None:
    class Client:
        """As that of Dask, which meets news where it expects the greeting alone."""

        asked = 0

        def __init__(self, *_: object, **__: object) -> None:
            Client.asked += 1
            assert Client.asked > news

        def ncores(self) -> dict[str, int]:
            return {"a worker": 3}

        def run(self, *_: object, **__: object) -> dict[str, object]:
            return {}

        def get_executor(self, **_: object) -> None:
            return None

        def close(self) -> None:
            pass

    monkeypatch.setattr("distributed.Client", Client)
    if reached:
        with cluster_of(1, "tcp://127.0.0.1:1", 1.0) as found:
            assert (found.size, Client.asked) == (3, news + 1)
    else:
        with (
            pytest.raises(WorkerError, match=r"cannot reach the cluster .*greeting"),
            cluster_of(1, "tcp://127.0.0.1:1", 1.0),
        ):
            pass
