"""A batch at work: mechanisms over shared fields, one agenda, one source of luck."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Agenda, Process
from sim.engine.calendar import Calendar
from sim.engine.draws import Draws, Floats, Ints, LivedDraws
from sim.engine.fields import Field, Fields
from sim.engine.mechanism import Mechanism
from sim.engine.memory import keep_freed
from sim.engine.recorder import Reached, Recorder

# judgement: what breaks stays broken, so that a check every eight weeks and at the end finds it, at little cost.
DAYS_BETWEEN_CHECKS = 56


def differs(left: Floats, right: Floats) -> NDArray[np.bool_]:
    """Return where two arrays differ by more than rounding: a part in 1e9 of what is compared, or NaN.

    >>> differs(np.array([1.0, 1.0, np.nan]), np.array([1.0 + 1e-12, 1.1, 1.0]))
    array([False,  True,  True])
    """
    # Sums of thousands of daily flows of millions of persons round to about 1e-6.
    return ~(np.abs(left - right) <= 1e-9 * np.abs(right) + 1e-6)


class InvariantBreach(Exception):
    """Something that must always hold does not: our bug, named so that it can be replayed."""

    def __init__(self, mechanism: str, rule: str, replication: int, day: int, seed: int) -> None:
        self.mechanism, self.rule, self.replication, self.day, self.seed = mechanism, rule, replication, day, seed
        self.scenario = ""
        # SimPy raises a copy made from the arguments.
        super().__init__(mechanism, rule, replication, day, seed)

    def __str__(self) -> str:
        where = f"scenario {self.scenario or '?'}, seed {self.seed}, replication {self.replication}, day {self.day}"
        return f"{self.mechanism}: {self.rule} ({where})"


class Lived(NamedTuple):
    """What histories have lived through until a day: assumptions and luck of replications of some seed, a number each."""

    seed: int
    replications: Ints
    until: int


@dataclass(frozen=True)
class Setting:
    """What a batch needs to know besides its parameters.

    `days` is the horizon, `replications` are the numbers of the replications, `series_days` the days of the time series,
    `counted` those on which values of fields with codes are, `landmarks` the days and `moments` the moments (see `Recorder`)
    on which every field is kept and `watched` the replications whose events are. With `check` the invariants are checked
    while running. `given` are parameters, by path, that are not drawn: (n,) values, NaN where they are drawn after all.
    `passed` is called with the number of days that have passed, on each of them. `assumed` are the replications whose
    parameters they have, their own if it is not given; with `lived` these are those of what they have lived through.
    `tallied` is how many, from the first, are counted in tallies, and `explained`, (n,), says which are where reasons are.
    `path_days` are those on which every replication is kept, with `path_fields` besides those of the series.
    """

    start: date
    days: int
    seed: int
    replications: Ints
    series_days: Sequence[int] = ()
    landmarks: Collection[int] = ()
    moments: Mapping[str, Reached] = field(default_factory=dict)
    watched: Sequence[int] = ()
    counted: Sequence[int] = ()
    check: bool = True
    given: Mapping[str, Floats] = field(default_factory=dict)
    passed: Callable[[int], None] = lambda day: None
    assumed: Ints | None = None
    lived: Lived | None = None
    tallied: int | None = None
    explained: NDArray[np.bool_] | None = None
    path_days: Sequence[int] = ()
    path_fields: Sequence[str] = ()


class World:
    """What the mechanisms of one batch share.

    Attributes
    ----------
    setting : Setting
    n : int
        Replications in the batch.
    everyone : (n,) int
        All positions in the batch.
    calendar, agenda, draws, fields, recorder
        See their modules.
    assumptions : Draws
        Of parameters: the same as `draws` where histories have those of their own numbers.
    """

    def __init__(self, setting: Setting, order: Sequence[str], declared: Sequence[tuple[str, Field]]) -> None:
        if any(day > setting.days for day in (*setting.series_days, *setting.path_days, *setting.landmarks)):
            raise ValueError("a day to be kept lies beyond the horizon")
        self.setting = setting
        self.n = len(setting.replications)
        self.everyone: Ints = np.arange(self.n, dtype=np.int64)
        self.calendar = Calendar(setting.start)
        self.agenda = Agenda((*order, "recorder"), self.n)
        if (lived := setting.lived) is None:
            self.draws = Draws(setting.seed, setting.replications)
            self.assumptions = self.draws if setting.assumed is None else Draws(setting.seed, setting.assumed)
        else:
            self.assumptions, until = Draws(lived.seed, lived.replications), lived.until
            self.draws = LivedDraws(self.assumptions, setting.seed, setting.replications, lambda: self.agenda.today >= until)
        self.fields = Fields(self.n)
        for owner, one in declared:
            self.fields.declare(owner, one)
        self.recorder = Recorder(
            self.fields,
            setting.replications,
            setting.series_days,
            setting.landmarks,
            setting.watched,
            setting.moments,
            setting.counted,
            setting.tallied,
            setting.path_days,
            setting.path_fields,
            setting.explained,
        )

    def own(self, owner: str, name: str, start: Floats | float | int) -> NDArray[Any]:
        """Return a field to its owner, set to `start`."""
        array = self.fields.own(owner, name)
        array[...] = start
        return array

    def run(self, mechanisms: Sequence[Mechanism]) -> None:
        """Run all days of the setting."""
        keep_freed()
        for mechanism in mechanisms:
            if mechanism.lives:
                self.agenda.start(mechanism.life())
        self.agenda.start(self._evenings(mechanisms))
        self.agenda.run(self.setting.days)

    def _evenings(self, mechanisms: Sequence[Mechanism]) -> Process:
        self.recorder.keep(0)
        while True:
            yield self.agenda.next("recorder")
            passed = self.agenda.today + 1
            self.recorder.keep(passed)
            self.setting.passed(passed)
            if self.setting.check and (passed % DAYS_BETWEEN_CHECKS == 0 or passed == self.setting.days):
                self._check(mechanisms)

    def _check(self, mechanisms: Sequence[Mechanism]) -> None:
        for mechanism in mechanisms:
            for rule, broken in mechanism.breaches():
                if broken.any():
                    position = int(np.flatnonzero(broken.reshape(-1, self.n).any(axis=0))[0])
                    replication = int(self.setting.replications[position])
                    raise InvariantBreach(mechanism.name, rule, replication, self.agenda.today, self.setting.seed)
