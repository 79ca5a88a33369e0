"""From an ensemble to tables and files: statistics, summary, chronicle, targets, and the folder they are kept in."""
