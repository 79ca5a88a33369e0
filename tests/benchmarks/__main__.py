"""Measure, and write the table `README.md` beside this: `python -m tests.benchmarks`. It takes a quarter of an hour."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from sim.ensemble.run import BATCH
from sim.ensemble.workers import cores
from tests.benchmarks import speed
from tests.benchmarks.growth import GROWTHS, MOST_EXPONENT, OBLIGATIONS, grown

TABLE = Path(__file__).with_name("README.md")
OPENING = f"""# Speed

Written by `python -m tests.benchmarks`, on a machine with {cores()} cores on which other work may have been under way. A
time of a processor is the least of a few; figures beside one another were measured in one run, in turn. What is held to
limits is in `test_speed.py` and `test_growth.py` (`python -m pytest -m benchmark -s tests/benchmarks`), which use the same
measures.
"""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows))


def of_speed() -> Iterator[str]:
    yield "## A replication-day"
    yield (
        f"Of the baseline over {speed.DAYS} days. The calibration loop (`clock.py`) is a fixed piece of NumPy arithmetic on "
        "arrays of the same size; the plain reference (`tests/reference`) runs one history, without drawing or recording."
    )
    rows = [
        (f"{one.n:,}", f"{one.nanoseconds:,.0f}", f"{one.calibrations:.2f}", f"{one.reference:,.0f} times as fast")
        for one in speed.speeds()
    ]
    yield table(("histories in a batch", "ns of a processor", "calibration loops", "beside the plain reference"), rows)
    yield (
        f"With its invariants checked a run takes {speed.of_invariants():.2f} times as long as without. The whole model "
        f"takes {speed.of_negotiation():.2f} times as long as the war alone."
    )
    yield "## Cost by part"
    yield f"Of a batch of {BATCH:,}. Draws are made inside the other parts, and counted in them too."
    yield table(("part", "share"), [(name, f"{share:.1%}") for name, share in speed.parts().items() if share >= 0.001])


def of_growth() -> Iterator[str]:
    yield "## Growth"
    yield (
        "The exponent is the slope of log(cost above that of the smallest size) against log(size above the smallest), by "
        "least squares over the three largest sizes at which a tenth of the smallest cost or more is added: 1 is in step, "
        f"more is faster than what it is of, and no more than {MOST_EXPONENT} is allowed. Costs are multiples of that of "
        "the smallest size."
    )
    rows = []
    for one in [*GROWTHS.values(), OBLIGATIONS]:
        found = grown(one)
        fixed = found.seconds[min(found.seconds)]
        costs = ", ".join(f"{size:,}: {cost / fixed:.2f}" for size, cost in found.seconds.items())
        rows.append(
            (found.what, costs, "too little to see" if found.exponent != found.exponent else f"{found.exponent:.2f}")
        )
    yield table(("of what", "cost", "exponent"), rows)
    yield (
        "A belief about a ceasefire weighs every set of obligations that may be broken, so that the work for it doubles "
        "with each; a regime has four at most."
    )


def of_commands() -> Iterator[str]:
    yield "## Commands, pairs, workers"
    with tempfile.TemporaryDirectory() as name:
        rows = [("`python -c` with the libraries", speed.of_process("-c", speed.LIBRARIES))]
        rows.append(("`parley --help`", speed.of_process("-m", "sim", "--help")))
        for count, rounds in ((1, 3), (1_000, 2), (10_000, 1)):
            rows.append((f"`parley run baseline`, {count:,} histories", speed.command(count, Path(name), rounds)))
        for count, rounds in ((256, 3), (1_000, 2)):
            rows.append((f"{count:,} pairs of 36 months with one knob changed, warm", speed.pairs(count, rounds)))
        run, page, size = speed.page_and_run(Path(name), rounds=2)
        rows += [("run of 2,000 histories with its folder, warm", run), (f"page of it, {size / 1e6:.2f} MB", page)]
    yield table(
        ("what", "seconds of a processor", "seconds on the wall"),
        [(what, f"{took.processor:.2f}", f"{took.wall:.2f}") for what, took in rows],
    )
    seconds, megabytes = speed.ten_thousand()
    yield f"10,000 histories in one process and in memory: {seconds:.1f} s of a processor, {megabytes:,.0f} MB at most."
    workers = speed.of_two_workers(rounds=1)
    yield (
        f"10,000 histories with one worker {workers[1]:.1f} s on the wall, with two {workers[2]:.1f} s: "
        f"{workers[1] / workers[2]:.2f} times as fast."
    )


def main() -> None:
    parts = [OPENING.strip()]
    for section in (of_speed, of_growth, of_commands):
        for part in section():
            print(part, end="\n\n", flush=True)
            parts.append(part)
    TABLE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
