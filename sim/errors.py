"""What users can put right, as opposed to our mistakes: everything that is told in a line, without a traceback."""


class ParleyError(Exception):
    """Something that was asked for cannot be done; the message says why, and what to do."""
