"""From an ensemble to tables and files: statistics, summary, chronicle, targets, and the folder they are kept in."""

WHAT_IT_IS_NOT = "Conditional frequencies of a stylised model, not a forecast."
