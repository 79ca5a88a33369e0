"""Pictures of a run over time: how the fighting ends, how long ceasefires last, fans of the series, the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.engine.calendar import DAYS_PER_MONTH
from sim.engine.draws import Floats
from sim.ensemble.run import SERIES_HISTORIES
from sim.model import section
from sim.model.arms import Arms
from sim.model.ledger import ZONE
from sim.model.parameters import SIDES
from sim.model.reviews import DAYS_BETWEEN_REVIEWS
from sim.report.kept import Course, Kept
from sim.report.parts import Picture, Piece, Table, Value, listed
from sim.report.style import CEASEFIRE, FAINT, SIDE_COLOURS, SIDE_DASHES, WAR, Paper, label_ends, wrapped
from sim.results.survival import FIRST_ENDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

QUARTER_DAYS = 91
AGES_DAYS = (30, 91, 182, 365, 548, 730, 1096, 1461, 1826)
# judgement: a reason that is rarer than this on every day would be a line of nothing.
WORTH_A_STRIP = 0.01


class Look(NamedTuple):
    """How a line looks."""

    colour: str
    dashes: Any


FIRST_END_LOOKS = {
    "ceasefire": Look(CEASEFIRE, "-"),
    "attacker_collapsed": Look(SIDE_COLOURS["attacker"], (0, (5, 1.5))),
    "defender_collapsed": Look(SIDE_COLOURS["defender"], (0, (1.5, 1.2))),
}


def run_pictures(kept: Kept) -> Iterator[Picture]:
    """Yield the pictures of a run that are made from its tables alone, as far as it has what they show."""
    if kept.courses:
        yield incidence(kept)
    if ("first_end", "ceasefire") in kept.courses:
        yield ceasefires(kept)
    if kept.run.ledger:
        yield ledger(kept)
    for fan in FANS:
        if any((field, of) in kept.fans for panel in fan.panels for field, of in panel.fields):
            yield fan.picture(kept)
    aid = _aid(kept)
    if aid.panels:
        yield aid.picture(kept)


# What curves share


def dates_of(kept: Kept, days: Floats | Sequence[float]) -> Floats:
    """Return days of the simulation as Matplotlib counts dates."""
    from matplotlib.dates import date2num

    start: float = date2num(kept.calendar.date_of(0))
    dates: Floats = np.asarray(days, dtype=np.float64) + start
    return dates


def time_axis(axes: Axes, kept: Kept) -> None:
    """Let an axis show the dates of a run."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    axes.set_xlim(*dates_of(kept, [0, kept.run.days]))


def percent_axis(axes: Axes) -> None:
    """Let an axis show shares in per cent."""
    from matplotlib.ticker import FuncFormatter

    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g} %"))


def number_axis(axes: Axes) -> None:
    """Let an axis show thousands with a comma."""
    from matplotlib.ticker import FuncFormatter

    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "\N{MINUS SIGN}")))


def steps(course: Course, start: float, end: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Return a curve from the first day to the last, with its value before anything happened: days, share, low, high."""
    days = np.concatenate([[0.0], course.days, [max(end, course.days[-1])]])
    share, low, high = (np.concatenate([[start], values, values[-1:]]) for values in (course.share, course.low, course.high))
    return days, share, low, high


def quarters(kept: Kept) -> list[int]:
    """Return the days of tables over time: every thirteenth week, and the end."""
    wanted = [day for day in kept.days if day % QUARTER_DAYS == 0]
    return wanted if wanted[-1] == kept.days[-1] else [*wanted, kept.days[-1]]


def date_on(kept: Kept, day: int) -> str:
    """Return the date of a day."""
    return kept.calendar.date_of(day).isoformat()


def share_with_interval(course: Course, day: float, *of: str) -> list[Piece]:
    """Return the share of a curve on a day with its interval."""
    place = course.at(day)
    if place < 0:
        return ["0 %" if of[1] == "first_end" else "100 %"]
    at = f"{course.days[place]:.0f}"
    value = Value.in_unit(float(course.share[place]), "share", *of, at, "share")
    if np.isnan(course.low[place]):
        return [value]
    bounds = {"low": course.low, "high": course.high}
    low, high = (Value.bound(float(bound[place]), "share", *of, at, name) for name, bound in bounds.items())
    return [value, " (", low, " .. ", high, ")"]


# How the fighting ends


def first_end_label(kept: Kept, kind: str) -> str:
    """Return what ended the fighting, in a few words."""
    if kind == "ceasefire":
        return "ceasefire"
    return f"{kept.names.side(kind.removesuffix('_collapsed'))}'s army collapses"


def incidence(kept: Kept) -> Picture:
    """Return the main picture: in which share of histories the fighting has ended by a date, and how."""
    kinds = [kind for kind in FIRST_ENDS if ("first_end", kind) in kept.courses]
    table = Table(
        "Share of histories in which the fighting had first ended by a date, with 95 % intervals (survival.csv)",
        ["date", *(first_end_label(kept, kind) for kind in kinds), "no end yet"],
        [],
        quarters(kept),
    )
    for day in table.days:
        cells = [
            share_with_interval(kept.courses["first_end", kind], day, "survival.csv", "first_end", kind) for kind in kinds
        ]
        war = kept.courses["war", ""]
        still = share_with_interval(war, day, "survival.csv", "war", "")
        table.rows.append([date_on(kept, day), *cells, still])
    ends: list[list[Piece]] = [
        [
            f"{first_end_label(kept, kind)} in ",
            *share_with_interval(kept.courses["first_end", kind], kept.run.days, "survival.csv", "first_end", kind),
        ]
        for kind in kinds
    ]
    says: list[Piece] = [
        f"How the fighting first ended, and in which share of histories, until {kept.end.isoformat()}: ",
        *listed(ends),
        ". A ceasefire may break later. Bands are 95 % intervals.",
    ]
    return Picture("incidence", "How the fighting ends", says, partial(_draw_incidence, kept, kinds), [table], bands=True)


def _draw_incidence(kept: Kept, kinds: Sequence[str], paper: Paper) -> Figure:
    figure, (axes,) = paper.canvas(3.5)
    ends = []
    lines = [(kind, kept.courses["first_end", kind], FIRST_END_LOOKS[kind], 0.0) for kind in kinds]
    lines.append(("", kept.courses["war", ""], Look(WAR, (0, (1, 1.6))), 1.0))
    for kind, course, look, start in lines:
        days, share, low, high = steps(course, start, kept.run.days)
        dates = dates_of(kept, days)
        axes.fill_between(dates, low, high, step="post", color=look.colour, alpha=0.16, linewidth=0, gid=f"band-{kind}")
        axes.plot(dates, share, drawstyle="steps-post", color=look.colour, linestyle=look.dashes)
        label = first_end_label(kept, kind) if kind else "no end yet"
        ends.append((float(share[-1]), wrapped(label, 15), look.colour))
    time_axis(axes, kept)
    percent_axis(axes)
    axes.set_ylim(0, 1)
    axes.set_ylabel("share of histories")
    label_ends(axes, ends, paper, 2.7)
    return figure


# Ceasefires


def ceasefires(kept: Kept) -> Picture:
    """Return when first ceasefires begin, and how long they last."""
    signed = kept.courses["first_end", "ceasefire"]
    lasting = kept.courses.get(("first_ceasefire", ""))
    spans = list(zip(quarters(kept), quarters(kept)[1:], strict=False))
    rows: list[Sequence[Piece | list[Piece]]] = []
    for first, last in spans:
        gained = _between(signed, first, last)
        of = f"survival.csv|first_end|ceasefire|{first}..{last}|share"
        rows.append([f"{date_on(kept, first)} to {date_on(kept, last)}", Value.in_unit(gained, "share")._replace(of=of)])
    caption = "Share of all histories whose first ceasefire begins in a span of time (survival.csv)"
    tables = [Table(caption, ["from", "share"], rows)]
    says: list[Piece] = ["When first ceasefires begin, as a share of all histories in a quarter"]
    if lasting is not None:
        says.append(
            ", and which share of them still holds after so many months (Kaplan-Meier: a ceasefire that the horizon cuts "
            "short counts as watched until then)"
        )
        known = {
            day: share_with_interval(lasting, day, "survival.csv", "first_ceasefire", "")
            for day in AGES_DAYS
            if day <= lasting.days[-1]
        }
        lasting_rows: list[Sequence[Piece | list[Piece]]] = [
            [f"{day:,}", share, _at_risk(lasting, day)] for day, share in known.items()
        ]
        caption = "Share of first ceasefires that last longer than so many days, with 95 % intervals (survival.csv)"
        tables.append(Table(caption, ["days", "still in force", "watched until the last break before"], lasting_rows))
        if known:
            told = [day for day in known if day in (30, 365)] or list(known)[-1:]
            says += ["; after ", *listed([[f"{day} days ", *known[day]] for day in told])]
    says.append(".")
    title = "When ceasefires begin, and how long they last"
    return Picture("ceasefires", title, says, partial(_draw_ceasefires, kept, spans), tables, bands=True)


def _between(course: Course, first: int, last: int) -> float:
    """Return by how much a share rises after one day and until another."""
    levels = [float(course.share[place]) if (place := course.at(day)) >= 0 else 0.0 for day in (first, last)]
    return levels[1] - levels[0]


def _at_risk(course: Course, day: int) -> Piece:
    place = course.at(day)
    if place < 0:
        return None
    at = f"{course.days[place]:.0f}"
    return Value.in_unit(float(course.at_risk[place]), "histories", "survival.csv", "first_ceasefire", "", at, "at_risk")


def _draw_ceasefires(kept: Kept, spans: Sequence[tuple[int, int]], paper: Paper) -> Figure:
    signed, lasting = kept.courses["first_end", "ceasefire"], kept.courses.get(("first_ceasefire", ""))
    figure, panels = paper.canvas(4.6 if lasting is not None else 2.5, 1 if lasting is None else 2)
    axes = panels[0]
    middles = dates_of(kept, [(first + last) / 2 for first, last in spans])
    widths = [0.86 * (last - first) for first, last in spans]
    axes.bar(middles, [_between(signed, *span) for span in spans], widths, color=CEASEFIRE, linewidth=0)
    time_axis(axes, kept)
    percent_axis(axes)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("share of histories")
    axes.set_title("First ceasefire begins, by quarter")
    if lasting is not None:
        axes = panels[1]
        days, share, low, high = steps(lasting, 1.0, lasting.days[-1])
        months = days / DAYS_PER_MONTH
        axes.fill_between(months, low, high, step="post", color=CEASEFIRE, alpha=0.2, linewidth=0, gid="band-lasting")
        axes.plot(months, share, drawstyle="steps-post", color=CEASEFIRE)
        axes.set_xlim(0, months[-1])
        axes.set_ylim(0, 1)
        percent_axis(axes)
        axes.set_xlabel("months since it began")
        axes.set_ylabel("still in force")
        axes.set_title("How long the first ceasefire lasts")
    return figure


# Fans


class Panel(NamedTuple):
    """One panel of a fan chart.

    Attributes
    ----------
    title : str
        Empty if the picture has only this one.
    unit : str
        On the axis.
    scale : float
        By which values are divided.
    fields : sequence of (field, of)
    """

    title: str
    unit: str
    scale: float
    fields: Sequence[tuple[str, str]]


class FanPicture(NamedTuple):
    """A picture of fans; of what is not known before its `first_day`."""

    name: str
    title: str
    about: str
    unit: str
    panels: Sequence[Panel]
    from_zero: bool = True
    first_day: int = 0

    def picture(self, kept: Kept) -> Picture:
        """Return it for a run."""
        fields = [key for panel in self.panels for key in panel.fields if key in kept.fans]
        days = [day for day in quarters(kept) if day >= self.first_day]
        tables = [_fan_table(kept, key, self.unit, _name(kept, key, with_field=True), days) for key in fields]
        last = kept.days[-1]
        ends: list[list[Piece]] = [
            [
                f"{_name(kept, key, with_field=len({field for field, _ in fields}) > 1)} ",
                _of_series(kept, key, last, "p50", self.unit),
                " (",
                _of_series(kept, key, last, "p05", self.unit),
                " .. ",
                _of_series(kept, key, last, "p95", self.unit),
                ")",
            ]
            for key in fields
        ]
        some = f" of the first {SERIES_HISTORIES:,} histories" if kept.run.replications > SERIES_HISTORIES else ""
        says: list[Piece] = [
            f"{self.about} Median{some}, with the middle half and nine tenths of them in bands. On {date_on(kept, last)}: ",
            *listed(ends),
            ".",
        ]
        return Picture(self.name, self.title, says, partial(_draw_fan, kept, self), tables, bands=True)


SIDES_OF = {field: [(field, side) for side in SIDES] for field in (
    "force", "cumulative_casualties", "ready_fire", "stock_days", "believed_drift", "value_of_fighting",
)}  # fmt: skip
FANS = (
    FanPicture("forces", "Forces at the front", "Persons at the front on each side.", "persons",
               [Panel("", "thousand persons", 1e3, SIDES_OF["force"])], from_zero=False),
    FanPicture("casualties", "Casualties so far", "Killed and wounded since the start.", "persons",
               [Panel("", "thousand persons", 1e3, SIDES_OF["cumulative_casualties"])]),
    FanPicture("ground", "Ground held by the attacker", "Area that the attacker holds.", "km2",
               [Panel("", "thousand km²", 1e3, [("held_area", "")])], from_zero=False),
    FanPicture("fire", "Fire and materiel",
               "Fire that the stock allows, as a share of the full rate, and stock in days of full fire.", "",
               [Panel("Fire that the stock allows", "share of full rate", 1, SIDES_OF["ready_fire"]),
                Panel("Stock", "days of full fire", 1, SIDES_OF["stock_days"])]),
    FanPicture("beliefs", "What both sides believe of the front",
               "How many km2 a day each side expects the attacker to gain if the war goes on.", "km2 a day",
               [Panel("{side} believes", "km² a day", 1, SIDES_OF["believed_drift"][:1]),
                Panel("{side} believes", "km² a day", 1, SIDES_OF["believed_drift"][1:])], from_zero=False),
    FanPicture("worth", "What fighting on is worth, and how near a deal is",
               "Utility, from 0 (the worst terms) to 1 (the best). A deal can be signed where the nearest package is worth "
               "more than fighting on, and so above 0, to both.", "utility",
               [Panel("Fighting on", "utility", 1, SIDES_OF["value_of_fighting"]),
                Panel("Nearest package, above fighting on", "utility", 1, [("nearest_slack", "")])],
               from_zero=False, first_day=DAYS_BETWEEN_REVIEWS),
)  # fmt: skip


def _aid(kept: Kept) -> FanPicture:
    """Return the picture of aid, a panel for each backer."""
    backers = [backer.id for backer in section(kept.run.scenario, Arms).backers]
    panels = [
        Panel(kept.names.backer(one), "bn EUR", 1, [("pledged_beur", one), ("delivered_beur", one)])
        for one in backers
        if ("pledged_beur", one) in kept.fans
    ]
    about = "What backers have pledged and delivered since the start, with what was on its way then."
    return FanPicture("aid", "Aid pledged and delivered", about, "bn EUR", panels)


FIELD_WORDS = {
    "held_area": "ground held", "nearest_slack": "nearest package", "pledged_beur": "pledged", "delivered_beur": "delivered",
    "ready_fire": "fire", "stock_days": "stock", "value_of_fighting": "fighting on",
}  # fmt: skip


def _name(kept: Kept, key: tuple[str, str], with_field: bool) -> str:
    """Return the name of a fan: its side or backer, and its field where a picture has several."""
    field, of = key
    who = kept.names.sides.get(of) or (kept.names.backer(of) if of else "")
    what = FIELD_WORDS.get(field, "") if with_field or not who else ""
    return ", ".join(part for part in (who, what) if part)


def _of_series(kept: Kept, key: tuple[str, str], day: int, level: str, unit: str) -> Value:
    values = kept.fans[key].levels[level]
    size = float(np.abs(kept.fans[key].levels["p95"]).max())
    return Value.in_unit(float(values[kept.days.index(day)]), unit, "series.csv", day, *key, level, size=size)


def _fan_table(kept: Kept, key: tuple[str, str], unit: str, name: str, days: list[int]) -> Table:
    rows: list[Sequence[Piece | list[Piece]]] = [
        [date_on(kept, day), *(_of_series(kept, key, day, level, unit) for level in ("p05", "p25", "p50", "p75", "p95"))]
        for day in days
    ]
    in_unit = f", {unit}" if unit else ""
    return Table(
        f"{name}{in_unit}: quantiles over the histories, every quarter (series.csv has every week)",
        ["date", "5 %", "25 %", "median", "75 %", "95 %"], rows, days,
    )  # fmt: skip


def _draw_fan(kept: Kept, fan: FanPicture, paper: Paper) -> Figure:
    heights = {1: 3.1, 2: 4.9}
    figure, panels = paper.canvas(heights.get(len(fan.panels), 2.1 * len(fan.panels)), len(fan.panels))
    known = np.array(kept.days) >= fan.first_day
    dates = dates_of(kept, kept.days)[known]
    for axes, panel in zip(panels, fan.panels, strict=True):
        ends = []
        for place, key in enumerate(panel.fields):
            if key not in kept.fans:
                continue
            look = _fan_look(kept, key)
            levels = {name: values[known] / panel.scale for name, values in kept.fans[key].levels.items()}
            for low, high, alpha in (("p05", "p95", 0.15), ("p25", "p75", 0.27)):
                band = f"band-{low}-{place}"
                axes.fill_between(dates, levels[low], levels[high], color=look.colour, alpha=alpha, linewidth=0, gid=band)
            axes.plot(dates, levels["p50"], color=look.colour, linestyle=look.dashes)
            label = _name(kept, key, with_field=key[0] in ("pledged_beur", "delivered_beur"))
            label = FIELD_WORDS[key[0]] if key[0] in ("pledged_beur", "delivered_beur") else label
            ends.append((float(levels["p50"][-1]), wrapped(label, 12), look.colour))
        time_axis(axes, kept)
        axes.tick_params(labelbottom=axes is panels[-1])
        if fan.from_zero:
            axes.set_ylim(bottom=0)
        elif axes.get_ylim()[0] < 0 < axes.get_ylim()[1]:
            axes.axhline(0, color=FAINT, linewidth=0.9)
        number_axis(axes)
        axes.set_ylabel(panel.unit)
        axes.set_title(wrapped(panel.title.replace("{side}", kept.names.sides.get(panel.fields[0][1], "")), 44, 1))
        label_ends(axes, ends, paper, heights.get(len(fan.panels), 2.1 * len(fan.panels)) / len(fan.panels) - 0.7)
    return figure


def _fan_look(kept: Kept, key: tuple[str, str]) -> Look:
    field, of = key
    if of in SIDE_COLOURS:
        return Look(SIDE_COLOURS[of], SIDE_DASHES[of])
    if field == "delivered_beur":
        side = next(one.side for one in section(kept.run.scenario, Arms).backers if one.id == of)
        return Look(SIDE_COLOURS[side], (0, (5, 1.5)))
    return Look({"nearest_slack": CEASEFIRE, "held_area": SIDE_COLOURS["attacker"]}.get(field, WAR), "-")


# The ledger


def ledger(kept: Kept) -> Picture:
    """Return why there was no deal, over time: the share of each reason among histories at war, strip above strip."""
    rows = [row for row in kept.run.ledger if row["question"] == "state"]
    days = sorted({int(row["day"]) for row in rows})
    shares: dict[str, Floats] = {}
    total: dict[str, int] = {}
    for row in rows:
        shares.setdefault(row["answer"], np.zeros(len(days)))[days.index(int(row["day"]))] = float(row["share"])
        total[row["answer"]] = total.get(row["answer"], 0) + int(row["histories"])
    order = sorted(shares, key=lambda answer: (answer != ZONE, -total[answer]))
    shown = [answer for answer in order if shares[answer].max() >= WORTH_A_STRIP]
    wanted = [min(days, key=lambda day: abs(day - goal)) for goal in quarters(kept)[1:]]
    wanted = sorted(set(wanted))
    table = Table(
        "Share of the histories at war (ledger.csv has every four weeks)",
        ["date", *(kept.names.state(answer) for answer in order), "histories at war"], [], wanted,
    )  # fmt: skip
    at_war = {int(row["day"]): row["of"] for row in rows}
    for day in wanted:
        cells: list[Piece] = []
        for answer in order:
            share = float(shares[answer][days.index(day)])
            cells.append(Value.in_unit(share, "share", "ledger.csv", day, "state", answer, "share") if share else "0 %")
        of = Value.in_unit(float(at_war[day]), "histories", "ledger.csv", day, "state", "", "of")
        table.rows.append([date_on(kept, day), *cells, of])
    left = len(order) - len(shown)
    says: list[Piece] = [
        "Why histories at war have no deal, as a share of those at war on that day. In the first strip there was a zone of "
        "agreement: some package would have left both sides better off than fighting on. The others name the side that "
        "refuses the nearest package and what weighs most against it. All strips have the same scale",
        f"; {left} reasons below {100 * WORTH_A_STRIP:.0f} % throughout are only in the table." if left else ".",
    ]
    draw = partial(_draw_ledger, kept, days, {answer: shares[answer] for answer in shown})
    return Picture("ledger", "Why there is no deal", says, draw, [table])


def _draw_ledger(kept: Kept, days: Sequence[int], shares: dict[str, Floats], paper: Paper) -> Figure:
    figure, (axes,) = paper.canvas(0.7 + 0.52 * len(shares), by_letters=True)
    top = np.ceil(10 * max(values.max() for values in shares.values())) / 10
    dates = dates_of(kept, days)
    for place, (answer, values) in enumerate(shares.items()):
        base = float(len(shares) - 1 - place)
        side = answer.partition(":")[0]
        colour = SIDE_COLOURS.get(side, CEASEFIRE)
        axes.fill_between(dates, base, base + 0.92 * values / top, color=colour, linewidth=0.6)
        axes.axhline(base, color=FAINT, linewidth=0.5)
        axes.axhline(base + 0.92, color=FAINT, linewidth=0.4, linestyle=(0, (1, 3)))
        for level, text in ((0.0, "0"), (0.92, f"{100 * top:.0f} %")) if place == 0 else ():
            axes.annotate(text, (1.01, base + level), xycoords=("axes fraction", "data"), va="center", color=FAINT,
                          fontsize=0.86 * paper.font_pt, annotation_clip=False)  # fmt: skip
    time_axis(axes, kept)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(-0.05, len(shares))
    axes.set_yticks([len(shares) - 1 - place + 0.4 for place in range(len(shares))])
    axes.set_yticklabels([wrapped(kept.names.state(answer), 27) for answer in shares], linespacing=1.0)
    axes.tick_params(axis="y", length=0)
    return figure
