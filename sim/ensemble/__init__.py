"""Replications in batches: from a scenario to the outcomes of an ensemble."""

from sim.ensemble.run import Ensemble, Plan, run_ensemble

__all__ = ["Ensemble", "Plan", "run_ensemble"]
