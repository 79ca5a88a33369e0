"""Results as notebooks show them: what was found, one figure, one table, in a piece of HTML that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sim.gate import shown
from sim.report.breakevens import break_even_picture, short_table
from sim.report.differences import comparison_pictures, difference_table
from sim.report.html import environment
from sim.report.kept import Kept, source_line
from sim.report.pages import study_source
from sim.report.parts import Picture, Piece, Table
from sim.report.pictures import run_pictures
from sim.report.stored import results_in
from sim.report.style import SCREEN, file_of
from sim.report.sweeps import sweep_pictures
from sim.results.comparison import MAIN_SECTIONS, Comparison
from sim.results.findings import Finding
from sim.results.frames import Tabular
from sim.results.identity import identity_of, varied_in_words
from sim.results.runs import Run, Runs
from sim.results.summary import Row
from sim.studies.breakeven import BreakEven
from sim.studies.sweep import Sweep
from sim.words.breakeven import title_of
from sim.words.findings.pieces import share_of
from sim.words.labels import knob_label

# judgement: more is not read in a notebook, and is in the frame.
MOST_ROWS, MOST_FINDINGS = 20, 4


class Fragment(NamedTuple):
    """A piece of a notebook; what is empty is not shown."""

    title: str
    size: str = ""
    found: Sequence[Sequence[Piece]] = ()
    picture: Picture | None = None
    table: Table | None = None
    source: str = ""


def fragment(found: Tabular) -> str:
    """Return a result as HTML."""
    one = _of(found)
    image = ""
    if one.picture is not None:
        # As an image, so that figures of one notebook have nothing to do with one another.
        image = base64.b64encode(file_of(one.picture, "svg", SCREEN, one.source)).decode()
    return environment().get_template("fragment.html").render(one=one, image=image, most=MOST_ROWS)


def _of(found: Tabular) -> Fragment:
    if isinstance(found, Run):
        # One in memory would have to run again for its figure.
        kept = results_in(found.folder) if found.folder is not None else None
        picture = next(run_pictures(kept), None) if isinstance(kept, Kept) else None
        return Fragment(
            found.identity.line, found.identity.size_of(found.replications), _told(found.findings), picture,
            _endings([found]), source_line(found),
        )  # fmt: skip
    if isinstance(found, Runs):
        return Fragment(f"{len(found):,} scenarios", table=_endings(found))
    if isinstance(found, Comparison):
        found = replace(found, lines=[line for line in found.lines if line.section in MAIN_SECTIONS])
        left, right = (run.identity for run in (found.left, found.right))
        table = difference_table(found)
        return Fragment(
            f"{right.line}, against {left.line}", left.size_of(found.pairs), _told(found.findings),
            next(iter(comparison_pictures([found])), None), table, source_line(found.left, found.right),
        )  # fmt: skip
    if isinstance(found, Sweep):
        identity = identity_of(found.scenario, found.plan)
        over = varied_in_words([knob_label(one.path, found.scenario) for one in found.knobs], found.points, found.design)
        return Fragment(
            f"{identity.line}: a sweep {over}", identity.size_of(found.plan.replications, " each"), _told(found.findings),
            next(iter(sweep_pictures(found, None)), None), source=study_source(found.scenario, found.manifest()),
        )  # fmt: skip
    if isinstance(found, BreakEven) and found.scenario is not None and found.plan is not None:
        identity = identity_of(found.scenario, found.plan)
        picture = break_even_picture(found, found.plan.replications) if found.histories else None
        return Fragment(
            f"{identity.line}: {title_of(found)}", identity.size_of(found.plan.replications, " each"),
            _told(found.findings), picture, short_table(found), study_source(found.scenario, found.manifest()),
        )  # fmt: skip
    return Fragment(repr(found).strip("<>"), table=_plain(found.as_dicts()))


def _told(findings: Sequence[Finding]) -> list[Sequence[Piece]]:
    return [one.pieces for one in findings[:MOST_FINDINGS]]


def _endings(runs: Sequence[Run]) -> Table:
    """Return how histories end, run beside run."""
    labels = {row.id: row.label for run in runs for row in run.summary if row.section == "endings"}
    known = [{row.id: row for row in run.summary} for run in runs]
    rows: list[Sequence[Piece | list[Piece]]] = [
        [label, *(_share(of.get(id)) for of in known)] for id, label in labels.items()
    ]
    return Table("How histories end, with 95 % intervals", ["", *(run.called for run in runs)], rows)


def _share(row: Row | None) -> list[Piece]:
    return ["never"] if row is None or row.share is None else [*share_of(row, "")]


def _plain(rows: Sequence[dict[str, Any]]) -> Table:
    """Return any table."""
    header = list(rows[0]) if rows else []
    return Table("", header, [[_cell(row[name]) for name in header] for row in rows])


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else shown(str(value))
