"""Studies of sensitivity as text for the terminal."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from sim.results.pairs import Difference
from sim.studies.condition import is_share
from sim.studies.one_at_a_time import MindChanging, Variant
from sim.studies.sensitivity import Sensitivity
from sim.studies.sobol import Sobol

# judgement: an index that is known no better than this hardly tells a half from nothing.
WIDE = 0.2


def given_lines(found: Sequence[Sensitivity], labels: dict[str, str], top: int) -> Iterator[str]:
    """Yield, of each outcome, the `top` parameters that drive it, as found from given data."""
    for one in found:
        yield f"{labels.get(one.outcome, one.outcome)} ({one.outcome}), {one.histories:,} histories"
        shown = [index for index in one.indices if index.low > 0][:top]
        if shown:
            yield "  share of variance (95 %)   rank correlation  parameter"
        for index in shown:
            share = f"{index.first_order:.1%} ({100 * index.low:.1f} .. {100 * index.high:.1f})"
            yield f"  {share:>24}   {index.rank_correlation:>+16.2f}  {index.parameter}"
        if not shown:
            yield "  no parameter was found to drive it alone"
        share = f"{max(0.0, one.together):.1%} ({100 * one.together_low:.1f} .. {100 * one.together_high:.1f})"
        yield f"  {share:>24}   by all parameters, each alone; the rest is luck, and what parameters do together"
        yield ""


# The narrowest column, so that headings are of few lines.
WIDTH = 14


def one_at_a_time_lines(found: MindChanging, labels: dict[str, str], top: int) -> Iterator[str]:
    """Yield the table of the `top` assumptions that move the outcomes most, each taken alone."""
    shown = found.assumptions[:top]
    columns = []
    for name, values in found.outcomes.items():
        changes = [effect.differences[name] for one in shown for effect in one.effects]
        largest = max((abs(change.mean) for change in changes if change is not None), default=0.0)
        scale, unit = (100.0, " (points)") if is_share(values) else (0.001, " (thousand)") if largest >= 1e5 else (1.0, "")
        cells = [_cell(change, scale) for change in changes]
        head = wrap(labels.get(name, name) + unit, WIDTH)
        columns.append((head, cells, max(map(len, (*head, *cells))) + 2))
    path = max(len(one.path) for one in shown) + 2
    value = max(len(_short(effect.variant)) for one in shown for effect in one.effects) + 2
    height = max(len(head) for head, _, _ in columns)
    for line in range(height):
        left = f"    {'assumption':<{path}}{'at':>{value}}" if line == height - 1 else " " * (4 + path + value)
        texts = [(["" for _ in range(height - len(head))] + head)[line] for head, _, _ in columns]
        yield left + "".join(f"{text:>{width}}" for text, (_, _, width) in zip(texts, columns, strict=True))
    at = 0
    for rank, one in enumerate(shown, 1):
        for place, effect in enumerate(one.effects):
            left = f"{rank:>2}. {one.path:<{path}}" if place == 0 else " " * (4 + path)
            yield (
                left + f"{_short(effect.variant):>{value}}" + "".join(f"{cells[at]:>{width}}" for _, cells, width in columns)
            )
            at += 1
    yield ""
    yield "A dot: no difference found. The order is that of the mean over these outcomes of the largest difference found, in"
    yield "standard deviations between histories. To run one of them: parley run SCENARIO --set PATH=VALUE"
    for what, reason in found.untried.items():
        yield f"Not tried: {what} ({reason})"
    yield ""


def _short(variant: Variant) -> str:
    return (
        variant.value
        if variant.number is None
        else f"{variant.number:.4g}"
        if variant.number < 1e4
        else f"{variant.number:,.0f}"
    )


def _cell(change: Difference | None, scale: float) -> str:
    if change is None or not change.found:
        return "."
    half = scale * (change.high - change.low) / 2
    digits = 1 if half < 10 else 0
    return f"{scale * change.mean:+,.{digits}f} ±{half:,.{digits}f}"


def sobol_lines(found: Sequence[Sobol], labels: dict[str, str], top: int) -> Iterator[str]:
    """Yield, of each outcome, the `top` factors that drive it, as found by a designed ensemble."""
    for one in found:
        yield f"{labels.get(one.outcome, one.outcome)} ({one.outcome})"
        seen = [index for index in one.indices if index.total > index.total_error > 0]
        yield "     alone (95 %)    with all interplay  factor"
        for index in seen[:top]:
            alone = f"{index.first_order:.2f} ±{index.first_order_error:.2f}"
            total = f"{index.total:.2f} ±{index.total_error:.2f}"
            yield f"  {alone:>15}  {total:>20}  {index.factor}"
        more = f"; {len(seen) - top} more are in the table" if len(seen) > top else ""
        yield f"  {len(one.indices) - len(seen)} of {len(one.indices)} factors cannot be told from none{more}"
        if max(index.total_error for index in one.indices) > WIDE:
            yield "  The intervals are wide: take more rows, as twice as many."
        yield ""


def left_out_lines(reasons: dict[str, str]) -> list[str]:
    """Return a line for each outcome that was not asked for, and of which nothing can be said."""
    return [f"Left out: {name} {reason}." for name, reason in reasons.items()]
