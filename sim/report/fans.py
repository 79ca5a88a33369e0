"""Fan charts of the series: the median of the histories, with the middle half and nine tenths of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.ensemble.run import SERIES_HISTORIES
from sim.model import section
from sim.model.arms import Arms
from sim.model.escalation import Escalation
from sim.model.parameters import SIDES
from sim.model.parties import Parties
from sim.model.party import Party
from sim.model.reviews import DAYS_BETWEEN_REVIEWS
from sim.report.axes import date_on, dates_of, number_axis, quarters, time_axis
from sim.report.kept import Kept
from sim.report.parts import Picture, Piece, Table, Value, with_bounds, wrapped
from sim.report.scripted import draw_rules, said_of
from sim.report.style import CEASEFIRE, FAINT, SIDE_COLOURS, SIDE_DASHES, WAR, Look, Paper, label_ends
from sim.scenario import Quantity
from sim.words.findings.pieces import joined

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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

        def named(text: str) -> str:
            return text.replace("{attacker}", kept.short_names.sides["attacker"])

        fields = [key for panel in self.panels for key in panel.fields if key in kept.fans]
        days = [day for day in quarters(kept.run.days) if day >= self.first_day]
        tables = [_fan_table(kept, key, self.unit, _name(kept, key, with_field=True), days) for key in fields]
        last = kept.days[-1]
        ends: list[list[Piece]] = [
            [
                f"{_name(kept, key, with_field=len({field for field, _ in fields}) > 1)} ",
                *with_bounds(*(_of_series(kept, key, last, level, self.unit) or "none" for level in ("p50", "p05", "p95"))),
            ]
            for key in fields
        ]
        some = f" of the first {SERIES_HISTORIES:,} histories" if kept.run.replications > SERIES_HISTORIES else ""
        in_unit = f", in {self.unit}" if self.unit and self.unit != "utility" else ""
        says: list[Piece] = [
            f"{named(self.about)} Median{some}, with the middle half and nine tenths of them in bands. "
            f"On {date_on(kept, last)}{in_unit}: ",
            *joined(ends),
            f".{said_of([kept.run])}",
        ]
        return Picture(self.name, named(self.title), says, partial(_draw_fan, kept, self), tables, bands=True)


SIDES_OF = {field: [(field, side) for side in SIDES] for field in (
    "force", "cumulative_casualties", "ready_fire", "stock_days", "believed_drift", "value_of_fighting",
)}  # fmt: skip
FANS = (
    FanPicture("forces", "Forces at the front", "Persons at the front on each side.", "persons",
               [Panel("", "thousand persons", 1e3, SIDES_OF["force"])], from_zero=False),
    FanPicture("casualties", "Casualties so far", "Killed and wounded since the start.", "persons",
               [Panel("", "thousand persons", 1e3, SIDES_OF["cumulative_casualties"])]),
    FanPicture("ground", "Ground held by {attacker}", "Area that {attacker} holds.", "km2",
               [Panel("", "thousand km²", 1e3, [("held_area", "")])], from_zero=False),
    FanPicture("fire", "Fire and materiel",
               "Fire that the stock allows, as a share of the full rate, and stock in days of full fire.", "",
               [Panel("Fire that the stock allows", "share of full rate", 1, SIDES_OF["ready_fire"]),
                Panel("Stock", "days of full fire", 1, SIDES_OF["stock_days"])]),
    FanPicture("beliefs", "What both sides believe of the front",
               "How many km2 a day each side expects {attacker} to gain if the war goes on. In a ceasefire the front "
               "is not fought over, and what they expect nears 0.", "km2 a day",
               [Panel("{side} believes", "km² a day", 1, SIDES_OF["believed_drift"][:1]),
                Panel("{side} believes", "km² a day", 1, SIDES_OF["believed_drift"][1:])], from_zero=False),
    FanPicture("worth", "What fighting on is worth, and how near a deal is",
               "Utility, from 0 (the worst terms feared) to 1 (the best hoped for); with the cost of war, red lines and "
               "what is expected, values lie outside too. A deal can be signed where the nearest package is worth "
               "more than fighting on, and so above 0, to both. A history in which hard red lines, or options that are not "
               "open, leave no package has none, which counts as below all numbers. Where the fighting has ended, what was "
               "last found stays.",
               "utility",
               [Panel("Fighting on", "utility", 1, SIDES_OF["value_of_fighting"]),
                Panel("Nearest package, above fighting on", "utility", 1, [("nearest_slack", "")])],
               from_zero=False, first_day=DAYS_BETWEEN_REVIEWS),
)  # fmt: skip


def pictured(kept: Kept) -> Iterator[FanPicture]:
    """Yield the fan charts of a run, of those who decide beside the two sides too."""
    yield from FANS
    yield aid(kept)
    if _standing(kept):
        yield wills(kept)
    if section(kept.run.scenario, Escalation) is not None:
        yield danger(kept)


def aid(kept: Kept) -> FanPicture:
    """Return the picture of aid, a panel for each backer."""
    backers = [backer.id for backer in section(kept.run.scenario, Arms).backers]
    panels = [
        Panel(kept.names.backer(one), "bn EUR", 1, [("pledged_beur", one), ("delivered_beur", one)])
        for one in backers
        if ("pledged_beur", one) in kept.fans
    ]
    about = "What backers have pledged and delivered since the start, with what was on its way then."
    return FanPicture("aid", "Aid pledged and delivered", about, "bn EUR", panels)


def _standing(kept: Kept) -> Sequence[Party[Quantity]]:
    """Return the parties that stand by a side: the will of who only mediates does nothing."""
    return [party for party in section(kept.run.scenario, Parties) if party.side is not None]


def wills(kept: Kept) -> FanPicture:
    """Return the picture of wills, a panel for each party that stands by a side, with the pledges that follow."""
    parties = _standing(kept)
    pledges = [[("pledge_factor", party.id)] if party.backs is not None else [] for party in parties]
    panels = [
        Panel(party.name, "will; pledges, of start" if backs else "will", 1, [("will", party.id), *backs])
        for party, backs in zip(parties, pledges, strict=True)
    ]
    about = (
        "How much each party wills to stand by its side, and, where it backs one, what its pledges are of those at the "
        "start, after who refused last and help to keep its word too."
    )
    return FanPicture("wills", "Will of those who decide beside the two sides", about, "", panels)


def danger(kept: Kept) -> FanPicture:
    """Return the picture of the danger of escalation, by the sides that may escalate."""
    sides = [side for side in SIDES if getattr(section(kept.run.scenario, Escalation), side) is not None]
    about = (
        "Escalations of each side that are remembered, with those expected of it within a year above the usual: what "
        "parties fear and both sides count."
    )
    panel = Panel("", "escalations", 1, [("dread", side) for side in sides])
    # Before the first review nothing is expected yet.
    first = DAYS_BETWEEN_REVIEWS
    return FanPicture("danger", "Danger of escalation", about, "escalations", [panel], from_zero=False, first_day=first)


FIELD_WORDS = {
    "will": "will", "pledge_factor": "pledges",
    "held_area": "ground held", "nearest_slack": "nearest package", "pledged_beur": "pledged", "delivered_beur": "delivered",
    "ready_fire": "fire", "stock_days": "stock", "value_of_fighting": "fighting on",
}  # fmt: skip


# Of which a panel shows several, of one backer or party.
OF_ONE = ("pledged_beur", "delivered_beur", "will", "pledge_factor")


def _name(kept: Kept, key: tuple[str, str], with_field: bool) -> str:
    """Return the name of a fan: its side or backer, and its field where a picture has several."""
    field, of = key
    named = kept.names.party if field in ("will", "pledge_factor") else kept.names.backer
    who = kept.short_names.sides.get(of) or (named(of) if of else "")
    what = FIELD_WORDS.get(field, "") if with_field or not who else ""
    return ", ".join(part for part in (who, what) if part)


def _of_series(kept: Kept, key: tuple[str, str], day: int, level: str, unit: str) -> Value | None:
    """Return a quantile on a day; None where so many histories have none of it."""
    value = float(kept.fans[key][level][kept.days.index(day)])
    size = float(np.nanmax(np.abs(kept.fans[key]["p95"]), initial=0.0))
    return None if np.isnan(value) else Value.in_unit(value, unit, "series.csv", day, *key, level, size=size)


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
    dates = dates_of(kept.calendar, kept.days)[known]
    for axes, panel in zip(panels, fan.panels, strict=True):
        ends = []
        highest = max(
            (float(np.nanmax(kept.fans[key]["p95"], initial=0.0)) for key in panel.fields if key in kept.fans), default=0.0
        )
        # In thousands only where there are some.
        scale = panel.scale if highest >= 10 * panel.scale else 1.0
        for place, key in enumerate(panel.fields):
            if key not in kept.fans:
                continue
            look = _fan_look(kept, key)
            levels = {name: values[known] / scale for name, values in kept.fans[key].items()}
            for low, high, alpha in (("p05", "p95", 0.15), ("p25", "p75", 0.27)):
                band = f"band-{low}-{place}"
                axes.fill_between(dates, levels[low], levels[high], color=look.colour, alpha=alpha, linewidth=0, gid=band)
            axes.plot(dates, levels["p50"], color=look.colour, linestyle=look.dashes)
            # Whose they are stands above the panel.
            label = FIELD_WORDS[key[0]] if key[0] in OF_ONE else _name(kept, key, with_field=False)
            median = levels["p50"][~np.isnan(levels["p50"])]
            ends += [(float(median[-1]), wrapped(label, 12), look.colour)] if len(median) else []
        time_axis(axes, kept.calendar, kept.run.days)
        axes.tick_params(labelbottom=axes is panels[-1])
        if fan.from_zero:
            axes.set_ylim(bottom=0)
        elif axes.get_ylim()[0] < 0 < axes.get_ylim()[1]:
            axes.axhline(0, color=FAINT, linewidth=0.9)
        number_axis(axes)
        axes.set_ylabel(panel.unit if scale == panel.scale else panel.unit.removeprefix("thousand "))
        axes.set_title(wrapped(panel.title.replace("{side}", kept.short_names.sides.get(panel.fields[0][1], "")), 44, 1))
        label_ends(axes, ends, paper, heights.get(len(fan.panels), 2.1 * len(fan.panels)) / len(fan.panels) - 0.7)
    draw_rules(figure, panels, [kept.run], paper)
    return figure


def _fan_look(kept: Kept, key: tuple[str, str]) -> Look:
    field, of = key
    if of in SIDE_COLOURS:
        return Look(SIDE_COLOURS[of], SIDE_DASHES[of])
    if field in ("will", "pledge_factor"):
        party = next(one for one in section(kept.run.scenario, Parties) if one.id == of)
        return Look(SIDE_COLOURS.get(party.side, WAR), "-" if field == "will" else (0, (5, 1.5)))
    if field == "delivered_beur":
        side = next(one.side for one in section(kept.run.scenario, Arms).backers if one.id == of)
        return Look(SIDE_COLOURS[side], (0, (5, 1.5)))
    return Look({"nearest_slack": CEASEFIRE, "held_area": SIDE_COLOURS["attacker"]}.get(field, WAR), "-")
