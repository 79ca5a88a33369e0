"""Words: results as text, for the terminal and for files that people read."""

from sim.results import WHAT_IT_IS_NOT

__all__ = ["WHAT_IT_IS_NOT"]
