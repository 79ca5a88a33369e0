"""Figures and pages, made from result tables alone: what they show is what the tables hold."""
