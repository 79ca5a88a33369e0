"""Targets of a scenario as a table for the terminal."""

from sim.results.targets import Checked
from sim.words.layout import Column, Table
from sim.words.numbers import in_full

DIGITS = 3


def target_table(checked: list[Checked]) -> Table:
    """Return the table of targets."""
    rows = []
    for one in checked:
        want = one.expectation
        verdict = "met" if one.met else "NOT MET" if one.value is not None else _why_undefined(one)
        value = "-" if one.value is None else in_full(one.value, DIGITS)
        bounds = f"{in_full(want.low, DIGITS)} .. {in_full(want.high, DIGITS)}"
        rows.append([f"{want.id} ({want.statistic})", value, bounds, f"{one.share:.1%}", verdict])
    heads = (Column("target", wraps=True), Column("value"), Column("from .. to"), Column("defined in", spare=1))
    return Table([*heads, Column("", wraps=True)], rows)


def _why_undefined(one: Checked) -> str:
    want = one.expectation
    if not one.share:
        return f"NOT MET: {want.outcome} is not defined in any history"
    return f"NOT MET: the mean of {want.of} is 0, or it is not defined in any history"
