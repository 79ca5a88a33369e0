"""Panels as text for the terminal: who says what, what divides them, and what would turn what they conclude."""

import json
from collections.abc import Iterator, Sequence

from sim.results.identity import identity_of
from sim.results.tables import csv_of, with_scenario
from sim.studies.panel import Dissent, Panel, Value
from sim.studies.shapley import Share
from sim.words import WHAT_IT_IS_NOT
from sim.words.findings import opening
from sim.words.findings.studies import aim
from sim.words.labels import knob_heading, with_unit
from sim.words.layout import EMPTY, Block, Column, Table, Text, Title, text_file
from sim.words.numbers import band, beside, rounded, with_band

# judgement: what fits a screen: outcomes beside one another, and differences below one another.
AT_ONCE, TOP = 3, 3
# What divides members, and what would turn one of them.
LINES = 6
NOT_TOLD = "."


def answer(panel: Panel) -> Iterator[Block]:
    """Yield what members say, and what divides them most."""
    yield from _opening(panel)
    shown = panel.dissents[:AT_ONCE]
    heads = [Column(_head(one), spare=place) for place, one in enumerate(shown)]
    yield Table([Column("Member"), *heads], [_said(panel, shown, at) for at in range(len(panel.members.members) + 1)])
    yield EMPTY
    yield _dissent(panel, shown, TOP)


def rest(panel: Panel) -> Iterator[Block]:
    """Yield what each member says of each difference, all shares with their intervals, and each turn of the conclusion."""
    members = panel.members
    yield _dissent(panel, panel.dissents, len(members.differences))
    yield EMPTY
    rows: list[list[str]] = []
    for place, one in enumerate(members.differences):
        rows.append([_difference(panel, place)])
        rows += [[f"  {who.called}", said] for who, said in zip(members.members, one.said, strict=True)]
    yield Table([Column("What each has"), Column(wraps=True)], rows)
    for each in panel.dissents:
        unit, values = each.called.unit, [*each.values, each.pooled]
        names = [*(f"{who.called} (weight {who.weight:.2g})" for who in members.members), "Pooled"]
        yield EMPTY
        yield Table(
            [Column(_head(each)), Column(), Column("histories")],
            [[name, _banded(unit, one), f"{one.histories:,}"] for name, one in zip(names, values, strict=True)],
        )
        yield EMPTY
        yield Text("Share of the variance that is seen between members")
        shares = [*each.attribution.shares, each.attribution.luck]
        names = [*(_difference(panel, place) for place in range(len(members.differences))), "not told apart from luck"]
        told = sorted(zip(names[:-1], shares[:-1], strict=True), key=lambda pair: -pair[1].value)
        lines = [[name, *_with_interval(share)] for name, share in [*told, (names[-1], shares[-1])]]
        yield Table([Column("Difference"), Column("share"), Column("95 %")], lines)
    yield EMPTY
    yield Text(f"What would turn it: whether {aim(panel.condition, panel.scenario)}")
    yield Table(
        [Column("Member, and what is taken alone"), Column("from whom", wraps=True), Column("now"), Column("then"),
         Column("turns it", wraps=True)],
        list(_turns(panel)),
    )  # fmt: skip
    yield from (Text(f"Left out: {name} {reason}.", 0, 2, style="quiet") for name, reason in panel.left_out.items())


def files(panel: Panel) -> dict[str, str]:
    """Return a panel as the files of its folder: as text, as CSV and as JSON."""
    identity = identity_of(panel.scenario, panel.plan)
    tables = {"panel": panel.as_dicts(), "dissent": panel.dissent(), "turning": panel.turned()}
    members = [one.model_dump(mode="json") for one in panel.manifest().members]
    about = {"note": WHAT_IT_IS_NOT, **identity.about(panel.plan.replications), "mixtures": panel.mixtures}
    told = {**about, "members": members, "conclusion": str(panel.condition), "left_out": panel.left_out, **tables}
    return {
        "panel.txt": text_file(answer(panel), rest(panel)),
        "panel.json": json.dumps(told, indent=2, allow_nan=False) + "\n",
        **{f"{name}.csv": with_scenario(csv_of(rows), identity.label) for name, rows in tables.items()},
    }


def _opening(panel: Panel) -> Iterator[Block]:
    identity = identity_of(panel.scenario, panel.plan)
    size = identity.size_of(panel.plan.replications, f" of each of {panel.mixtures:,} mixtures")
    yield Title(f"Panel over {identity.scenario}", size)
    yield EMPTY
    yield Text(" ".join(opening(panel.findings, lines=LINES)))
    yield EMPTY


def _head(one: Dissent) -> str:
    return with_unit(one.called.label, one.called.unit)


def _said(panel: Panel, dissents: Sequence[Dissent], place: int) -> list[str]:
    """Return what a member says of outcomes; the one behind the last is all of them pooled."""
    members = panel.members.members
    leading, *others = [(one.called.unit, [*one.values, one.pooled][place]) for one in dissents]
    name = members[place].called if place < len(members) else "Pooled"
    return [name, _banded(*leading), *(beside(v.value, v.low, v.high, unit) for unit, v in others)]


def _banded(unit: str, value: Value) -> str:
    return with_band(value.value, value.low, value.high, unit)


def _difference(panel: Panel, place: int) -> str:
    one = panel.members.differences[place]
    more = f" and {len(one.paths) - 1} more" if len(one.paths) > 1 else ""
    return f"{knob_heading(one.paths[0], panel.scenario)}{more}"


def _dissent(panel: Panel, dissents: Sequence[Dissent], top: int) -> Table:
    """Return the least, mean and most of what members differ in, and how much of the variance goes with it."""
    weights, told = panel.members.weights, [one for one in dissents if one.attribution.is_told]

    def most(at: int) -> float:
        return max((one.attribution.shares[at].value for one in told), default=0.0)

    rows = []
    for at in sorted(range(len(panel.members.differences)), key=most, reverse=True)[:top]:
        central = panel.members.differences[at].central
        ends = ["", "no number", ""]
        if central is not None:
            mean = sum(weight * value for weight, value in zip(weights.tolist(), central, strict=True))
            ends = [rounded(value, 2) for value in (min(central), mean, max(central))]
        rows.append([_difference(panel, at), *ends, *(_share(one, one.attribution.shares[at]) for one in dissents)])
    heads = [f"{'share' if place == 0 else 'and'} of {_lower(one)}" for place, one in enumerate(dissents)]
    columns = [Column("What divides them", wraps=True, least=30), *(Column(head) for head in ("least", "mean", "most"))]
    return Table([*columns, *(Column(head, spare=at) for at, head in enumerate(heads))], rows)


def _lower(one: Dissent) -> str:
    return one.called.label[:1].lower() + one.called.label[1:]


def _share(one: Dissent, share: Share) -> str:
    return _percent(share.value) if one.attribution.is_told else NOT_TOLD


def _percent(share: float) -> str:
    return f"{round(100 * share) + 0:,} %"


def _with_interval(share: Share) -> tuple[str, str]:
    return _percent(share.value), band(share.low, share.high, "share") if share.high > share.low else ""


def _turns(panel: Panel) -> Iterator[list[str]]:
    members, last = panel.members.members, None

    def told(value: float) -> str:
        return _percent(value) if panel.condition.statistic == "share" else rounded(value)

    for one in panel.turning:
        if one.member != last:
            last, own = one.member, one.own.statistic
            says = "not known" if own is None else told(own)
            yield [f"{members[one.member].called} ({says})"]
        now = "" if one.now is None else rounded(one.now)
        turns = one.answer if one.needed is None else f"at {rounded(one.needed)}"
        then = "" if one.then.statistic is None else told(one.then.statistic)
        yield [f"  {_difference(panel, one.difference)}", members[one.toward].called, now, then, turns]
