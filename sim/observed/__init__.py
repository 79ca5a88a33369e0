"""What a user has seen of a war: series from CSV files, and events, as a YAML file beside them describes them.

```yaml
observations:
  cutoff: 2024-12-04     # nothing later is read
  series:
    losses:              # the file has what came about in each row's day, week or month, or from `start` to `end`
      {kind: increments, file: losses.csv, of: cumulative_casualties.attacker, unit: persons, rows: day, source: Claims}
    area:                # the file has how things stand on a date
      {kind: levels, file: area.csv, of: held_area, unit: km2, column: map_km2, noise: 60, source: A map}
    truce: {kind: event, of: ceasefire, happened: [], source: None until then}
levels:                  # numbers of the scenario that are read off series at its start
  attrition.attacker.daily_casualties: {from: losses, last_days: 91, spread: [30, 183]}
  front.held_area_km2: {from: area}
```

They are told by whole months of the calendar, since paths of histories are. Left out: filling gaps, and guessing what a
file means that can be read in two ways.
"""

from .declared import Bar, Observation, ObservedEvent
from .levels import Level, levels_at, with_levels
from .months import Observed
from .read import Data, DataError, data_beside, read_data

__all__ = [
    "Bar",
    "Data",
    "DataError",
    "Level",
    "Observation",
    "Observed",
    "ObservedEvent",
    "data_beside",
    "levels_at",
    "read_data",
    "with_levels",
]
