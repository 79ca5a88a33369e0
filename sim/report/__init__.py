"""Figures and pages: what they show is what the tables of a folder hold, and one history told again on its own luck."""
