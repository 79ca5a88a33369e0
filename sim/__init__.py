"""Parley: a negotiation-scenario simulator for wars between states."""

__version__ = "0.1.0"
