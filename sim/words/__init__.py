"""Words: results as text, for the terminal and for files that people read."""

WHAT_IT_IS_NOT = "Conditional frequencies of a stylised model, not a forecast."
