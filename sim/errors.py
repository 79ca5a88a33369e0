"""What users can put right, as opposed to our mistakes: everything that is told in a line, without a traceback."""


class ParleyError(Exception):
    """Something that was asked for cannot be done; the message says why, and what to do."""


def cut(text: str, longest: int = 1000) -> str:
    """Return what is said of a mistake, its lines cut where they quote more than anyone would read."""
    return "\n".join(line if len(line) <= longest else f"{line[: longest - 3]}..." for line in text.split("\n"))
