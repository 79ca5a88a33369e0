"""Scenarios: YAML text with places -> frozen, validated parameters with units, ranges, distributions and sources.

Knows nothing of the model: the mechanisms declare their sections with `Section`, `Item` and `knob`, and hand the
finished schema to `load_scenario`.
"""

from sim.catalogue import shipped, shipped_folder

from .correlations import Correlation, Tie, correlated, followers, ties
from .errors import FieldError, Flaw, Problem, ScenarioError
from .expect import Expectation
from .head import ScenarioHead, Side, Sides, Source
from .knobs import Knob, Known, knob_of, numbers, quantities
from .load import Scenario, load_scenario
from .quantity import Fixed, Quantity, constant
from .read import Document, Place, read_yaml
from .section import Item, N, Section, all_by_default, as_now, knob, whole

__all__ = [
    "Correlation",
    "Document",
    "Expectation",
    "FieldError",
    "Fixed",
    "Flaw",
    "Item",
    "Knob",
    "Known",
    "N",
    "Place",
    "Problem",
    "Quantity",
    "Scenario",
    "ScenarioError",
    "ScenarioHead",
    "Section",
    "Side",
    "Sides",
    "Source",
    "Tie",
    "all_by_default",
    "as_now",
    "constant",
    "correlated",
    "followers",
    "knob",
    "knob_of",
    "load_scenario",
    "numbers",
    "quantities",
    "read_yaml",
    "shipped",
    "shipped_folder",
    "ties",
    "whole",
]
