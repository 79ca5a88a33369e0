"""What is kept of a batch: series fields on chosen days, all fields on a few landmarks, events of chosen ones, tallies."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.engine.fields import Fields


@dataclass(frozen=True)
class EventKind:
    """A kind of event, as the mechanism that tells of it declares it.

    Attributes
    ----------
    sentence : str
        What a chronicle tells, with the event's values in braces.
    begins, ends : str, tuple of str
        In a timeline: the lane that begins to be filled, and those that end.
    lasts : str
        The lane that it fills for its `days`.
    mark : str
        How a timeline marks its day; not, if empty.
    drawn : bool
        Whether figures of a history tell it: not what would drown the rest.
    """

    sentence: str
    begins: str = ""
    ends: tuple[str, ...] = ()
    lasts: str = ""
    mark: str = ""
    drawn: bool = True


Reached = Callable[[Mapping[str, NDArray[Any]]], NDArray[Any]]


@dataclass(frozen=True)
class Event:
    """Something that happened to one replication.

    `day` is the day on which it happened, `kind` names the kind of event, `values` is what its sentence
    needs: numbers, texts, and lists of what there are several of.
    """

    day: int
    replication: int
    kind: str
    values: Mapping[str, Any]


class Recorder:
    """Keeps snapshots of the series fields and the event log.

    Parameters
    ----------
    fields : Fields
        The state of the batch.
    replications : (n,) int
        Numbers of the replications.
    days : sequence of int
        Days of the series, rising; day t is the state when t days have passed.
    landmarks : collection of int
        Days on which every field is kept.
    moments : mapping of str to callable
        What is true from a moment on that comes on another day in each replication: takes the fields by name, returns
        (n,). Every field is kept as it is on the first evening on which it is true.
    watched : collection of int
        Replications whose events are kept.
    counted : collection of int
        Days on which it is tallied how many replications have each value of a field with codes.
    tallied : int
        How many replications, from the first, are counted in tallies; all of them if it is not given.
    explained : (n,) bool, optional
        Which replications are counted where it is told why something is as it is; all of them if it is not given.
    path_days : sequence of int
        Days, rising, on which fields are kept of every replication, in `paths`.
    path_fields : sequence of str
        Which fields those are, besides those of the series.
    """

    def __init__(
        self,
        fields: Fields,
        replications: Ints,
        days: Sequence[int],
        landmarks: Collection[int],
        watched: Sequence[int],
        moments: Mapping[str, Reached],
        counted: Collection[int] = (),
        tallied: int | None = None,
        path_days: Sequence[int] = (),
        path_fields: Sequence[str] = (),
        explained: NDArray[np.bool_] | None = None,
    ) -> None:
        self.days = tuple(days)
        self._fields = fields
        self._landmarks = frozenset(landmarks)
        self.snapshots: dict[int, dict[str, NDArray[Any]]] = {}
        self._counted = frozenset(counted)
        self._tallied = len(replications) if tallied is None else tallied
        self.explained = np.ones(len(replications), dtype=np.bool_) if explained is None else explained
        self._coded = [field for field in fields if field.codes]
        self._reached = dict(moments)
        # Of each moment: the day on which it came, -1 where it has not, and the fields then.
        self.moments: dict[str, tuple[Ints, dict[str, NDArray[Any]]]] = {}
        self._slot = {day: slot for slot, day in enumerate(self.days)}
        self._replications = replications
        self._watched = np.isin(replications, np.asarray(watched, dtype=np.int64))
        self._watching = bool(self._watched.any())
        series = _views(fields, [field.name for field in fields if field.series])
        self.columns: list[tuple[str, str]] = list(series)
        self._views = list(series.values())
        shape = (len(self.columns), len(self.days), len(replications))
        self.series: Floats = np.empty(shape)
        self._path_slot = {day: slot for slot, day in enumerate(path_days)}
        self._of_paths = {**_views(fields, path_fields), **series} if path_days else {}
        self.path_columns: list[tuple[str, str]] = list(self._of_paths)
        self.paths: Floats = np.empty((len(self._of_paths), len(path_days), len(replications)))
        self.events: list[Event] = []
        self.tallies: dict[tuple[int, str], Ints] = {}

    def keep(self, day: int) -> None:
        """Keep the state after `day` days, as far as that day is wanted."""
        slot = self._slot.get(day)
        if slot is not None:
            for column, view in enumerate(self._views):
                self.series[column, slot] = view
        slot = self._path_slot.get(day)
        if slot is not None:
            for column, view in enumerate(self._of_paths.values()):
                self.paths[column, slot] = view
        if day in self._landmarks:
            self.snapshots[day] = {name: array.copy() for name, array in self._now().items()}
        if day in self._counted:
            for field in self._coded:
                self.tally(
                    day, field.name, np.bincount(self._fields.see(field.name)[: self._tallied], minlength=field.codes)
                )
        if self._reached:
            now = self._now()
            for name, reached in self._reached.items():
                self._keep_moment(day, name, reached, now)

    def _now(self) -> dict[str, NDArray[Any]]:
        return {field.name: self._fields.see(field.name) for field in self._fields}

    def _keep_moment(self, day: int, name: str, reached: Reached, now: Mapping[str, NDArray[Any]]) -> None:
        if name not in self.moments:
            # Until it comes, the state at the start, whose values are sound.
            self.moments[name] = np.full(len(self._replications), -1), {field: array.copy() for field, array in now.items()}
        days, kept = self.moments[name]
        (new,) = np.nonzero(reached(now) & (days < 0))
        if len(new):
            days[new] = day
            for field, array in now.items():
                kept[field][..., new] = array[..., new]

    def tally(self, day: int, question: str, counts: Ints) -> None:
        """Keep how many replications gave each answer to a question on a day; counts add up over batches."""
        self.tallies[day, question] = counts

    def watched(self, columns: slice | Ints) -> NDArray[np.bool_]:
        """Return which of these positions are watched."""
        return self._watched[columns]

    def tell(self, day: int, cohort: Ints, kind: str, **values: Floats | float | str) -> None:
        """Log an event of `cohort`; a value is one for all, or an array whose last axis is the cohort."""
        if not self._watching or not len(cohort):
            return
        for place in np.flatnonzero(self._watched[cohort]):
            own = {key: _own(value, int(place)) for key, value in values.items()}
            self.events.append(Event(day, int(self._replications[cohort[place]]), kind, own))


def _views(fields: Fields, names: Sequence[str]) -> dict[tuple[str, str], NDArray[Any]]:
    """Return the rows of fields, (n,) each, by the field's name and the row's."""
    rows = {name: fields.named(name).rows for name in names}
    return {
        (name, label): fields.see(name) if labels is None else fields.see(name)[row]
        for name, labels in rows.items()
        for row, label in enumerate(("",) if labels is None else labels)
    }


def _own(value: Floats | float | str, place: int) -> Any:
    """Return what one of a cohort has of a value: a number, or lists of them, which compare as a whole."""
    return value[..., place].tolist() if isinstance(value, np.ndarray) else value
