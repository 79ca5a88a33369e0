"""The model written a second time, from its description alone: a plain SimPy model of one replication."""
