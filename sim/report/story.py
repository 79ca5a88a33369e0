"""Pictures of one history: its course with what happened, and what both sides bargained over at chosen dates."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.engine.calendar import DAYS_PER_MONTH
from sim.engine.draws import Floats
from sim.engine.recorder import Event
from sim.model import EVENT_KINDS
from sim.model.parameters import SIDES
from sim.report.axes import date_on, dates_of, number_axis, time_axis
from sim.report.kept import Kept, Story
from sim.report.parts import CannotDraw, Picture, Piece, Table, Value, slug, wrapped
from sim.report.scripted import Rule, draw_rules, said_of
from sim.report.style import CEASEFIRE, FAINT, MARK, SIDE_COLOURS, SIDE_DASHES, WAR, Paper
from sim.results.history import Packages, reviews
from sim.results.ledger import questions_of
from sim.results.summary import ENDING_LABELS
from sim.words.history import happenings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UNTOLD = tuple(name for name, kind in EVENT_KINDS.items() if not kind.drawn)


def story_pictures(kept: Kept, story: Story) -> Iterator[Picture]:
    """Yield the pictures of a history."""
    yield timeline(kept, story)
    yield from bargaining(kept, story)


# The course of a history


class Span(NamedTuple):
    """Something that lasted, in a lane of the timeline."""

    lane: str
    first: float
    last: float


def timeline(kept: Kept, story: Story) -> Picture:
    """Return the course of a history: ground held, what lasted when, and what happened."""
    told = list(happenings(story.history, story.replication, UNTOLD))
    rows: list[Sequence[Piece | list[Piece]]] = [[date_on(kept, event.day), sentence] for event, sentence in told]
    ending = str(story.history.outcomes["ending"][0])
    how = ENDING_LABELS[ending].format(**kept.names.sides)
    attacker, dashed = kept.short_names.sides["attacker"], ", dashed what changed the course" if _marks(kept, story) else ""
    says: list[Piece] = [
        f"History {story.replication}: {story.chosen}. At the end: {how}. Above, the area that {attacker} holds{dashed}; "
        f"below, what lasted when.{said_of([kept.run])}"
    ]
    command = f"parley explain RUN --replication {story.replication}"
    table = Table(f"What happened, without monthly pledges ({command} tells more)", ["date", "what happened"], rows)
    draw = partial(_draw_timeline, kept, story, list(_spans(told, kept.run.days)))
    return Picture(
        "timeline", "One history, from its start to its end", says, draw, [table], of=f"history {story.replication}"
    )


def _spans(told: Sequence[tuple[Event, str]], end: int) -> Iterator[Span]:
    """Yield what lasted; what has not ended lasts until the end."""
    since: dict[str, float] = {}
    for event, _ in told:
        kind = EVENT_KINDS[event.kind]
        for lane in kind.ends:
            if lane in since:
                yield Span(lane, since.pop(lane), event.day)
        if kind.lasts:
            yield Span(kind.lasts, event.day, min(end, event.day + float(event.values["days"])))
        if kind.begins:
            since.setdefault(kind.begins, event.day)
    for lane, first in since.items():
        yield Span(lane, first, end)


LANES = ("ceasefire", "talks", "mediation", "offensive", "rout", "mobilization", "aid is cut")
LANE_COLOURS = {"ceasefire": CEASEFIRE, "talks": MARK, "mediation": "#c79a4b", "offensive": SIDE_COLOURS["attacker"],
                "rout": "#7a4a8c", "mobilization": "#b98a7d", "aid is cut": WAR}  # fmt: skip


def _draw_timeline(kept: Kept, story: Story, spans: Sequence[Span], paper: Paper) -> Figure:
    lanes = [lane for lane in LANES if any(span.lane == lane for span in spans)]
    drawing, panels = paper.canvas(
        2.6 + 0.3 * len(lanes), 2 if lanes else 1, parts=[2.0, 0.3 * len(lanes) + 0.1] if lanes else None
    )
    history = story.history
    column = history.series_columns.index(("held_area", ""))
    place = int(np.flatnonzero(history.numbers == story.replication)[0])
    ground = panels[0]
    ground.plot(
        dates_of(kept.calendar, history.series_days), history.series[column][:, place] / 1e3, color=SIDE_COLOURS["attacker"]
    )
    ground.set_ylabel("ground held by\n" + kept.short_names.side("attacker") + "\n(thousand km²)")
    number_axis(ground)
    for span in spans:
        if span.lane == "ceasefire":
            first, last = dates_of(kept.calendar, [span.first, span.last])
            ground.axvspan(first, last, color=CEASEFIRE, alpha=0.12, linewidth=0)
    time_axis(ground, kept.calendar, kept.run.days)
    if lanes:
        below = panels[1]
        ground.tick_params(labelbottom=False)
        for span in spans:
            row = len(lanes) - 1 - lanes.index(span.lane)
            first, last = dates_of(kept.calendar, [span.first, max(span.last, span.first + 0.004 * kept.run.days)])
            below.barh(row, last - first, left=first, height=0.6, color=LANE_COLOURS[span.lane], linewidth=0)
        below.set_yticks([len(lanes) - 1 - place for place in range(len(lanes))])
        below.set_yticklabels(lanes)
        below.set_ylim(-0.6, len(lanes) - 0.4)
        below.tick_params(axis="y", length=0)
        below.spines["left"].set_visible(False)
        below.grid(visible=False)
        time_axis(below, kept.calendar, kept.run.days)
    draw_rules(drawing, panels, [kept.run], paper, happened=_marks(kept, story))
    return drawing


def _marks(kept: Kept, story: Story) -> list[Rule]:
    """Return what changes the course, each with a word."""
    return [
        Rule(kept.calendar.date_of(event.day), EVENT_KINDS[event.kind].mark, FAINT, (0, (3, 3)))
        for event, _ in happenings(story.history, story.replication, UNTOLD)
        if EVENT_KINDS[event.kind].mark
    ]


# The bargain at chosen dates


def bargaining(kept: Kept, story: Story, date: datetime.date | None = None) -> Iterator[Picture]:
    """Yield the bargaining picture at the first review, at one halfway, and at the first signature or the last review.

    Parameters
    ----------
    kept, story
    date : date, optional
        The picture of the last review until this date instead.

    Raises
    ------
    CannotDraw
        When no review was held until the date.
    """
    held = reviews(story.history, story.replication)
    if not held:
        return
    if date is not None:
        until = [event for event in held if kept.calendar.date_of(event.day) <= date]
        if not until:
            raise CannotDraw(f"no review was held until {date}; the first was on {date_on(kept, held[0].day)}")
        yield _picture(kept, story, until[-1], "bargaining")
        return
    month = story.history.outcomes["deal_month"][0]
    before = [event for event in held if event.day < month * DAYS_PER_MONTH] if month == month else held
    before = before or held
    chosen = dict.fromkeys([0, len(before) // 2, len(before) - 1])
    for number, place in enumerate(chosen, start=1):
        yield _picture(kept, story, before[place], f"bargaining-{number}")


def bargaining_beside(kept: Sequence[Kept]) -> Iterator[Picture]:
    """Yield what could be signed in each of several runs at their first review, in the history that is typical of the first.

    At the first review the histories of scenarios on the same luck have had the least time to part.
    """
    number = kept[0].story().replication
    for one in kept:
        story = one.story(min(number, one.run.replications - 1))
        if held := reviews(story.history, story.replication):
            picture = _picture(one, story, held[0], f"bargaining-{slug(one.run.name)}", f"{one.run.name}/")
            yield replace(picture, title=f"{picture.title}: {one.run.called}", of=f"{one.run.called}, {picture.of}")


def _picture(kept: Kept, story: Story, event: Event, name: str, where: str = "") -> Picture:
    """Return what could be signed at a review; `where` stands before what tables of its numbers are called."""
    packages = Packages(event)
    value: Any = event.values
    nearest = int(value["nearest"])
    signed = _signed(story, event.day)
    day, sides = event.day, kept.names.sides
    questions = questions_of(kept.run.scenario)
    assert questions is not None, "packages come from a negotiation"
    codes = questions.packages

    def worth(side: int, package: int) -> Value:
        of = (f"{where}packages", story.replication, day, codes[package], f"worth_{SIDES[side]}")
        return Value.in_unit(float(packages.worth[side, package]), "utility", *of, size=1.0)._replace(
            text=f"{packages.worth[side, package]:.3f}"
        )

    def fighting(side: int) -> Value:
        number = float(packages.fighting_on[side])
        return Value(f"{number:.3f}", number, f"{where}reviews|{story.replication}|{day}|fighting_on_{SIDES[side]}")

    def counted(what: str, count: int) -> Value:
        return Value(f"{count:,}", count, f"{where}packages|{story.replication}|{day}|count|{what}")

    zone, beyond = int(packages.zone.sum()), int(np.isnan(packages.worth[0]).sum())
    says: list[Piece] = [
        f"What every package was worth on {date_on(kept, day)} to both sides. Dashed lines are what fighting on was worth: "
        f"{sides['attacker']} ", fighting(0), f", {sides['defender']} ", fighting(1), ". ", counted("zone", zone), " of ",
        counted("all", len(codes)), " packages lay in the zone of agreement, above and to the right of both.",
    ]  # fmt: skip
    if signed is not None:
        says.append(" A deal was signed.")
    if beyond:
        says += [" ", counted("beyond", beyond), " are forbidden or lie beyond a hard red line and are not drawn."]
    points: list[tuple[str, int]] = [("signed", signed)] if signed is not None else []
    points += [("nearest to agreement", nearest)] if nearest >= 0 else []
    frontier = np.flatnonzero(packages.frontier)
    points += [("on the frontier", int(place)) for place in frontier[np.argsort(-packages.worth[0, frontier])]]
    named = _named_points(packages, nearest, signed)

    def told(kind: str, place: int) -> tuple[str, str]:
        return f"{named.index(place) + 1}: {kind}" if place in named else kind, kept.names.package(place)

    rows: list[Sequence[Piece | list[Piece]]] = [["fighting on", "", fighting(0), fighting(1)]]
    rows += [
        [*told(kind, place), worth(0, place), worth(1, place)]
        for kind, place in points
        if not np.isnan(packages.worth[0, place])
    ]
    caption = (
        f"Utility on {date_on(kept, day)} (all packages: parley explain RUN --replication {story.replication} --packages)"
    )
    table = Table(caption, ["", "package", *sides.values()], rows)
    title = f"What could be signed on {date_on(kept, day)}"
    draw = partial(_draw_plane, kept, packages, nearest, signed)
    of = f"history {story.replication}, {date_on(kept, day)}"
    return Picture(name, title, says, draw, [table], of=of)


def _named_points(packages: Packages, nearest: int, signed: int | None) -> list[int]:
    """Return the packages that are named in a figure: what was signed, the nearest, the frontier's best for each."""
    frontier = np.flatnonzero(packages.frontier)
    found = [signed, nearest if nearest >= 0 else None]
    found += [int(frontier[np.argmax(packages.worth[side, frontier])]) for side in range(2) if len(frontier)]
    return list(dict.fromkeys(one for one in found if one is not None and not np.isnan(packages.worth[0, one])))


def _signed(story: Story, day: int) -> int | None:
    """Return the package that was signed on a day."""
    for event, _ in happenings(story.history, story.replication, UNTOLD):
        if event.kind == "deal signed" and event.day == day:
            return int(event.values["package"])
    return None


def _draw_plane(kept: Kept, packages: Packages, nearest: int, signed: int | None, paper: Paper) -> Figure:
    named = _named_points(packages, nearest, signed)
    told = [wrapped(f"{at}: {kept.names.package(one)}", int(paper.letters / 0.9), 3) for at, one in enumerate(named, 1)]
    lines = sum(text.count("\n") + 1 for text in told)
    figure, (axes, below) = paper.canvas(4.2 + 0.23 * lines, 2, parts=[4.2, 0.23 * lines or 0.01])
    below.axis("off")
    for at, text in enumerate(told):
        above = sum(one.count("\n") + 1 for one in told[:at])
        below.annotate(text, (-0.12, 1 - above / lines), xycoords="axes fraction", va="top",
                       fontsize=0.86 * paper.font_pt)  # fmt: skip
    worth, sides = packages.worth, kept.short_names.sides
    possible = ~np.isnan(worth[0])
    axes.grid(visible=False)
    shown = worth[:, possible]
    low = np.minimum(shown.min(axis=1, initial=np.inf), packages.fighting_on)
    high = np.maximum(shown.max(axis=1, initial=-np.inf), packages.fighting_on)
    # Where nothing could be signed there is but one point.
    pad = np.where(high > low, 0.07 * (high - low), 0.05)
    axes.set_xlim(low[0] - pad[0], high[0] + pad[0])
    axes.set_ylim(low[1] - pad[1], high[1] + 2 * pad[1])
    corner = packages.fighting_on
    axes.fill_between(
        [corner[0], high[0] + pad[0]], corner[1], high[1] + 2 * pad[1], color=CEASEFIRE, alpha=0.1, linewidth=0
    )
    axes.axvline(corner[0], color=SIDE_COLOURS["attacker"], linestyle=(0, (4, 2)), linewidth=1.3)
    axes.axhline(corner[1], color=SIDE_COLOURS["defender"], linestyle=SIDE_DASHES["defender"], linewidth=1.3)
    outside = possible & ~packages.zone
    axes.plot(*worth[:, outside], "o", markersize=3.2, color="#9a9a9a", markeredgewidth=0)
    order = np.flatnonzero(packages.frontier)
    order = order[np.argsort(worth[0, order], kind="stable")]
    axes.plot(*worth[:, order], "-", color=WAR, linewidth=0.9)
    axes.plot(
        *worth[:, order], "o", markersize=4.2, color="white", markeredgecolor=WAR, markeredgewidth=1.0, label="frontier"
    )
    if packages.zone.any():
        axes.plot(*worth[:, packages.zone], "o", markersize=4.6, color=CEASEFIRE, markeredgewidth=0, label="in the zone")
    if signed is not None:
        axes.plot(*worth[:, signed], "*", markersize=11, color=MARK, markeredgecolor="white", label="signed")
    if nearest >= 0:
        look: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": "#1b1b1b"}
        axes.plot(*worth[:, nearest], "D", markersize=10 if nearest == signed else 7, label="nearest", **look)
    _number_points(axes, worth[:, named], paper)
    axes.set_xlabel(f"what it is worth to {sides['attacker']} (utility)")
    axes.set_ylabel(f"what it is worth to {sides['defender']} (utility)")
    close: dict[str, Any] = {"markerscale": 0.7, "handlelength": 1.2, "handletextpad": 0.5, "columnspacing": 1.2}
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, 1.11), ncols=4, **close)
    near: dict[str, Any] = {"textcoords": "offset points", "va": "bottom", "color": FAINT, "fontsize": 0.86 * paper.font_pt}
    # At the foot of its line, unless the other line is there.
    bottom = corner[1] > axes.get_ylim()[0] + 0.35 * float(np.diff(axes.get_ylim())[0])
    end = {"xytext": (3, 4), "va": "bottom"} if bottom else {"xytext": (3, -4), "va": "top"}
    foot = (corner[0], 0.0 if bottom else 1.0)
    axes.annotate("fighting on", foot, xycoords=("data", "axes fraction"), rotation=90, ha="left", **(near | end))
    # At the end of its line that is not near the other.
    right = corner[0] < low[0] + 0.6 * (high[0] - low[0])
    end = {"ha": "right", "xytext": (-3, 3)} if right else {"ha": "left", "xytext": (3, 3)}
    side = (1.0 if right else 0.0, corner[1])
    axes.annotate("fighting on", side, xycoords=("axes fraction", "data"), **(near | end))
    return figure


def _number_points(axes: Axes, points: Floats, paper: Paper) -> None:
    """Write a number beside each of some points, (2, points), where it is nearest to none of the others."""
    limits = np.array([axes.get_xlim(), axes.get_ylim()])
    # In letters, about: a figure is so many wide, and its axes about as many lines high.
    room = np.array([0.8 * paper.letters, 0.8 * paper.letters * 0.6])[:, None]
    places = (points - limits[:, :1]) / np.ptp(limits, axis=1)[:, None] * room
    ways = np.array([(1, 1), (1, -1), (-1, 1), (-1, -1), (2, 0), (-2, 0), (0, 1.4), (0, -1.4)])
    taken = places.T.tolist()
    for at in range(places.shape[1]):
        spots = places[:, at] + ways
        gaps = [min(float(np.hypot(*(spot - one))) for one in taken) for spot in spots]
        best = int(np.argmax(gaps))
        taken.append(spots[best].tolist())
        offset = 0.75 * paper.font_pt * ways[best]
        axes.annotate(
            str(at + 1), tuple(points[:, at]), xytext=tuple(offset), textcoords="offset points", ha="center", va="center",
            fontweight="bold",
        )  # fmt: skip
