"""What a file of observations may say: the series and events of a war, and when to stop reading."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, create_model, model_validator

from sim.results.columns import LARGEST
from sim.scenario import FieldError, Flaw, Item, Section, knob
from sim.scenario.head import LAST_YEAR, MOST_DAYS
from sim.scenario.wording import did_you_mean, quoted
