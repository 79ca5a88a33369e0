"""Studies: questions that take many runs of one scenario, each on the same luck."""
