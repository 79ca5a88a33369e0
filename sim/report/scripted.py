"""What scenarios write at a date, on axes over time: a dotted rule for each, with its name above the uppermost axes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.engine.calendar import Calendar
from sim.model.dated import dated
from sim.report.axes import dates_of
from sim.report.parts import shortened
from sim.report.style import FAINT, INK, SERIES, Paper
from sim.results.runs import Run
from sim.words.findings.run import listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS = (0, (1, 2))
# Rows of names above axes, and how long the name of one may be.
MOST_ROWS, MOST_LETTERS = 3, 30
# How many are named below a figure.
MOST_NAMED = 12
# Of the letters of a figure; those of names are smaller.
_SIZE = 0.84
# Points between two of them.
_GAP = 4.0


class Rule(NamedTuple):
    """Something at a date: its name, the colour of the scenario that alone writes it, and the dashes of its rule."""

    date: date
    label: str
    colour: str = INK
    dashes: Any = DOTS


class Flag(NamedTuple):
    """A name above axes, in points from their left.

    Attributes
    ----------
    rules : tuple of Rule
        What it names.
    text : str
    first, last : float
        Where it begins and ends.
    pole : float
        Where its rule is, which goes up to it.
    row : int
        From the axes up.
    """

    rules: tuple[Rule, ...]
    text: str
    first: float
    last: float
    pole: float
    row: int

    def keeps_clear(self, other: Flag) -> bool:
        """Return whether neither it nor its rule, up to its row, goes through another."""
        if self.row == other.row:
            return self.last + _GAP <= other.first or other.last + _GAP <= self.first
        low, high = sorted((self, other), key=lambda flag: flag.row)
        return not low.first - _GAP / 2 < high.pole < low.last + _GAP / 2


def rules_of(runs: Sequence[Run]) -> list[Rule]:
    """Return what the scenarios of runs write at a date within the days of the first."""
    start = runs[0].scenario.world.start_date
    writers: dict[tuple[date, str], list[int]] = {}
    for place, run in enumerate(runs):
        for one in dated(run.scenario, run.days):
            if 0 <= Calendar(start).day_of(one.date) < runs[0].days:
                writers.setdefault((one.date, one.label), []).append(place)
    alone = {key: SERIES[places[0] % len(SERIES)][0] for key, places in writers.items() if len(set(places)) == 1 < len(runs)}
    return [Rule(*key, alone.get(key, INK if len(runs) == 1 else FAINT)) for key in sorted(writers)]


def said_of(runs: Sequence[Run], named: bool = False) -> str:
    """Return what dotted rules are, as the end of what is said of a figure; nothing where there are none.

    In the main figure of a page they are `named`, for a figure may have no room for all names.
    """
    rules = rules_of(runs)
    if not rules:
        return ""
    who = "the scenario writes" if len(runs) == 1 else "the scenarios write"
    apart = any(rule.colour != FAINT for rule in rules) and len(runs) > 1
    how = ", in grey or, what only one of them writes, in the colour of its line" if apart else ""
    told = listed([f"{rule.label} {rule.date.isoformat()}" for rule in rules], MOST_NAMED) if named else ""
    return f" Dotted: what {who} at a date{how}{f' ({told})' if told else ''}."


def draw_rules(
    figure: Figure,
    panels: Sequence[Axes],
    runs: Sequence[Run],
    paper: Paper,
    columns: int = 1,
    happened: Sequence[Rule] = (),
) -> None:
    """Draw a rule at each date in panels over time, with its name above those of the first row; called last.

    Parameters
    ----------
    figure : Figure
    panels : sequence of Axes
        All whose x is a date, row by row.
    runs : sequence of Run
        Whose scenarios say what is dated; the first is that of the axes.
    paper : Paper
    columns : int
        Of panels.
    happened : sequence of Rule
        What else is marked, in the first row alone.
    """
    written = rules_of(runs)
    rules = sorted([*written, *happened], key=lambda rule: rule.date)
    if not rules:
        return
    calendar = Calendar(runs[0].scenario.world.start_date)
    at = {rule.date: float(dates_of(calendar, [calendar.day_of(rule.date)])[0]) for rule in rules}
    for place, axes in enumerate(panels):
        _draw_lines(axes, rules if place < columns else written, at, paper)
    # How wide axes are is known once all that stands beside them is there.
    engine = figure.get_layout_engine()
    assert engine is not None, "figures are laid out"
    engine.execute(figure)
    width, height = (float(size) for size in figure.get_size_inches())
    line, most = 1.2 * _SIZE * paper.font_pt, 0
    for axes in panels[:columns]:
        low, high = axes.get_xlim()
        room = 72 * width * float(axes.get_position().width)
        placed = flags([(rule, room * (at[rule.date] - low) / (high - low)) for rule in rules], room, _SIZE * paper.font_pt)
        for flag in placed:
            _name(axes, flag, at, line, paper)
        rows = max(flag.row for flag in placed) + 1
        most = max(most, rows)
        title = axes.get_title(loc="left")
        if title:
            axes.set_title(title, pad=6 + rows * line)
    figure.set_size_inches(width, height + most * line / 72)


def _draw_lines(axes: Axes, rules: Sequence[Rule], at: dict[date, float], paper: Paper) -> None:
    from matplotlib.collections import LineCollection

    for dashes in dict.fromkeys(rule.dashes for rule in rules):
        colours: dict[date, set[str]] = {}
        for rule in rules:
            if rule.dashes == dashes:
                colours.setdefault(rule.date, set()).add(rule.colour)
        # Not by axvline: the lines of axes are what they show.
        lines = LineCollection(
            [[(at[day], 0.0), (at[day], 1.0)] for day in colours], colors=[_shared(found) for found in colours.values()],
            linewidths=0.1 * paper.font_pt, linestyles=[dashes], zorder=1.9,
        )  # fmt: skip
        lines.set_transform(axes.get_xaxis_transform())
        axes.add_collection(lines, autolim=False)


def _shared(colours: set[str]) -> str:
    """Return the colour of what has these: its own, or that of what several have."""
    return next(iter(colours)) if len(colours) == 1 else FAINT


def _name(axes: Axes, flag: Flag, at: dict[date, float], line: float, paper: Paper) -> None:
    """Write a name above axes, beside its rule, which goes up to it."""
    to_the_left = flag.pole == flag.last
    rule = flag.rules[-1 if to_the_left else 0]
    place: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "annotation_clip": False}
    up = 2 + flag.row * line
    if flag.row:
        pole: dict[str, Any] = {
            "arrowstyle": "-",
            "linestyle": rule.dashes,
            "linewidth": 0.1 * paper.font_pt,
            "color": rule.colour,
        }
        pole |= {"shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (at[rule.date], 1.0), xytext=(0, up), arrowprops=pole, **place)
    axes.annotate(
        flag.text, (at[rule.date], 1.0), xytext=(0.0 if to_the_left else flag.first - flag.pole, up),
        ha="right" if to_the_left else "left", va="bottom", color=_shared({one.colour for one in flag.rules}),
        fontsize=_SIZE * paper.font_pt, **place,
    )  # fmt: skip


def flags(rules: Sequence[tuple[Rule, float]], room: float, size_pt: float) -> list[Flag]:
    """Return names for rules at so many points from the left, none over another; those for which there is no room are one.

    Parameters
    ----------
    rules : sequence of (Rule, points)
        By date.
    room : float
        How wide the axes are, in points.
    size_pt : float
        Of the letters.
    """
    groups = [[one] for one in rules]
    while True:
        # Rules nearer than a letter are seen as one.
        close = next((n for n in range(len(groups) - 1) if groups[n + 1][0][1] - groups[n][-1][1] < size_pt), None)
        if close is None:
            placed, close = _placed(groups, room, size_pt)
            if close is None:
                return placed
        groups[close : close + 2] = [groups[close] + groups[close + 1]]


def _placed(groups: Sequence[list[tuple[Rule, float]]], room: float, size_pt: float) -> tuple[list[Flag], int | None]:
    """Return where the names of groups of rules stand; or the first of two groups that are to be one."""
    found: list[Flag] = []
    # From the right: a name stands to the right of its rule, which goes up to it left of all names of later ones.
    for n in range(len(groups) - 1, -1, -1):
        rules = tuple(rule for rule, _ in groups[n])
        spots = _spots(rules, groups[n][0][1], groups[n][-1][1], room, size_pt)
        flag = next((one for one in spots if all(one.keeps_clear(other) for other in found)), None)
        if flag is None:
            gaps = {k: groups[k + 1][0][1] - groups[k][-1][1] for k in (n - 1, n) if 0 <= k < len(groups) - 1}
            return [], min(gaps, key=lambda k: gaps[k])
        found.append(flag)
    return found[::-1], None


def _spots(rules: tuple[Rule, ...], left: float, right: float, room: float, size_pt: float) -> Iterator[Flag]:
    """Yield where the name of rules between two points may stand, the best place first."""
    for text in _told(rules, room, size_pt):
        wide = width_of(text, size_pt)
        sides = [(left, left + wide, left)] if left + wide <= room else []
        sides += [(right - wide, right, right)] if right >= wide else []
        for row in range(MOST_ROWS):
            for first, last, pole in sides:
                yield Flag(rules, text, first, last, pole, row)
        if not sides:
            # Over its rule where there is room on neither side.
            yield Flag(rules, text, max(0.0, room - wide), max(wide, room), left, 0)


def _told(rules: Sequence[Rule], room: float, size_pt: float) -> Iterator[str]:
    """Yield what rules can be called together: by their names, where two at most fit, or by how many they are."""
    names = list(dict.fromkeys(rule.label for rule in rules))
    if len(names) == 1:
        letters = MOST_LETTERS
        while letters > 8 and width_of(shortened(names[0], letters), size_pt) > 0.7 * room:
            letters -= 1
        yield shortened(names[0], letters)
        return
    both = ", ".join(shortened(name, MOST_LETTERS) for name in names)
    if len(names) == 2 and width_of(both, size_pt) <= 0.9 * room:
        yield both
    yield f"{len(rules)} {'dated parts' if all(rule.dashes == DOTS for rule in rules) else 'events'}"


def width_of(text: str, size_pt: float) -> float:
    """Return how wide a line of text is in points, rather too much than too little."""
    wide = {letter: unicodedata.east_asian_width(letter) in "WF" for letter in set(text)}
    return size_pt * sum(1.05 if wide[letter] else 0.8 if letter.isupper() else 0.6 for letter in text)
