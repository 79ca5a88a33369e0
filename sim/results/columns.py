"""The columns of all result tables: what each holds, between which bounds. Tables are written with these and held to them.

What a column means is said in `results/README.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from sim.engine.fields import Field
from sim.ensemble.outcomes import Wanted, wanted
from sim.ensemble.run import PATH_FIELDS
from sim.model import MECHANISMS, outcomes_of
from sim.model.outcomes import Outcome
from sim.results.summary import Row
from sim.scenario import Scenario, numbers
from sim.scenario.head import MOST_DAYS
from sim.scenario.quantity import Quantity

# judgement: no amount of a war comes near, and its square and their sums are still numbers.
LARGEST = 1e30
TEXT, WHOLE, NUMBER = "text", "a whole number", "a number"


class Column(NamedTuple):
    """A column of a table.

    Attributes
    ----------
    name : str
    kind : str
        Text, whole numbers or numbers.
    low, high : float
        Between which numbers lie.
    empty : bool
        Whether it may be empty, because it does not apply.
    """

    name: str
    kind: str = NUMBER
    low: float = -LARGEST
    high: float = LARGEST
    empty: bool = False

    @property
    def or_empty(self) -> Column:
        """The same that may be empty."""
        return self._replace(empty=True)


def text(name: str) -> Column:
    """Return a column of text that says something."""
    return Column(name, TEXT)


def whole(name: str, high: float = LARGEST) -> Column:
    """Return a column of whole numbers from 0 on."""
    return Column(name, WHOLE, 0.0, high)


def flag(name: str) -> Column:
    """Return a column of yes (1) and no (0)."""
    return whole(name, 1)


def amount(name: str) -> Column:
    """Return a column of what cannot be negative."""
    return Column(name, low=0.0)


def share(name: str) -> Column:
    """Return a column of shares."""
    return Column(name, low=0.0, high=1.0)


def header_of(columns: Sequence[Column]) -> list[str]:
    """Return the header of a table with these columns."""
    return [column.name for column in columns]


# What tables of one scenario begin with, so that those of several go under one another.
OF_SCENARIO = text("scenario")
# The last day of the longest horizon.
LAST_DAY = MOST_DAYS
SERIES_QUANTILES = ("p05", "p25", "p50", "p75", "p95")
_PLAIN = [
    *(text(name) for name in ("section", "id", "label")), text("unit").or_empty, whole("n"), whole("total"),
    share("share").or_empty,
]  # fmt: skip
SUMMARY = [
    *_PLAIN,
    *(Column(field.name).or_empty for field in fields(Row) if field.name not in [column.name for column in _PLAIN]),
]
SERIES = [
    whole("day", LAST_DAY), text("date"), text("field"), text("of").or_empty, Column("mean").or_empty,
    *(Column(name).or_empty for name in SERIES_QUANTILES),
]  # fmt: skip
STANDING = [
    whole("day", LAST_DAY), text("date"), text("ending"), whole("histories"), whole("of"), share("share"), share("low"),
    share("high"),
]  # fmt: skip
SURVIVAL = [
    text("curve"), text("of").or_empty, whole("day", LAST_DAY), text("date").or_empty, whole("at_risk"), share("share"),
    share("low").or_empty, share("high").or_empty,
]  # fmt: skip
LEDGER = [
    whole("day", LAST_DAY), text("date"), text("question"), text("answer"), whole("histories"), whole("of"), share("share"),
]  # fmt: skip
UNSCRIPTED = [text("outcome"), whole("n"), *(Column(name) for name in ("with", "without", "difference", "low", "high"))]
FAILURES = [whole("replication"), whole("seed"), text("reason"), text("replay")]
ONE_AT_A_TIME = [
    whole("rank"), text("path"), text("unit").or_empty, text("value"), text("kind"), amount("moves"), text("outcome"),
    whole("pairs"), *(Column(name).or_empty for name in ("as_it_is", "changed", "difference", "low", "high")),
    flag("found").or_empty,
]  # fmt: skip


BREAKEVEN = [
    Column("value"), whole("histories"),
    *(Column(name).or_empty for name in ("statistic", "level", "excess", "low", "high")), flag("holds").or_empty,
]  # fmt: skip
PANEL = [
    text("member"), share("weight"), text("outcome"), text("unit").or_empty, whole("histories"),
    *(Column(name) for name in ("value", "low", "high", "pooled")),
]  # fmt: skip
DISSENT = [
    whole("difference"), text("knob"), *(Column(name).or_empty for name in ("least", "mean", "most")), text("said").or_empty,
    text("outcome"), *(Column(name) for name in ("share", "low", "high")), flag("told"),
]  # fmt: skip
TURNING = [
    text("member"), text("conclusion"), flag("holds").or_empty, Column("statistic").or_empty, text("knob"),
    Column("now").or_empty, text("toward"), *(Column(name).or_empty for name in ("then", "needed", "low", "high")),
    text("answer"),
]  # fmt: skip

FIT = [
    text("series"), text("kind"), text("since"), text("until"), text("unit").or_empty, Column("observed"),
    *(Column(f"prior_{name}") for name in ("p05", "p50", "p95")), share("below"),
    *(Column(f"kept_{name}") for name in ("p05", "p50", "p95")), share("kept_below"),
]  # fmt: skip
MOVED = [
    text("parameter"), text("says"), share("explained"), Column("prior_mean"), amount("prior_sd"), Column("kept_mean"),
    amount("kept_sd"), Column("shift"), amount("ratio"), Column("adjusted_mean"), amount("adjusted_sd"),
]  # fmt: skip
ACCEPTED = [
    whole("history"), whole("seed"), whole("replication"), share("weight"), amount("distance"), text("furthest"),
]  # fmt: skip

UPDATE = [
    text("outcome"), text("label"), text("unit").or_empty,
    *(Column(name) for name in ("before", "possible", "after", "after_low", "after_high", "difference", "low", "high")),
]  # fmt: skip
WEIGHTS = [whole("replication"), share("weight"), amount("distance").or_empty]
SHIFTED = [
    text("parameter"), Column("prior_mean"), amount("prior_sd"), Column("kept_mean"), amount("kept_sd"), Column("shift"),
    amount("ratio"),
]  # fmt: skip

SCORES = [
    text("origin"), text("series"), whole("lead"), text("given"), text("who"), text("score"), Column("value"),
]  # fmt: skip
FORECASTS = [
    text("origin"), text("series"), whole("lead"), text("since"), text("until"), text("given"), text("who"),
    *(Column(name).or_empty for name in ("p05", "p10", "p25")), Column("p50"),
    *(Column(name).or_empty for name in ("p75", "p90", "p95", "observed")),
]  # fmt: skip
RIVALS = [
    text("series"), text("lead"), text("given"), text("who"), whole("forecasts"), whole("origins"), amount("crps"),
    amount("ours"), amount("interval_80").or_empty, *(share(f"cover_{name}").or_empty for name in (50, 80, 90)),
    Column("bias").or_empty, amount("median_error").or_empty, *(Column(name).or_empty for name in ("skill", "low", "high")),
    text("why").or_empty,
]  # fmt: skip


# Those whose columns are the same whatever the scenario, by the name of the file.
TABLES = {
    "summary.csv": SUMMARY, "series.csv": SERIES, "standing.csv": STANDING, "survival.csv": SURVIVAL, "ledger.csv": LEDGER,
    "panel.csv": PANEL, "dissent.csv": DISSENT, "turning.csv": TURNING,
    "failures.csv": FAILURES, "unscripted.csv": UNSCRIPTED, "one_at_a_time.csv": ONE_AT_A_TIME, "breakeven.csv": BREAKEVEN,
    "fit.csv": FIT, "moved.csv": MOVED, "update.csv": UPDATE, "weights.csv": WEIGHTS, "shifted.csv": SHIFTED,
    "scores.csv": SCORES, "forecasts.csv": FORECASTS, "rivals.csv": RIVALS,
}  # fmt: skip


def accepted_columns(paths: Sequence[str]) -> list[Column]:
    """Return the columns of the histories that agree with data, with these numbers of which the data say something."""
    return [*ACCEPTED, *(Column(path) for path in paths)]


def sweep_columns(paths: Sequence[str]) -> list[Column]:
    """Return the columns of a sweep over these knobs, whose values are as they were written."""
    return [whole("point"), *(text(path) for path in paths), *SUMMARY]


def _with_ends(column: Column) -> list[Column]:
    """Return a column with those of the ends of its interval."""
    return [column, *(column._replace(name=f"{column.name}_{end}") for end in ("low", "high"))]


def choice_columns(paths: Sequence[str]) -> dict[str, list[Column]]:
    """Return the columns of the tables of choices of these levers, whose values are as they were written."""
    choice = [whole("choice"), *(text(path) for path in paths)]
    return {
        "choices.csv": [
            *choice, flag("robust"), flag("as_good"), *_with_ends(share("all_met").or_empty),
            *_with_ends(amount("largest_regret")), flag("pareto"), share("pareto_often"), flag("pareto_met").or_empty,
        ],
        "choice_aims.csv": [
            *choice, text("aim"), text("unit").or_empty, *_with_ends(Column("mean").or_empty), flag("best_on_average"),
            *_with_ends(amount("regret").or_empty), *_with_ends(amount("great_regret").or_empty),
            *_with_ends(share("met").or_empty),
        ],
        "choice_fails.csv": [
            *choice, text("parameter"), Column("low").or_empty, Column("high").or_empty, whole("draws_inside"),
            whole("draws_outside"), Column("inside"), Column("outside"),
        ],
    }  # fmt: skip


def outcome_columns(scenario: Scenario[Any], days: int, asked: Sequence[str] = ()) -> list[Column]:
    """Return the columns of the replications of a scenario over so many days: number, outcomes, drawn parameters.

    What may not be empty is so only in replications that failed. `asked` are outcomes of other times.
    """
    others = (_at_another_time(one, days) for one in wanted(scenario, days, asked))
    return [whole("replication"), *_outcomes(scenario, days), *others, *(Column(path) for path in drawn_paths(scenario))]


def lucks_columns(scenario: Scenario[Any], days: int, asked: Sequence[str] = ()) -> list[Column]:
    """Return the columns of the further lucks: whose assumptions, which luck, and outcomes, empty where one failed."""
    drawn = set(drawn_paths(scenario))
    _, *outcomes = (column for column in outcome_columns(scenario, days, asked) if column.name not in drawn)
    return [whole("draw"), whole("luck"), *outcomes]


def drawn_paths(scenario: Scenario[Any]) -> list[str]:
    """Return the paths of the uncertain parameters of a scenario."""
    return [
        known.path for known in numbers(scenario.world) if isinstance(known.value, Quantity) and not known.value.is_certain
    ]


def _outcomes(scenario: Scenario[Any], days: int) -> Iterator[Column]:
    for outcome, _ in outcomes_of(scenario):
        if outcome.parts is None and outcome.day(days) <= days:
            yield _column(outcome, days)


def _column(outcome: Outcome, days: int) -> Column:
    if outcome.values is not None:
        return Column(outcome.name, TEXT, empty=not outcome.always)
    yes_or_no = outcome.kind == "share"
    low = 0.0 if yes_or_no else -LARGEST if outcome.low is None else outcome.low
    # What is counted in days ends with the horizon.
    high = 1.0 if yes_or_no else float(days) if outcome.unit in ("day", "days") else LARGEST
    high = high if outcome.high is None else outcome.high
    return Column(outcome.name, WHOLE if outcome.whole or yes_or_no else NUMBER, low, high, not outcome.always)


def _at_another_time(one: Wanted, days: int) -> Column:
    column = _column(one.outcome, days)._replace(name=one.column, empty=True)
    # What came about in a span may be negative, where the outcome itself is not.
    return column._replace(low=-LARGEST, high=LARGEST) if column.kind != TEXT and one.asked.since is not None else column


def declared_fields(scenario: Scenario[Any]) -> dict[str, Field]:
    """Return all fields of a scenario as they are declared, by their names."""
    return {field.name: field for one in MECHANISMS for field in one.fields(getattr(scenario.world, one.name))}


def series_fields(scenario: Scenario[Any]) -> list[tuple[str, str]]:
    """Return the fields of the series of a scenario, each with its side, backer or party."""
    declared = [field for field in declared_fields(scenario).values() if field.series]
    return [(field.name, row) for field in declared for row in (("",) if field.rows is None else field.rows)]


def path_columns(scenario: Scenario[Any]) -> list[Column]:
    """Return the columns of the paths of histories: number, day, date, and a field each, `field.row` where it has rows.

    Empty are fields of a history that failed, and those of which a history has none.
    """
    own = (Column(path_name(*one)).or_empty for one in path_fields(scenario))
    return [whole("replication"), whole("day", LAST_DAY), text("date"), *own]


def path_fields(scenario: Scenario[Any]) -> list[tuple[str, str]]:
    """Return the fields of the paths of histories, each with its side, backer or party."""
    return [*((name, "") for name in PATH_FIELDS), *series_fields(scenario)]


def path_name(field: str, row: str) -> str:
    """Return what the column of a field's row is called."""
    return f"{field}.{row}" if row else field


# Fields of the series that may be negative.
SIGNED_SERIES = ("believed_drift", "value_of_fighting", "nearest_slack", "pledged_beur", "dread")
# Fields that some histories have none of, which counts as below all numbers.
OPEN_SERIES = ("nearest_slack",)


# What the columns mean that are the same whatever the scenario: unit and meaning, by the name, or by table and name where
# tables differ. Those of `outcomes.csv` are the outcomes and the numbers of the scenario, which say it themselves.
MEANINGS: dict[str, tuple[str, str]] = {
    "scenario": ("", "Name of the scenario, with what was set."),
    "replication": ("", "Number of the history, from 0; the same number has the same luck in every scenario."),
    "draws": ("", "Draws of the assumptions that have the outcome, in both scenarios, with several lucks each."),
    "moved": ("", "Draws in which anything differs."),
    "same_sign": ("share", "Part of the draws that moved in which the difference, luck taken out, goes the same way."),
    "same_sign_low": ("share", "Lower end of its 95 % interval."),
    "same_sign_high": ("share", "Upper end of its 95 % interval."),
    "depends_on": ("", "The assumptions that split an undetermined sign, by their path, at most two."),
    "draw": ("", "Number of the history of outcomes.csv whose uncertain numbers it has."),
    "luck": ("", "Number of the history whose luck it has, which no run has."),
    "section": ("", "What it belongs to: endings, deals, the course of the war and so on."),
    "id": ("", "A column of outcomes.csv, an ending, a state of the ledger, or a term and its option."),
    "label": ("", "What it is called."),
    "unit": ("", "The unit of the values."),
    "n": ("histories", "How many have it."),
    "total": ("histories", "How many there are, or reviews of them."),
    "share": ("share", "In what part of them; 0.25 is 25 %."),
    "low": ("as the value", "Lower end of the 95 % interval: of the share, mean or difference beside it."),
    "high": ("as the value", "Upper end of the 95 % interval."),
    "mean": ("as the value", "Mean over the histories that have it."),
    **{
        f"p{level}": ("as the value", f"{int(level)} % of the histories lie below it.")
        for level in ("05", "25", "50", "75", "95")
    },
    **{
        f"p{level}_{end}": ("as the value", f"{side} end of the 95 % interval of p{level}.")
        for level in ("05", "50", "95") for end, side in (("low", "Lower"), ("high", "Upper"))
    },
    "least": ("as the value", "Lower end of the band of the assumptions: what it is in 95 % of the draws of these."),
    "most": ("as the value", "Upper end of the band of the assumptions."),
    "p50_least": ("as the value", "Lower end of the band of the assumptions of p50."),
    "p50_most": ("as the value", "Upper end of the band of the assumptions of p50."),
    "n_least": ("share", "Lower end of the band of the assumptions of n / total."),
    "n_most": ("share", "Upper end of the band of the assumptions of n / total."),
    "day": ("days", "Days from the start, on which it is 0; of first_ceasefire in survival.csv from its beginning."),
    "date": ("", "The day as a date."),
    "survival.date": ("", "The day as a date; empty of first_ceasefire."),
    "field": ("", "What is measured; units in results/README.md."),
    "of": ("", "Side, backer or party that it is of; empty for the war as a whole."),
    "ledger.of": ("histories", "How many were asked."),
    "standing.of": ("histories", "How many there are."),
    "curve": ("", "Which curve: war, first_end or first_ceasefire."),
    "survival.of": ("", "How the fighting first ended, of first_end."),
    "at_risk": ("histories", "How many were watched until then."),
    "ending": ("", "How histories stand on that day."),
    "question": ("", "What was asked of each history at war in which nothing was signed."),
    "answer": ("", "What it answered."),
    "histories": ("histories", "How many gave it, or how many were looked at."),
    "seed": ("", "The seed of the run."),
    "reason": ("", "What went wrong in Parley."),
    "replay": ("", "The command that shows it again."),
    "point": ("", "Number of the point of the design, from 0."),
    "rank": ("", "Place of the assumption among all, 1 the one that moves outcomes most."),
    "path": ("", "Path of the number in the scenario, as --set takes it."),
    "value": ("", "What it was set to."),
    "statistic": ("as the outcome", "Its share, mean or median; empty where no history has it."),
    "level": ("as the outcome", "What it is to reach: a number, or a multiple of the outcome as the scenario stands."),
    "excess": ("as the outcome", "How far the statistic is above the level; empty where no history has the outcome."),
    "holds": ("", "1 if the condition holds."),
    "breakeven.value": ("as the knob", "Value of the knob that was tried."),
    "breakeven.histories": ("histories", "How many have the outcome."),
    "breakeven.low": ("as the outcome", "Lower end of the 95 % interval of excess; empty where it is not bounded."),
    "breakeven.high": ("as the outcome", "Upper end of it."),
    "member": ("", "The analyst, by the name of the file; pooled is all of them together."),
    "weight": ("share", "Of the member among all."),
    "panel.histories": ("histories", "How many have it; of pooled those of all members."),
    "panel.value": ("as the outcome", "Mean or share over the histories that have it."),
    "pooled": ("as the outcome", "That over histories of which each member gives a part as large as its weight."),
    "dissent.difference": ("", "Number of the difference, from 1; 0 is luck."),
    "knob": ("", "Path of what members differ in, as --set takes it; several where one cannot stand without the others."),
    "dissent.least": ("as the knob", "The lowest that a member has, of the middle of what it may be; empty without one."),
    "dissent.mean": ("as the knob", "The mean of these over members, with their weights."),
    "dissent.most": ("as the knob", "The highest that a member has."),
    "said": ("", "What each member has, in full."),
    "dissent.share": ("share", "Part of the variance seen between members that goes with it, or may be luck."),
    "told": ("", "1 if the members' answers differ by more than luck."),
    "conclusion": ("", "What a member may conclude, as --conclusion takes it."),
    "turning.holds": ("", "1 if the member concludes so."),
    "turning.statistic": ("as the outcome", "The share, mean or median that the member has."),
    "now": ("as the knob", "What the member has, the middle of it; empty of what is no number."),
    "toward": ("", "The member from whom it is taken."),
    "then": ("as the outcome", "The share, mean or median with that."),
    "needed": ("as the knob", "The least change of it alone that turns the conclusion, as the middle of what it may be."),
    "turning.low": ("as the knob", "Lower end of the 95 % interval of needed; empty beyond what members have."),
    "turning.high": ("as the knob", "Upper end of it."),
    "turning.answer": ("", "Whether it alone turns the conclusion."),
    "kind": ("", "The low (5 %) or high (95 %) end of what it may be, another structure of the model, less or more than a "
             "certain number that is judged, or left_out: the scenario without it."),
    "moves": ("standard deviations", "Mean over the outcomes of its largest difference."),
    "outcome": ("", "The outcome: a column of outcomes.csv, or an ending."),
    "pairs": ("histories", "How many have the outcome in both."),
    "as_it_is": ("as the outcome", "Mean or share without the change."),
    "changed": ("as the outcome", "Mean or share with it."),
    "difference": ("as the outcome", "With the change less without, or right less left."),
    "with": ("as the outcome", "Mean or share of the histories as they were run."),
    "without": ("as the outcome", "Mean or share of the same histories without the events and planned offensives."),
    "unscripted.n": ("histories", "How many have the outcome with and without what is scripted."),
    "unscripted.difference": ("as the outcome", "Without what is scripted less with it."),
    "found": ("", "1 if the interval of the difference leaves out zero."),
    "left": ("", "The scenario that is compared with."),
    "right": ("", "The scenario that is compared."),
    "left_value": ("as the outcome", "Mean or share in the left scenario."),
    "right_value": ("as the outcome", "Mean or share in the right scenario."),
    "correlation": ("", "Of the pairs; empty where nothing varies."),
    "variance_factor": ("", "How many times as many histories would be needed without pairing."),
    "spread": ("as the outcome", "Standard deviation between histories, of both scenarios together."),
    "p_mcnemar": ("", "McNemar's exact test that changes go both ways alike; of shares."),
    "verdict": ("", "What can be said of the difference."),
    "parameter": ("", "Path of the uncertain number."),
    "factor": ("", "Path of the uncertain number, or luck: all that is drawn day by day."),
    "first_order": ("share", "Part of the variance of the outcome that knowing this alone would take away."),
    "sobol.total": ("share", "Part of the variance that goes with it, with all its interplay."),
    "first_order_error": ("share", "Half of the 95 % interval of first_order."),
    "total_error": ("share", "Half of the 95 % interval of total."),
    "rank_correlation": ("", "Spearman's, of parameter and outcome."),
    "series": ("", "Of the data, by its name there."),
    "fit.kind": ("", "sum: the change over a quarter; roughness: standard deviation of differences from month to month; "
                     "month: the change over a month."),
    "since": ("", "Its first day."),
    "until": ("", "The first day that it does not hold."),
    "observed": ("as the series", "What the data have."),
    **{
        f"{which}_{name}": ("as the series", f"{name[1:].lstrip('0')} % of {who} lie below it.")
        for which, who in (("prior", "the histories"), ("kept", "those that are kept"))
        for name in ("p05", "p50", "p95")
    },
    "below": ("share", "Part of the histories below what was observed; half of those that are equal."),
    "kept_below": ("share", "The same of the histories that are kept."),
    "says": ("", "Whether such data tell it well, a little, or say nothing of it."),
    "explained": ("share", "Part of its variance that the data explain in histories that were not fitted."),
    "prior_mean": ("as the parameter", "Mean of what is assumed."),
    "prior_sd": ("as the parameter", "Standard deviation of what is assumed."),
    "kept_mean": ("as the parameter", "Mean over the histories that are kept."),
    "kept_sd": ("as the parameter", "Standard deviation over the histories that are kept."),
    "shift": ("standard deviations", "How far the mean has moved, in standard deviations of what is assumed."),
    "ratio": ("", "kept_sd over prior_sd: the width that is left."),
    "adjusted_mean": ("as the parameter", "kept_mean after regression on how far histories are from the data."),
    "adjusted_sd": ("as the parameter", "kept_sd after the same."),
    "history": ("", "Number of the history in the scenario of those that are kept, from 0."),
    "accepted.replication": ("", "Its number in the run in which it was found."),
    "accepted.weight": ("share", "How much it counts among those that are kept."),
    "distance": ("standard deviations", "Root mean square over the statistics of how far it is from the data."),
    "furthest": ("", "The statistic in which it is furthest: series, kind and first day."),
    "before": ("as the outcome", "Share or mean over the histories of the run."),
    "possible": ("as the outcome", "The same of histories that agree in whether and when the fighting stopped."),
    "after": ("as the outcome", "The same by their weights."),
    "after_low": ("as the outcome", "Lower end of its 95 % interval, of as many histories as the weights are worth."),
    "after_high": ("as the outcome", "Upper end of it."),
    "update.difference": ("as the outcome", "after less possible: what the months change."),
    "update.low": ("as the outcome", "Lower end of the 95 % interval of the difference."),
    "update.high": ("as the outcome", "Upper end of the 95 % interval of the difference."),
    "weights.weight": ("share", "How much the history counts; all together 1."),
    "shifted.kept_mean": ("as the parameter", "Mean by the weights of histories."),
    "shifted.kept_sd": ("as the parameter", "Standard deviation by the weights of histories."),
    "origin": ("", "The day as of which it was told: the first of what is told."),
    "lead": ("months", "Which month after the origin, from 1; 0 is the sum of those of which it is known what came."),
    "rivals.lead": ("", "month: all months together; sum: the sum of those of an origin."),
    "given": ("", "all: of all; at_war: of histories at war until the end of it, and of months in which the war went on."),
    "who": ("", "scenario, calibrated (its histories that agree with data of before), or a rival that needs no model."),
    "score": ("", "Name of the score; smaller is better, but of cover_, pit_ and bias."),
    "scores.value": ("as the series", "Its value; of cover_ 0 or 1, of pit_ a share."),
    "forecasts.p50": ("as the series", "Median; of an event the chance that it has come about by then."),
    "forecasts.observed": ("as the series", "What came; of an event 1 if it had come about by then; empty if not known."),
    **{
        f"forecasts.p{level:02}": ("as the series", f"{level} % of the forecast lies below it; empty of an event.")
        for level in (5, 10, 25, 75, 90, 95)
    },
    "forecasts": ("", "How many forecasts of it were scored."),
    "origins": ("", "As of how many days they were made."),
    "crps": ("as the series", "Mean of the continuous ranked probability score; of an event Brier's score."),
    "interval_80": ("as the series", "Mean of the interval score of the band that was to hold 80 %."),
    **{
        f"cover_{level}": ("share", f"Part of what came that lay in the band that was to hold {level} %.")
        for level in (50, 80, 90)
    },
    "bias": ("as the series", "Mean of the forecast less what came."),
    "median_error": ("as the series", "Mean distance of the median from what came."),
    "skill": ("", "1 - crps of the scenario, calibrated where it is, over that of this one: above 0, it is better."),
    "rivals.low": ("", "Lower end of the 95 % interval of skill; empty where no ranking can be had."),
    "rivals.high": ("", "Upper end of it."),
    "why": ("", "Why there is no interval."),
    "box": ("", "Number of the box; each is searched outside those before."),
    "step": ("", "Step of the search for the box, from all histories to the smallest box."),
    "restricted": ("", "How many parameters are restricted."),
    "chosen": ("", "1 if the box was made from this step."),
    "share_below": ("share", "Of the drawn values, how many lie below low."),
    "share_above": ("share", "Of the drawn values, how many lie above high."),
    "choice": ("", "Number of the choice, from 0; the last lever turns fastest."),
    "robust": ("", "1 of the choice that meets all aims in most assumptions; without levels, of least largest_regret."),
    "as_good": ("", "1 if it cannot be told from the robust choice."),
    "all_met": ("share", "Of the assumptions, in how many all aims that have a level are met."),
    "largest_regret": ("", "great_regret in the aim in which it is largest, in parts of what choices move its mean."),
    "pareto": ("", "1 if no other choice is as good on average in all aims and better in one."),
    "pareto_often": ("share", "In how many of resampled draws of the assumptions pareto is 1."),
    "pareto_met": ("", "The same by the shares in which aims are met; empty where fewer than two have a level."),
    "aim": ("", "The aim, as it was asked for."),
    "choice_aims.mean": ("as the aim", "Mean or share over all histories that have the outcome."),
    "best_on_average": ("", "1 of the choice whose mean is best."),
    "regret": ("as the aim", "How far it is from the best choice in the same assumptions, on average."),
    "great_regret": ("as the aim", "The regret that is exceeded in one of twenty assumptions."),
    "met": ("share", "Of the assumptions, in how many the aim is met; empty of an aim without a level."),
    **{
        f"{name}_{end}": (unit, f"{side} end of the 95 % interval of {name}.")
        for name, unit in (
            ("all_met", "share"), ("largest_regret", ""), ("mean", "as the aim"), ("regret", "as the aim"),
            ("great_regret", "as the aim"), ("met", "share"),
        )
        for end, side in (("low", "Lower"), ("high", "Upper"))
    },
    "choice_fails.low": ("as the parameter", "Above which value of it the choice fails; empty if no such limit."),
    "choice_fails.high": ("as the parameter", "Up to which value of it; empty if no such limit."),
    "draws_inside": ("draws", "Draws of the assumptions within all limits."),
    "draws_outside": ("draws", "Draws of the assumptions beyond one of them."),
    "inside": ("share", "Within the limits: in how many all aims are met; without levels mean regret in the first aim."),
    "outside": ("share", "The same beyond them."),
    "discovery.low": ("as the parameter", "From which value of it; empty where there is no limit."),
    "discovery.high": ("as the parameter", "To which value of it; empty where there is no limit."),
    **{
        f"{name}{end}": (unit, f"{about}{where}")
        for end, where in (("", "."), ("_training", ", in the half that found the box."))
        for name, unit, about in (
            ("quasi_p", "", "Chance of so many cases if its density were that of the box without this restriction"),
            ("mass", "share", "Part of all histories that is in the box"),
            ("coverage", "share", "Part of all cases that is in the box"),
            ("density", "share", "Part of the histories in the box that are cases"),
            ("base_rate", "share", "Part of all histories that are cases"),
        )
    },
    **{
        f"{name}_{end}": ("share", f"{side} end of the 95 % interval of {name}.")
        for name in ("coverage", "density") for end, side in (("low", "Lower"), ("high", "Upper"))
    },
}  # fmt: skip
