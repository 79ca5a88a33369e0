"""How long a page takes beside the run that it is about: `pytest -m benchmark -s tests/benchmarks`."""

import time

import pytest

import sim
from sim.report.html import html
from sim.report.make import page_of

pytestmark = pytest.mark.benchmark


def test_a_page_takes_no_longer_than_its_run(tmp_path):
    # Matplotlib and its fonts are loaded once, and not counted.
    sim.run("no_talks", replications=10, months=1, out=tmp_path / "first")
    html(page_of([tmp_path / "first"]))
    times = []
    for place in range(3):
        start = time.perf_counter()
        sim.run("baseline", replications=2000, out=tmp_path / str(place))
        middle = time.perf_counter()
        size = len(html(page_of([tmp_path / str(place)])))
        times.append((middle - start, time.perf_counter() - middle))
    run, page = (min(part) for part in zip(*times, strict=True))
    print(f"run of 2,000: {run:.2f} s; its page: {page:.2f} s, {size / 1e6:.2f} MB; ratio {page / run:.2f}")
    assert page < run
