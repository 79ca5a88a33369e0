"""Panels as text for the terminal: who says what, what divides them, and what would turn what they conclude."""

import json
from collections.abc import Iterator, Sequence

from sim.results.identity import identity_of
from sim.results.tables import csv_of, with_scenario
from sim.studies.panel import Dissent, Panel, Value
from sim.studies.shapley import Share
from sim.studies.turning import Turn
from sim.words import WHAT_IT_IS_NOT
from sim.words.findings import opening
from sim.words.findings.panel import difference_label, nearest_turns
from sim.words.findings.studies import aim
from sim.words.labels import knob_heading, with_unit
from sim.words.layout import EMPTY, Block, Column, Table, Text, Title, as_text, text_file
from sim.words.numbers import band, rounded, with_band

# judgement: what fits a screen with a title, findings, members and what comes last: a line each for what it is not, what was
# written, what is next and the prompt.
SCREEN, LAST, LINES, TOP = 24, 4, 4, 3
# judgement: of more members not each can have two lines.
FEW = 4
NOT_TOLD = "."


def answer(panel: Panel) -> Iterator[Block]:
    """Yield what divides members, what each says and what would turn each: as much as fits a screen."""
    identity = identity_of(panel.scenario, panel.plan)
    size = identity.size_of(panel.plan.replications, f" of each of {panel.mixtures:,} mixtures")
    told: list[Block] = [Title(f"Panel over {identity.scenario}", size), EMPTY]
    told += [Text(" ".join(opening(panel.findings, lines=LINES))), EMPTY, *_concluded(panel), EMPTY]
    differences = _dissent(panel, panel.dissents[:1], TOP, ["share of the variance"])
    heads = len(as_text([differences._replace(rows=differences.rows[:1])]).splitlines()) - 1
    room = SCREEN - LAST - len(as_text(told).splitlines()) - heads
    told[-1:] = [EMPTY, differences._replace(rows=differences.rows[:room])] if room > 0 else []
    yield from told


def rest(panel: Panel) -> Iterator[Block]:
    """Yield what each member says of each difference, all shares with their intervals, and each turn of the conclusion."""
    members = panel.members
    yield from (Text(one.sentence, 0, 2) for one in panel.findings)
    yield EMPTY
    heads = [f"{'and' if place else 'share'} of {_lower(one)}" for place, one in enumerate(panel.dissents)]
    yield _dissent(panel, panel.dissents, len(members.differences), heads)
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


def _head(one: Dissent) -> str:
    return with_unit(one.called.label, one.called.unit)


def _concluded(panel: Panel) -> Iterator[Block]:
    """Yield what members say, whether they draw the conclusion, and what alone would have each conclude otherwise."""
    leading, members = panel.dissents[0], panel.members.members
    nearest = nearest_turns(panel)
    places = [one.difference for one in nearest.values()]
    main = max(sorted({*places}), key=places.count, default=None)
    label = "" if main is None else difference_label(panel, panel.members.differences[main])
    rows = []
    for at, (member, value) in enumerate(zip(members, leading.values, strict=True)):
        turns = [one for one in panel.turning if one.member == at]
        holds = turns[0].own.holds if turns else None
        concludes = "not known" if holds is None else "yes" if holds else "no"
        rows.append(
            [member.called, _banded(leading.called.unit, value), concludes, _other(panel, turns, nearest.get(at), label)]
        )
    rows.append(["Pooled", _banded(leading.called.unit, leading.pooled), "", ""])
    turn = f"otherwise if {label} were" if label else "what would turn it"
    yield Text(f"Who concludes that {aim(panel.condition, panel.scenario)}", 0, 2)
    yield Table([Column("Member"), Column(_head(leading)), Column("so?"), Column(turn, wraps=True, least=30)], rows)


def _other(panel: Panel, turns: Sequence[Turn], nearest: Turn | None, main: str) -> str:
    """Return what would have a member conclude otherwise, named where that is another difference than the main one."""
    if nearest is None:
        return "luck may decide" if any(one.answer == "not settled" for one in turns) else "no difference alone"
    if nearest.needed is None or nearest.now is None:
        said = f"as '{panel.members.members[nearest.toward].called}' sees it"
    else:
        bound = "at least" if nearest.needed > nearest.now else "at most"
        said = f"{bound} {rounded(nearest.needed, 2)} (now {rounded(nearest.now, 2)})"
    label = difference_label(panel, panel.members.differences[nearest.difference])
    if label == main:
        return said
    return f"{label} {said}" if len(panel.members.members) <= FEW else "another: --full"


def _banded(unit: str, value: Value) -> str:
    return with_band(value.value, value.low, value.high, unit)


def _difference(panel: Panel, place: int) -> str:
    one = panel.members.differences[place]
    more = f" and {len(one.paths) - 1} more" if len(one.paths) > 1 else ""
    return f"{knob_heading(one.paths[0], panel.scenario)}{more}"


def _dissent(panel: Panel, dissents: Sequence[Dissent], top: int, heads: Sequence[str]) -> Table:
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
    columns = [Column("What divides them", wraps=True, least=30), *(Column(head) for head in ("least", "mean", "most"))]
    shares = [Column(head, wraps=len(heads) == 1, least=len(head), spare=at) for at, head in enumerate(heads)]
    return Table([*columns, *shares], rows)


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
