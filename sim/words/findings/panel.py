"""What is found in a panel: what its members part over, what divides them most, and what would turn a conclusion."""

from __future__ import annotations

from sim.results.findings import Finding, Number
from sim.studies.members import Difference
from sim.studies.panel import Dissent, Panel
from sim.studies.shapley import Share
from sim.studies.turning import Turn
from sim.words.findings.pieces import Pieces, finding, in_order, joined, with_interval
from sim.words.findings.studies import aim
from sim.words.labels import knob_label, outcome_label
from sim.words.numbers import beside, place_of, rounded, to_place

COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
# judgement: more would be a table.
MOST_OUTCOMES, MOST_TURNS = 3, 2


def of_panel(panel: Panel) -> list[Finding]:
    """Return what divides the members of a panel, on the leading outcome and on others, and what would turn them."""
    leading, *others = panel.dissents
    told = [_divides(panel, leading, leads=True)]
    divided = [one for one in others if one.attribution.is_told][:MOST_OUTCOMES]
    told += [_divides(panel, one, weight=0.7 - 0.1 * place) for place, one in enumerate(divided)]
    return in_order([*told, *_turns(panel)])


def difference_label(panel: Panel, one: Difference) -> str:
    """Return what a difference is called within a sentence; of several that belong together, the first and how many."""
    label, more = knob_label(one.paths[0], panel.scenario), len(one.paths) - 1
    return f"{label} and {more:,} that go{'es' if more == 1 else ''} with it" if more else label


def _divides(panel: Panel, one: Dissent, leads: bool = False, weight: float = 1.0) -> Finding:
    members, unit = panel.members.members, one.called.unit
    label = f"'{outcome_label(one.outcome, panel.scenario)}'"
    values: list[Pieces] = [
        [Number(beside(value.value, value.low, value.high, unit), value.value, f"panel.csv|{who.name}|{one.outcome}|value")]
        for who, value in zip(members, one.values, strict=True)
    ]
    pooled = one.pooled
    values.append(["pooled ", Number(beside(pooled.value, pooled.low, pooled.high, unit), pooled.value,
                                     f"panel.csv|pooled|{one.outcome}|value")])  # fmt: skip
    if not leads and one.attribution.is_told:
        return _also(panel, one, label, weight)
    count, size = len(panel.members.differences), COUNTS[len(members)]
    begin = f"The {size} members differ on {count:,} assumption{'s' * (count > 1)}. On {label}" if leads else f"On {label}"
    pieces: Pieces = [f"{begin} (", *joined(values, "; "), ") "]
    if not one.attribution.is_told:
        return finding("not found", weight, [*pieces, "they differ by no more than luck could have made them."])
    what, first, share, near = _most(panel, one)
    if first.low <= 0:
        return finding("not settled", weight, [*pieces, "luck hides which of these divides them."])
    pieces += [f"it is mostly {what} that divides them: ", *share, f" of the variance between them{near}."]
    return finding("decides", weight, pieces, first.low, first.high)


def _also(panel: Panel, one: Dissent, label: str, weight: float) -> Finding:
    """Return what divides members on an outcome that is not the leading one, in short."""
    what, first, share, near = _most(panel, one)
    if first.low <= 0:
        return finding("not settled", weight / 2, [f"Luck hides what divides them on {label}."])
    return finding("decides", weight, [f"On {label} it is mostly {what}: ", *share, f"{near}."], first.low, first.high)


def _most(panel: Panel, one: Dissent) -> tuple[str, Share, Pieces, str]:
    """Return what divides members most on an outcome, its share, that in words, and what may divide them as much."""
    (place, first), *rest = sorted(enumerate(one.attribution.shares, 1), key=lambda each: -each[1].value)
    names = [difference_label(panel, each) for each in panel.members.differences]
    near = [f", not told apart from {names[at - 1]}" for at, other in rest[:1] if other.high >= first.low]
    of, columns = ("dissent.csv", place, one.outcome), ("share", "low", "high")
    share = with_interval(first.value, first.low, first.high, "share", of, columns=columns)
    return names[place - 1], first, share, "".join(near)


def _turns(panel: Panel) -> list[Finding]:
    """Return what the members would have to believe to conclude otherwise; what is surest first."""
    conclusion = aim(panel.condition, panel.scenario)
    if not (found := nearest_turns(panel)):
        luck = sum(one.answer == "not settled" for one in panel.turning)
        said = f"No difference taken alone was found to turn what a member concludes on whether {conclusion}"
        hidden = f"; in {luck:,} of {len(panel.turning):,} luck may decide" if luck else ""
        return [finding("not settled" if luck else "not found", 0.6, [f"{said}{hidden}."])]
    return [_turn(panel, one, conclusion, 0.8 - 0.02 * place) for place, one in enumerate(found.values())][:MOST_TURNS]


def nearest_turns(panel: Panel) -> dict[int, Turn]:
    """Return of each member that can be turned the turn that is nearest to the level already; what is surest first."""
    turning = [one for one in panel.turning if one.answer.startswith("turns")]
    found: dict[int, Turn] = {}
    for one in sorted(turning, key=lambda one: (one.needed is None, abs(one.then.excess or 0.0))):
        found.setdefault(one.member, one)
    return found


def _turn(panel: Panel, one: Turn, conclusion: str, weight: float) -> Finding:
    member, other = (panel.members.members[at].called for at in (one.member, one.toward))
    knob = difference_label(panel, panel.members.differences[one.difference])
    instead = "not conclude" if one.own.holds else "conclude"
    begin = f"'{member}' would {instead} that {conclusion} if {knob} were "
    if one.needed is None or one.now is None:
        return finding("break-even", weight, [f"{begin}as '{other}' sees it."])
    row = ("turning.csv", panel.members.members[one.member].name, panel.members.differences[one.difference].knob)
    known = [value for value in (one.low, one.needed, one.high) if value is not None]
    place, where = place_of(min(known), max(known)), "|".join(row)
    ends = [
        Number(to_place(value, place), value, f"{where}|{name}") if value is not None else "beyond what members have"
        for name, value in (("low", one.low), ("high", one.high))
    ]
    needed = Number(to_place(one.needed, place), one.needed, f"{where}|needed")
    bound = "at least " if one.needed > one.now else "at most "
    pieces: Pieces = [begin, bound, needed, " (95 %: ", ends[0], " .. ", ends[1], "; now ",
                      Number(rounded(one.now), one.now, f"{where}|now"), ")."]  # fmt: skip
    return finding("break-even", weight, pieces, one.low, one.high)
