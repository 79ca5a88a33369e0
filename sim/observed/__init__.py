"""Data of a war beside histories of it: what was seen, and how well it was told."""
