"""Findings: what results say, as sentences made from tested predicates over their tables.

Each function returns the findings of one kind of result, what weighs most first. The same findings open the terminal, pages,
`summary.md` and, as `run.findings`, Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.ensemble.run import Ensemble
from sim.results.comparison import Comparison
from sim.results.findings import Finding, findings_of
from sim.results.ledger import entries, held_of
from sim.results.runs import Run
from sim.results.summary import Row, blank_row
from sim.studies.assumptions import Study
from sim.studies.breakeven import BreakEven
from sim.studies.calibrate import Calibration
from sim.studies.choose import Choices
from sim.studies.condition import is_share
from sim.studies.discovered import Discovered
from sim.studies.hindcast import Hindcast
from sim.studies.one_at_a_time import MindChanging
from sim.studies.panel import Panel
from sim.studies.sensitivity import Sensitivity
from sim.studies.sobol import Sobol
from sim.studies.sweep import Sweep
from sim.words.findings import calibrate, choose, hindcast, studies
from sim.words.findings import panel as panels
from sim.words.findings.comparison import of_comparisons
from sim.words.findings.run import of_summary
from sim.words.layout import Text, wrap

WIDTH, LINES = 79, 4


def of_ensemble(ensemble: Ensemble, summary: Sequence[Row]) -> list[Finding]:
    """Return what is found in an ensemble that has just been run."""
    return of_summary(ensemble.scenario, summary, ensemble.plan.days, held_of(entries(ensemble)), ensemble.unscripted)


@findings_of.register
def of_run(run: Run) -> list[Finding]:
    """Return what is found in a run: how it ends, what stands in the way, what is scripted, what is not settled."""
    return of_summary(run.scenario, run.summary, run.days, held_of(run.ledger), run.unscripted)


@findings_of.register
def of_comparison(comparison: Comparison) -> list[Finding]:
    """Return what is found in a comparison: the largest differences, what was not found, what surprises."""
    return of_comparisons([comparison])


@findings_of.register
def of_sweep(sweep: Sweep) -> list[Finding]:
    """Return what is found in a sweep: how the main outcomes follow the knobs."""
    return studies.of_sweep(sweep)


@findings_of.register
def of_break_even(found: BreakEven) -> list[Finding]:
    """Return what is found in the search for a break-even: where it is, or that it is not in the range."""
    return studies.of_break_even(found)


@findings_of.register
def of_sensitivity(found: Sensitivity) -> list[Finding]:
    """Return which uncertain parameters decide an outcome."""
    return studies.of_sensitivity([found], found.scenario)


@findings_of.register
def of_sobol(found: Sobol) -> list[Finding]:
    """Return which factors decide an outcome with all their interplay."""
    return studies.of_sobol([found], found.scenario)


@findings_of.register
def of_mind_changing(found: MindChanging) -> list[Finding]:
    """Return which assumptions, each taken alone, move the outcomes most."""
    units = {
        name: "share" if is_share(values) else blank_row(found.scenario, name).unit if found.scenario is not None else ""
        for name, values in found.outcomes.items()
    }
    return studies.of_assumptions(found.assumptions, units, found.scenario)


@findings_of.register(Study)
def of_study(study: Study[Any]) -> list[Finding]:
    """Return what is found in a study of assumptions, of all its outcomes together."""
    if study.kind == "sensitivity":
        return studies.of_sensitivity(study.found, study.scenario)
    if study.kind == "sobol":
        return studies.of_sobol(study.found, study.scenario)
    (found,) = study.found
    return studies.of_assumptions(
        found.assumptions, {name: one.unit for name, one in study.outcomes.items()}, study.scenario
    )


@findings_of.register
def of_choices(found: Choices) -> list[Finding]:
    """Return which choice is robust, which is best on average, and where they fail."""
    return choose.of_choices(found)


@findings_of.register
def of_calibration(found: Calibration) -> list[Finding]:
    """Return whether assumptions reach data, and what these say of what is assumed."""
    return calibrate.of_calibration(found)


@findings_of.register
def of_hindcast(found: Hindcast) -> list[Finding]:
    """Return who told what came better, what bands held, and what cannot be said of so few origins."""
    return hindcast.of_hindcast(found)


@findings_of.register
def of_discovered(found: Discovered) -> list[Finding]:
    """Return where in the uncertain parameters an outcome is common, or rare."""
    return studies.of_discovered(found)


@findings_of.register
def of_panel(found: Panel) -> list[Finding]:
    """Return what divides the members of a panel, and what would turn what they conclude."""
    return panels.of_panel(found)


def opening(findings: Sequence[Finding], width: int = WIDTH, lines: int = LINES) -> list[str]:
    """Return what fits of findings into so many lines, as a paragraph; the first one whole in any case."""
    told: list[str] = []
    for one in findings:
        longer = wrap(" ".join([*told, one.sentence]), width)
        if told and len(longer) > lines:
            continue
        told.append(one.sentence)
    return wrap(" ".join(told), width) if told else []


def findings_block(findings: Sequence[Finding], lines: int = LINES) -> Text:
    """Return what opens text: what fits of findings into so many lines of a terminal."""
    return Text(" ".join(opening(findings, lines=lines)))
