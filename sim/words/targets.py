"""Targets of a scenario as a table for the terminal."""

from sim.results.targets import Checked
from sim.words.numbers import in_full

DIGITS = 3


def target_lines(checked: list[Checked]) -> list[str]:
    """Return the table of targets as lines of text."""
    names = [f"{one.expectation.id} ({one.expectation.statistic})" for one in checked]
    width = max((len(name) for name in names), default=0)
    lines = [f" {'target':<{width}} {'value':>10} {'from':>10} .. {'to':<10} defined in"]
    for name, one in zip(names, checked, strict=True):
        want = one.expectation
        verdict = "met" if one.met else "NOT MET" if one.value is not None else _why_undefined(one)
        bounds = f"{in_full(want.low, DIGITS):>10} .. {in_full(want.high, DIGITS):<10}"
        value = "-" if one.value is None else in_full(one.value, DIGITS)
        lines.append(f" {name:<{width}} {value:>10} {bounds} {one.share:>10.1%}  {verdict}")
    return lines


def _why_undefined(one: Checked) -> str:
    want = one.expectation
    if not one.share:
        return f"NOT MET: {want.outcome} is not defined in any history"
    return f"NOT MET: the mean of {want.of} is 0, or it is not defined in any history"
