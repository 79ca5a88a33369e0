"""Pages: one self-contained HTML file of a run, a comparison or a study.

All text is escaped by the template engine but three texts of our own: the style, the script and the figures. The page carries
a policy that lets nothing else act: no other script or style, and no request.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sim import __version__
from sim.report.assumed import assumed, every_number, how_sure, left_out, sources
from sim.report.differences import changed_rows, comparison_pictures, difference_table, transition_table
from sim.report.kept import Kept, Story, source_line
from sim.report.over_time import run_pictures
from sim.report.parts import Picture, Piece, Table, Value, listed
from sim.report.story import story_pictures
from sim.report.studies import KeptAssumptions, KeptSweep, assumption_pictures, sweep_pictures
from sim.report.svg import inline
from sim.results.compared import moved_lines, pairing_in_words
from sim.results.comparison import Comparison
from sim.results.ledger import entries_of
from sim.results.store import StoreError
from sim.results.summary import WHAT_IT_IS_NOT, Row, told
from sim.results.tables import HEADINGS, SECTIONS_OF_SHARES
from sim.scenario import Scenario, ScenarioHead
from sim.studies.condition import Condition

_TEMPLATES = Path(__file__).parent / "templates"
_LASTING = ("ceasefire_lasted_30_days", "ceasefire_lasted_365_days")


@dataclass(frozen=True)
class Block:
    """A part of a page under a heading.

    Attributes
    ----------
    heading : str
    paragraphs : list of list of pieces
    points : list of list of pieces
        As a list of points.
    tables : list of Table
    pictures : list of Picture
    folded : bool
        Whether its tables are shown only when asked for.
    """

    heading: str
    paragraphs: list[list[Piece]] = field(default_factory=list)
    points: list[list[Piece]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    folded: bool = False


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes
    ----------
    title, lead : str
    source : str
        The line below figures.
    blocks : list of Block
    sources : list of dict
        Of the numbers.
    manifests : dict of str to dict
        What made it, by the name of a run.
    last_day : int
        Of the horizon; 0 where figures over time do not point to rows of tables.
    """

    title: str
    lead: str
    source: str
    blocks: list[Block]
    sources: list[dict[str, Any]]
    manifests: dict[str, Mapping[str, Any]]
    last_day: int = 0


# What pages hold


def run_page(kept: Kept, story: Story) -> Page:
    """Return the page of a run, with one of its histories."""
    scenario, run = kept.run.scenario, kept.run
    pictures = {picture.name: picture for picture in run_pictures(kept)}

    def chosen(*names: str) -> list[Picture]:
        return [pictures[name] for name in names if name in pictures]

    sentences: list[list[Piece]] = [[text] for text in told(scenario, run.outcomes, run.drawn, entries_of(run.ledger))]
    blocks = [
        _assumed_block(scenario, run.days),
        Block("What came out", [came_out(kept)], tables=list(_summary_tables(kept)), folded=True),
        Block("How the fighting ends, and how long it stays quiet", pictures=chosen("incidence", "ceasefires")),
        Block(
            "Why there is no deal, and what both sides have to gain",
            points=sentences,
            pictures=chosen("ledger", "worth", "beliefs"),
        ),
        Block("The course of the war", pictures=chosen("forces", "casualties", "ground", "fire", "aid")),
        Block("One history", pictures=list(story_pictures(kept, story))),
        *_ending_blocks(scenario),
    ]
    blocks = [block for block in blocks if block.paragraphs or block.points or block.tables or block.pictures]
    title = scenario.world.title
    return Page(
        title, scenario.world.description, kept.source, blocks, sources(scenario), {run.name: kept.manifest}, run.days
    )


def comparison_page(found: Sequence[Comparison]) -> Page:
    """Return the page of comparisons with one base."""
    base = found[0].left
    runs = [base, *(one.right for one in found)]
    changed = [
        Block(
            f"What was changed in {one.right.name}",
            [[one.right.scenario.world.title], [one.right.scenario.world.description]],
            tables=[Table(f"What differs from {base.name}", ["path", base.name, one.right.name, "unit", "meaning"], changed_rows(one))]
            if one.changed else [],
        )
        for one in found
    ]  # fmt: skip
    results = [
        Block(
            f"{one.right.name} against {base.name}, in numbers",
            [[f"Pairing: {pairing_in_words(one)}"], [next(moved_lines(one)).rstrip(":.") + "."]] if one.paired else [],
            tables=[difference_table(one), *([transition_table(one)] if one.paired else [])],
        )
        for one in found
    ]
    blocks = [
        _assumed_block(base.scenario, base.days, f"What {base.name} assumes"),
        *changed,
        Block("What it changed", [_compared(found)], pictures=list(comparison_pictures(found))),
        *results,
        *_ending_blocks(base.scenario),
    ]
    manifests = {
        run.name: {
            "parley": run.version,
            "scenario": run.name,
            "seed": run.seed,
            "replications": run.replications,
            "days": run.days,
        }
        for run in runs
    }
    names = [run.name for run in runs]
    title = f"{', '.join(names[1:])} against {names[0]}"
    cited = {one["key"]: one for run in runs for one in sources(run.scenario)}
    return Page(title, base.scenario.world.title, source_line(*runs), blocks, list(cited.values()), manifests, base.days)


def sweep_page(sweep: KeptSweep, scenario: Scenario[ScenarioHead], until: Condition | None) -> Page:
    """Return the page of a sweep."""
    manifest = sweep.manifest
    knobs = listed([[knob.path] for knob in sweep.knobs])
    says: list[Piece] = [f"{len(sweep.points):,} points, {int(manifest['replications']):,} histories each, on the same luck: over ", *knobs,
                         ". Differences between points are surer than the intervals of their values."]  # fmt: skip
    blocks = [
        _assumed_block(scenario, int(manifest["days"])),
        Block("What came out", [says], pictures=list(sweep_pictures(sweep, until))),
        *_ending_blocks(scenario),
    ]
    return _study_page(f"{scenario.world.title}: a sweep", scenario, manifest, blocks)


def assumptions_page(kept: KeptAssumptions, scenario: Scenario[ScenarioHead]) -> Page:
    """Return the page of assumptions taken one at a time."""
    says: list[Piece] = [
        "Each assumption alone at the 5 % and the 95 % of what it may be, and other structures of the model, on the same luck."
    ]
    blocks = [
        _assumed_block(scenario, int(kept.manifest["days"])),
        Block("What would change the picture", [says], pictures=list(assumption_pictures(kept))),
        *_ending_blocks(scenario),
    ]
    return _study_page(f"{scenario.world.title}: what would change the picture", scenario, kept.manifest, blocks)


def _study_page(title: str, scenario: Scenario[ScenarioHead], manifest: Mapping[str, Any], blocks: list[Block]) -> Page:
    return Page(
        title,
        scenario.world.description,
        study_source(manifest),
        blocks,
        sources(scenario),
        {str(manifest["scenario"]): manifest},
    )


def study_source(manifest: Mapping[str, Any]) -> str:
    """Return the line below a figure of a study."""
    return (
        f"Parley {manifest['parley']} · {manifest['scenario']} · seed {manifest['seed']} · {int(manifest['replications']):,} "
        "histories a point · a stylised model, not a forecast"
    )


def _assumed_block(scenario: Scenario[ScenarioHead], days: int, heading: str = "What is assumed") -> Block:
    note: list[Piece] = ["In brackets: the range with nine tenths of what an uncertain number may be. ", *how_sure(scenario)]
    return Block(heading, [note], points=list(assumed(scenario, days)))


def _ending_blocks(scenario: Scenario[ScenarioHead]) -> list[Block]:
    what = "Every value that is assumed or simulated, with the keys of its sources; these are listed below."
    return [Block("Every number and where it comes from", [[what]], tables=list(every_number(scenario)), folded=True)]


def came_out(kept: Kept) -> list[Piece]:
    """Return what came out, in sentences."""
    endings = [row for row in kept.run.summary if row.section == "endings"]
    said: list[Piece] = [f"Of {kept.run.replications:,} histories, on {kept.end.isoformat()}: "]
    said += listed([[f"{row.label} in ", *_share_cell(row)] for row in endings])
    said.append(".")
    deals = [row for row in kept.run.summary if row.id.startswith("deal_within_")]
    if deals:
        said += [" A deal is signed ", *listed([[f"{row.label} in ", *_share_cell(row)] for row in deals]), "."]
    lasting = [row for row in kept.run.summary if row.id in _LASTING]
    if lasting:
        said += [" The first ceasefire lasts ", *listed([[f"{row.label} in ", *_share_cell(row)] for row in lasting])]
        said.append(" of those that were watched so long.")
    losses = [
        row
        for row in kept.run.summary
        if row.id.startswith("casualties_") and row.section == "course" and row.p50 is not None
    ]
    if losses:
        said += [
            " Killed and wounded, in the median: ",
            *listed([[f"{row.label.partition(', ')[2]} ", *_median_cell(row)] for row in losses]),
        ]
        said.append(" (in brackets nine tenths of the histories).")
    return said


def _share_cell(row: Row) -> list[Piece]:
    assert row.share is not None and row.low is not None and row.high is not None, "a row of a share"
    of = ("summary.csv", row.id)
    low, high = (Value.in_unit(bound, "share", *of, name) for bound, name in ((row.low, "low"), (row.high, "high")))
    return [Value.in_unit(row.share, "share", *of, "share"), " (", low, " .. ", high, ")"]


def _median_cell(row: Row) -> list[Piece]:
    values = {name: float(getattr(row, name)) for name in ("p50", "p05", "p95")}
    size = max(abs(value) for value in values.values())
    middle, low, high = (
        Value.in_unit(value, row.unit, "summary.csv", row.id, name, size=size) for name, value in values.items()
    )
    return [middle, " (", low, " .. ", high, ")"]


def _summary_tables(kept: Kept) -> list[Table]:
    """Return the summary, a table for each of its sections."""
    found = []
    for name, heading in HEADINGS.items():
        rows = [row for row in kept.run.summary if row.section == name]
        if not rows:
            continue
        caption = heading.format(end=kept.end.isoformat(), span=f"{kept.run.days:,} days") + " (summary.csv)"
        if name in SECTIONS_OF_SHARES:
            found.append(
                Table(
                    caption,
                    ["", "share (95 % interval)", "of"],
                    [[row.label, _share_cell(row), _count(row)] for row in rows],
                )
            )
        else:
            header = ["", "median (5 % .. 95 %)", "mean (95 % interval)", "unit", "histories"]
            found.append(Table(caption, header, [[row.label, *_outcome_cells(row), row.unit, _count(row)] for row in rows]))
    return found


def _count(row: Row) -> Value:
    return Value(f"{row.n:,}", row.n, f"summary.csv|{row.id}|n")


def _outcome_cells(row: Row) -> list[Piece | list[Piece]]:
    if row.p50 is None or row.mean is None:
        return ["never", None]
    if row.low is None or row.high is None:
        return [_median_cell(row), Value.in_unit(row.mean, row.unit, "summary.csv", row.id, "mean")]
    size = max(abs(row.low), abs(row.high))
    mean, low, high = (
        Value.in_unit(value, row.unit, "summary.csv", row.id, name, size=size)
        for name, value in (("mean", row.mean), ("low", row.low), ("high", row.high))
    )
    return [_median_cell(row), [mean, " (", low, " .. ", high, ")"]]


def _compared(found: Sequence[Comparison]) -> list[Piece]:
    """Return the main differences in sentences."""
    base = found[0].left.name
    said: list[Piece] = [
        f"{found[0].pairs:,} {'pairs of histories on the same luck' if found[0].paired else 'histories each'}. "
    ]
    from sim.report.differences import difference_of

    for one in found:
        for outcome, words in (
            ("ceasefire_in_force", "A ceasefire in force at the end"),
            ("deal_within_24_months", "A deal within 24 months"),
        ):
            line = next((line for line in one.lines if line.id == outcome), None)
            if line is not None and line.difference is not None:
                said += [f"{words}, {one.right.name} against {base}: ", *difference_of(one, line), ". "]
    return said


# How pages are made


def html(page: Page) -> str:
    """Return a page as the text of one HTML file."""
    style, script = ((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; style-src '{_hash_of(style)}'; script-src '{_hash_of(script)}'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    return _environment().get_template("page.html").render(
        page=page, policy=policy, style=Markup(style), script=Markup(script), left_out=left_out(), version=__version__,
        what_it_is_not=WHAT_IT_IS_NOT, draw=lambda picture: _drawn(picture, page.source),
        manifests={name: json.dumps(dict(about), indent=2) for name, about in page.manifests.items()},
    )  # fmt: skip


def _drawn(picture: Picture, source: str) -> dict[str, Any]:
    # Our own drawing, in which Matplotlib has escaped every text.
    text, left, right = inline(picture, source)
    return {"svg": Markup(text), "left": round(left, 4), "right": round(right, 4)}


def _hash_of(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def write_page(text: str, path: Path, force: bool) -> None:
    """Write a page all at once.

    Raises
    ------
    StoreError
        When it is there already and `force` is not given, or cannot be written.
    """
    if path.exists() and not force:
        raise StoreError(f"{path} is there already; --force replaces it, --out FILE writes elsewhere")
    write_bytes(text.encode(), path)


def write_bytes(content: bytes, path: Path) -> None:
    """Write a file all at once, with its folder.

    Raises
    ------
    StoreError
        When it cannot be written; what was there is left as it was.
    """
    place = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            place = Path(file.name)
            file.write(content)
        # As any other file that is written here: a temporary one is for its owner only.
        mask = os.umask(0)
        os.umask(mask)
        place.chmod(0o666 & ~mask)
        os.replace(place, path)
    except OSError as error:
        if place is not None:
            place.unlink(missing_ok=True)
        raise StoreError(f"cannot write {path}: {error.strerror}") from error
