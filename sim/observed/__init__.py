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
```

They are told by whole months of the calendar, since paths of histories are. Left out: filling gaps, and guessing what a
file means that can be read in two ways.
"""

from .declared import Bar, Observation, ObservedEvent
from .months import Observed
from .read import Data, DataError, read_data

__all__ = ["Bar", "Data", "DataError", "Observation", "Observed", "ObservedEvent", "read_data"]
