"""What pages hold: of a run, of runs beside one another, of a sweep, a break-even, choices, assumptions one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sim.ensemble.lucks import FEWEST_HISTORIES
from sim.model import HEADLINE, TOLD_OF_COMPARISONS
from sim.model.outcomes import SECTIONS
from sim.report.assumed import assumed, every_number, how_sure, sources
from sim.report.breakevens import break_even_picture, short_table
from sim.report.calibrations import (
    calibration_pictures,
    has_kept,
    left_as_assumed,
    statistics_table,
    told_tables,
)
from sim.report.choices import choices_picture, regret_table
from sim.report.differences import (
    both_sides,
    changed_rows,
    comparison_pictures,
    difference_of,
    difference_table,
    transition_table,
)
from sim.report.explorer import explorer
from sim.report.hindcasts import calibration_of_bands, forecast_pictures, left_out, no_ranking, score_tables
from sim.report.kept import Kept, Story, source_line
from sim.report.parts import Named, Picture, Piece, Table, Value
from sim.report.pictures import beside_pictures, run_pictures
from sim.report.story import story_pictures
from sim.report.sweeps import sweep_pictures
from sim.report.tornado import assumption_pictures
from sim.results.comparison import Comparison, Line
from sim.results.findings import Finding
from sim.results.history import failed_in_words
from sim.results.identity import Identity, identity_over, varied_in_words
from sim.results.ledger import Totals
from sim.results.manifest import BreakEvenManifest, CalibrationManifest, ChoicesManifest, OfScenario, OneAtATimeManifest
from sim.results.runs import Run
from sim.results.summary import Row
from sim.scenario import Scenario, ScenarioHead
from sim.studies.breakeven import BreakEven
from sim.studies.calibrate import Calibration
from sim.studies.choose import Choices
from sim.studies.condition import Condition
from sim.studies.kept_hindcast import KeptHindcast
from sim.studies.one_at_a_time import Assumption
from sim.studies.sweep import Sweep
from sim.words import precedents as on_record
from sim.words.breakeven import title_of, verdict
from sim.words.calibrate import HOW as HOW_HELD
from sim.words.choose import how
from sim.words.comparison import moved_lines, pairing_in_words, together
from sim.words.findings.choose import aim_in_words, lever_label
from sim.words.findings.comparison import of_comparisons
from sim.words.findings.pieces import joined, over_assumptions, share_of, with_interval
from sim.words.findings.run import what_script_decides
from sim.words.findings.studies import of_assumptions
from sim.words.hindcast import HOW as HOW_SCORED
from sim.words.labels import knob_label, with_unit
from sim.words.ledger import sentences
from sim.words.numbers import place_of, to_place
from sim.words.run import balance_sentences


@dataclass(frozen=True)
class Block:
    """A part of a page under a heading.

    Attributes
    ----------
    anchor : str
        What links to it end in, of words that stay.
    heading : str
    paragraphs, points : list of list of pieces
        As paragraphs, then as a list.
    tables : list of Table
    pictures : list of Picture
    folded : bool
        Whether all but its pictures are shown only when asked for.
    picture_first : bool
        Whether its pictures come before what is said.
    brief : int, optional
        How many of its pictures a brief page has; without it such a page leaves the part out.
    """

    anchor: str
    heading: str
    paragraphs: list[list[Piece]] = field(default_factory=list)
    points: list[list[Piece]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    folded: bool = False
    picture_first: bool = False
    brief: int | None = None

    def __bool__(self) -> bool:
        """Return whether there is anything under the heading."""
        return bool(self.paragraphs or self.points or self.tables or self.pictures)


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes
    ----------
    title, lead : str
    size : str
        How much was run: histories, horizon, seed.
    source : str
        The line below figures.
    blocks : list of Block
    sources : list of dict
        Of the numbers.
    manifests : dict of str to dict
        What made it, by the name of a run.
    last_day : int
        Of the horizon; 0 where figures over time do not point to rows of tables.
    found : list of list of pieces
        What is found, a sentence each, said first.
    brief : bool
        Whether it leaves out what two sheets of paper have no room for.
    explorer : dict, optional
        The points of a sweep, to be turned by hand.
    broken : list of str
        Which figures could not be drawn, and why, once it is made.
    """

    title: str
    lead: str
    size: str
    source: str
    blocks: list[Block]
    sources: list[dict[str, Any]]
    manifests: Mapping[str, Mapping[str, Any]]
    last_day: int = 0
    found: list[list[Piece]] = field(default_factory=list)
    brief: bool = False
    explorer: dict[str, Any] | None = None
    broken: list[str] = field(default_factory=list)


# A run


def run_page(kept: Kept, story: Story | None, why_no_story: str = "") -> Page:
    """Return the page of a run, with one of its histories, or why there is none."""
    scenario, run = kept.run.scenario, kept.run
    pictures = {picture.name: picture for picture in run_pictures(kept)}

    def chosen(*names: str) -> list[Picture]:
        return [pictures[name] for name in names if name in pictures]

    failed: list[list[Piece]] = []
    if told := failed_in_words(run):
        failed = [[f"{told} (failures.csv). Nothing else is known of them, and no figure counts them."]]
    bands: list[list[Piece]] = [[WHAT_BANDS_ARE if run.draws is not None else NO_BANDS]] if run.drawn else []
    why = sentences(kept.names, Totals(run.ledger))
    balance = balance_sentences(scenario, run.outcomes, run.drawn)
    blocks = [
        Block("where", "What came out", [*failed, *bands], tables=[_in_short(kept)], pictures=chosen("standing"),
              picture_first=True, brief=1),
        _on_record_block(kept),
        Block("why", "Why there is no deal", points=[[text] for text in why], pictures=chosen("ledger", "worth", "beliefs"),
              brief=1),
        Block("course", "The course of the war", points=[[text] for text in balance],
              pictures=chosen("ground", "casualties", "forces", "fire", "aid", "wills", "danger", "incidence", "ceasefires"),
              brief=2),
        _story_block(kept, story, why_no_story),
        Block("outcomes", "All outcomes", tables=list(_summary_tables(kept)), folded=True),
        _assumed_block(scenario, run.days, decides=_told(what_script_decides(scenario, run.days, run.unscripted))),
        _numbers_block(scenario),
    ]  # fmt: skip
    title, lead = run.identity.line, _lead(scenario, run.identity)
    shown = [block for block in blocks if block]
    size, made = run.identity.size_of(run.replications), {run.called: kept.manifest.model_dump(mode="json")}
    return Page(title, lead, size, kept.source, shown, sources(scenario), made, run.days, _told(run.findings))


def _lead(scenario: Scenario[ScenarioHead], identity: Identity) -> str:
    """Return what a scenario says of itself, which what was set may have overtaken."""
    description = scenario.world.description
    return f"The scenario, before what was set: {description}" if identity.settings and description else description


def _story_block(kept: Kept, story: Story | None, why_none: str) -> Block:
    if story is not None:
        return Block("history", "One history", pictures=list(story_pictures(kept, story)))
    return Block("history", "One history", [[f"None is told: {why_none}."]])


# Of a column: the band of the assumptions.
OVER = "over the assumptions"
WHAT_BANDS_ARE = (
    "In brackets: what more histories would change, with 95 %. Over the assumptions: between what it lies in 95 % of the "
    "draws of all that is uncertain in the scenario, luck taken out; more histories do not narrow it."
)
NO_BANDS = (
    f"In brackets: what more histories would change, with 95 %. How far the assumptions move what came out is told where "
    f"there are {FEWEST_HISTORIES} of them or more."
)


def _in_short(kept: Kept) -> Table:
    """Return a table of few lines: how histories end, and what studies look at unless they are told otherwise."""
    rows = [row for row in kept.run.summary if row.section == "endings"]
    rows += [row for name in HEADLINE for row in kept.run.summary if row.id == name and row not in rows and row.n]
    heading, over = SECTIONS["endings"].heading.format(end=kept.end.isoformat()), _over(rows)
    table = Table(
        "Endings and main outcomes, with 95 % intervals (summary.csv)", ["", heading, *over, "nine tenths of histories"], []
    )
    for row in rows:
        label = with_unit(row.alone if row.section != "endings" else row.label, row.unit)
        value = _share_cell(row) if row.share is not None else _mean_cell(row)
        table.rows.append([label, value, *_over_cell(row, over), _range_cell(row)])
    return table


def _on_record_block(kept: Kept) -> Block:
    """Return how other wars, truces and talks went, beside the shares of the run that they are like."""
    rows = {row.id: row for row in kept.run.summary}
    found = kept.run.precedents
    table = Table("How often, of how many, with 95 % intervals, beside the shares of this run (summary.csv)",
                  [on_record.HEADING, "n", "share, 95 %", on_record.BESIDE], [])  # fmt: skip
    for one in found:
        own = [[rows[name].alone, " ", *share_of(rows[name], "")] for name in one.outcomes if rows[name].share is not None]
        table.rows.append([*on_record.cells(one), [*joined(own, "; ")]])
    what: list[list[Piece]] = [[f"How others went. {on_record.WHAT_THEY_ARE}"]]
    told: list[list[Piece]] = [[line] for line in on_record.sources(found)]
    return Block("on-record", "What is on record", what, told, [table]) if found else Block("on-record", "")


def _share_cell(row: Row) -> list[Piece]:
    return ["never"] if row.share is None else [*share_of(row, "")]


def _mean_cell(row: Row) -> list[Piece]:
    """Return the mean with its interval; its unit is said elsewhere."""
    if row.mean is None:
        return ["never"]
    of, columns = ("summary.csv", row.id), ("mean", "low", "high")
    return [*with_interval(row.mean, row.low, row.high, "", of, columns=columns, words="")]


def _range_cell(row: Row) -> list[Piece]:
    """Return between which values nine tenths of the histories lie, with the digits that the terminal shows too."""
    if row.p05 is None or row.p95 is None:
        return []
    place = place_of(row.low, row.high)
    low, high = (
        Value(to_place(end, place), end, f"summary.csv|{row.id}|{name}")
        for end, name in ((row.p05, "p05"), (row.p95, "p95"))
    )
    return [low, " .. ", high]


def _over(rows: Sequence[Row]) -> list[str]:
    """Return the head of the band of the assumptions, of rows that have any."""
    return [OVER] if any(row.least is not None for row in rows) else []


def _over_cell(row: Row, over: Sequence[str]) -> list[list[Piece]]:
    """Return the cells of the band of the assumptions: one if there is such a column."""
    return [[*over_assumptions(row, before="")] for _ in over]


def _summary_tables(kept: Kept) -> Iterator[Table]:
    """Yield the summary, a table for each of its sections."""
    for name, section in SECTIONS.items():
        rows = [row for row in kept.run.summary if row.section == name]
        over = _over(rows)
        caption = section.heading.format(end=kept.end.isoformat(), span=f"{kept.run.days:,} days") + " (summary.csv)"
        of = {row.id: Value(f"{row.n:,}", row.n, f"summary.csv|{row.id}|n") for row in rows}
        if rows and section.of_shares:
            header = ["", "share (95 %)", *over, "of"]
            yield Table(caption, header, [[row.label, _share_cell(row), *_over_cell(row, over), of[row.id]] for row in rows])
        elif rows:
            header = ["", "mean (95 % interval)", *over, "5 % .. 95 % of histories", "unit", "histories"]
            yield Table(caption, header, [
                [row.label, _mean_cell(row), *_over_cell(row, over), _range_cell(row), row.unit, of[row.id]] for row in rows
            ])  # fmt: skip


# Runs beside one another


def comparison_page(found: Sequence[Comparison], kept: Sequence[Kept] = ()) -> Page:
    """Return the page of comparisons with one base; with the course of the runs, where they are kept in folders."""
    base = found[0].left
    runs = [base, *(one.right for one in found)]
    how = "pairs of histories on the same luck" if found[0].paired else "histories each, unpaired"
    several = f" {together(len(found))}" if found[0].comparisons > 1 else ""
    pictures = {picture.name: picture for picture in beside_pictures(kept)} if kept else {}
    # The first one tells the answer at a glance, whatever was changed.
    differences, *others = comparison_pictures(found)
    course = [pictures.pop("courses")] if kept else []
    blocks = [
        Block("changes", "What came out", [[f"{found[0].pairs:,} {how}.{several}"]], tables=[_in_few_lines(found)],
              pictures=[differences], picture_first=True, brief=1),
        *(_changed_block(one) for one in found),
        Block("course", "The course of the war", pictures=[*course, *others], brief=len(course) or None),
        Block("bargain", "What could be signed", pictures=list(pictures.values())),
        *(_differences_block(one) for one in found),
        _assumed_block(base.scenario, base.days, f"What is assumed in {base.called}"),
        _numbers_block(base.scenario),
    ]  # fmt: skip
    manifests = {run.called: run.about() for run in runs}
    size = base.identity.size_of(min(run.replications for run in runs))
    cited = {one["key"]: one for run in runs for one in sources(run.scenario)}
    title, shown = _against(base, runs[1:]), [block for block in blocks if block]
    lead, told = base.identity.line, _told(of_comparisons(found))
    return Page(title, lead, size, source_line(*runs), shown, list(cited.values()), manifests, base.days, told)


def _against(base: Run, others: Sequence[Run]) -> str:
    """Return the title of a comparison: all that tells its runs apart from any other."""
    if len(others) == 1:
        return f"{others[0].identity.line}, against {base.identity.line}"
    # Titles of many would fill a screen.
    briefly = [run.identity.in_short for run in (base, *others)]
    return f"{', '.join(briefly[1:])} against {briefly[0]}"


def _changed_block(one: Comparison) -> Block:
    """Return what differs in what is assumed, without columns that say nothing."""
    world, rows = one.right.scenario.world, changed_rows(one)
    header = ["what", one.left.called, one.right.called, "unit", "meaning"]
    kept = [place for place in range(len(header)) if place < 3 or any(row[place] for row in rows)]
    table = Table(
        f"What differs from {one.left.called}", [header[at] for at in kept], [[row[at] for at in kept] for row in rows]
    )
    said: list[list[Piece]] = [[f"{world.title}. {world.description}"]]
    if not rows:
        said.append(["Nothing differs in what is assumed."])
    return Block("changed", f"What was changed in {one.right.called}", said, tables=[table] if rows else [],
                 brief=0)  # fmt: skip


def _differences_block(one: Comparison) -> Block:
    said: list[list[Piece]] = []
    tables = [difference_table(one)]
    if one.paired:
        said = [[f"Pairing: {pairing_in_words(one)}"], [next(moved_lines(one)).rstrip(":.") + "."]]
        tables.append(transition_table(one))
    return Block("numbers-of", f"{one.right.called} against {one.left.called}, in numbers", said, tables=tables, folded=True)


def _in_few_lines(found: Sequence[Comparison]) -> Table:
    """Return a table of the main outcomes: what each is in the base and in each other, and the difference."""
    base = found[0].left.called
    caption = (
        f"From what it is in {base} to what it is in the other, and the difference, with 95 % intervals (comparison.csv)"
    )
    table = Table(caption, ["", *(one.right.called for one in found)], [])
    for line in (line for line in found[0].lines if line.id in TOLD_OF_COMPARISONS):
        own = [next((other for other in one.lines if other.id == line.id), None) for one in found]
        cells = [_from_to(one, other) for one, other in zip(found, own, strict=True)]
        table.rows.append([with_unit(line.alone, line.unit), *cells])
    return table


def _from_to(one: Comparison, line: Line | None) -> list[Piece]:
    """Return what an outcome is in both, and the difference."""
    difference = line.difference if line is not None else None
    if line is None or difference is None:
        return ["too few histories"]
    if difference.same:
        return [*difference_of(one, line)]
    left, right = both_sides(difference, line.unit, ("comparison.csv", one.left.name, one.right.name, line.id))
    some = f", in {difference.pairs:,} histories that have it in both" if difference.pairs < one.pairs else ""
    return [left, " to ", right, ": ", *difference_of(one, line), some]


# Studies


def sweep_page(sweep: Sweep, manifest: OfScenario, until: Condition | None) -> Page:
    """Return the page of a sweep."""
    knobs = joined([[Named(knob_label(knob.path, sweep.scenario), knob.path)] for knob in sweep.knobs])
    histories = sweep.plan.replications
    says: list[Piece] = [
        f"{len(sweep.points):,} points with {histories:,} histories each, on the same luck, over ", *knobs,
        ". Differences between points are surer than the intervals of their values.",
    ]  # fmt: skip
    block = Block("outcomes", "What came out", [says], pictures=list(sweep_pictures(sweep, until)), brief=2)
    over = varied_in_words([knob_label(knob.path, sweep.scenario) for knob in sweep.knobs], sweep.points, sweep.design)
    page = _study_page(f"a sweep {over}", sweep.scenario, manifest, [block], sweep.findings)
    return replace(page, explorer=explorer(sweep))


def break_even_page(found: BreakEven, manifest: BreakEvenManifest) -> Page:
    """Return the page of a break-even, which was read with its scenario."""
    assert found.scenario is not None, "read with it"
    # What is settled the findings and the figure say; the rest needs a sentence more.
    plain = found.settled and found.at is not None and not found.jumps and len(found.crossings) == 1
    said: list[list[Piece]] = [] if plain else [[text] for text in verdict(found)]
    pictures = [break_even_picture(found, manifest.replications)] if found.histories else []
    block = Block("outcomes", "What came out", said, tables=[short_table(found)], pictures=pictures,
                  picture_first=bool(pictures), brief=1)  # fmt: skip
    return _study_page(title_of(found), found.scenario, manifest, [block], found.findings)


def choices_page(found: Choices, manifest: ChoicesManifest) -> Page:
    """Return the page of choices."""
    said = [f"Aim {number}: {aim_in_words(aim, found.scenario)}." for number, aim in enumerate(found.aims, 1)]
    block = Block(
        "outcomes", "What came out", [[line] for line in (*said, *how(found))], tables=[regret_table(found)],
        pictures=[choices_picture(found)], picture_first=True, brief=1,
    )  # fmt: skip
    levers = ", ".join(lever_label(lever, found.scenario) for lever in found.levers)
    return _study_page(f"{len(found.choices):,} choices of {levers}", found.scenario, manifest, [block], found.findings)


def assumptions_page(
    assumptions: Sequence[Assumption], scenario: Scenario[ScenarioHead], manifest: OneAtATimeManifest
) -> Page:
    """Return the page of assumptions taken one at a time."""
    says: list[Piece] = [
        "Each assumption alone at the 5 % and the 95 % of what it may be, each certain number that is judged at both ends "
        "of a plausible band, other structures of the model, and without each event, offensive and red line, on the same "
        "luck."
    ]
    block = Block(
        "picture",
        "What would change the picture",
        [says],
        pictures=list(assumption_pictures(assumptions, manifest.outcomes, scenario)),
        brief=1,
    )
    found = of_assumptions(assumptions, {name: one.unit for name, one in manifest.outcomes.items()}, scenario)
    return _study_page("what would change the picture", scenario, manifest, [block], found)


NONE_KEPT = (
    "There is no posterior: the nearest histories are far from the data in what is out of reach, so that none are kept."
)
KEPT_ANYWAY = "The nearest histories are kept all the same, since that was asked for; they do not agree with the data."


def calibration_page(found: Calibration, manifest: CalibrationManifest) -> Page:
    """Return the page of a calibration: without a posterior where no assumption reaches the data."""
    *fits, last = calibration_pictures(found)
    fits, pairs = (fits, [last]) if last.name == "pairs" else ([*fits, last], [])
    far = NONE_KEPT if not has_kept(found) else "" if found.is_reached else KEPT_ANYWAY
    told, rest = told_tables(found)
    left = left_as_assumed(found)
    blocks = [
        Block("fit", "What was observed, and what histories have", [[far]] if far else [], pictures=fits, brief=2),
        Block("statistics", "What histories are held against", tables=[statistics_table(found)], brief=0),
        Block("said", "What the data say", tables=[told] if told else [], pictures=pairs, brief=1),
        Block("left", "What is left as it is assumed", [left] if left else [], tables=[rest] if rest else [], folded=True),
        Block("how", "How histories are held against data", [[line] for line in HOW_HELD], folded=True),
    ]  # fmt: skip
    what = f"held against {found.data.path.name} until {found.data.cutoff}"
    return _study_page(what, found.scenario, manifest, [one for one in blocks if one], found.findings, each="")


def hindcast_page(found: KeptHindcast) -> Page:
    """Return the page of forecasts as of earlier dates: rivals stand beside ours, and the best of each column is marked."""
    best = (
        "In bold: the best of each column among those who told of everything, whoever it is; of CRPS, in parts of ours in "
        "the same months, of those who told of half. Ours are marked as such."
    )
    ranking = no_ranking(found)
    blocks = [
        Block("course", "What was told, and what came", pictures=list(forecast_pictures(found)), brief=2),
        Block("scores", "Scores, beside rivals", [*([ranking] if ranking else []), [best]], tables=list(score_tables(found)),
              brief=0),
        Block("bands", "What bands held", pictures=list(calibration_of_bands(found)), brief=2),
        Block("left-out-here", "What was left out", points=left_out(found)),
        Block("how", "How forecasts are made and scored", [[line] for line in HOW_SCORED], folded=True),
    ]  # fmt: skip
    origins = [one.origin for one in found.manifest.origins]
    when = f"as of {origins[0]}" if len(origins) == 1 else f"as of {len(origins):,} origins, {origins[0]} to {origins[-1]}"
    told = [Finding("fit", (sentence,)) for sentence in found.findings]
    what = f"told {when}, held against {found.data}"
    return _study_page(what, found.scenario, found.manifest, [one for one in blocks if one], told, " from each origin")


def _study_page(
    what: str, scenario: Scenario[ScenarioHead], manifest: OfScenario, drawn: Sequence[Block], found: Sequence[Finding],
    each: str = " each",
) -> Page:  # fmt: skip
    blocks = [*drawn, _assumed_block(scenario, manifest.days), _numbers_block(scenario)]
    identity = identity_over(scenario, manifest.days, manifest.seed)
    about = {identity.called: manifest.model_dump(mode="json")}
    size = identity.size_of(manifest.replications, each)
    title, lead = f"{identity.line}: {what}", _lead(scenario, identity)
    source = study_source(scenario, manifest, " a point" if each == " each" else each)
    return Page(title, lead, size, source, blocks, sources(scenario), about, found=_told(found))


def study_source(scenario: Scenario[ScenarioHead], manifest: OfScenario, each: str = " a point") -> str:
    """Return the line below a figure of a study; its histories are those of each point, or of all of it."""
    identity = identity_over(scenario, manifest.days, manifest.seed)
    span = f" · {identity.days}" if identity.span else ""
    return (
        f"Parley {manifest.parley} · {identity.cited}{span} · seed {manifest.seed} · "
        f"{manifest.replications:,} histories{each} · a stylised model, not a forecast"
    )


# What all have


def _told(findings: Sequence[Finding]) -> list[list[Piece]]:
    return [list(one.pieces) for one in findings]


def _assumed_block(
    scenario: Scenario[ScenarioHead], days: int, heading: str = "What is assumed", decides: Sequence[list[Piece]] = ()
) -> Block:
    note: list[Piece] = ["In brackets: the range with nine tenths of what an uncertain number may be. ", *how_sure(scenario)]
    return Block("assumed", heading, [note], points=[*assumed(scenario, days), *decides], folded=True)


def _numbers_block(scenario: Scenario[ScenarioHead]) -> Block:
    what = "Every value that is assumed or simulated, with the keys of its sources; these are listed below."
    return Block(
        "values", "Every number and where it comes from", [[what]], tables=list(every_number(scenario)), folded=True
    )
