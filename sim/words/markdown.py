"""Text for Markdown."""

import re

from sim.gate import shown


def markdown_cell(text: str) -> str:
    """Return text for a cell or a line of Markdown, in which nothing is a link, an image, code or HTML."""
    return re.sub(r"([\\`*\[\]|])", r"\\\1", " ".join(shown(text).split())).replace("<", "&lt;")
