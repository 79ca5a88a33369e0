"""The gate for text on its way to a terminal or into a page: what they would act on, and not show, is escaped.

Names of files, and what is read from disk, are whatever someone made them.
"""

import re

# Refused in files and in texts: controls and halves of characters, which YAML forbids too; line ends that most editors do
# not show (next line, line and paragraph separator) but YAML acts on; and what makes text read in another order than it is.
NOT_SHOWN = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff"
# What goes back to the beginning of a line, turns the direction of what follows, or hides letters.
ACTED_ON = re.compile(f"[{NOT_SHOWN}\r\u061c\u200e\u200f\ufff9-\ufffb\U000e0000-\U000e007f]")


def shown(text: str) -> str:
    r"""Return text as it may be shown; its lines and tabs stay.

    >>> shown("a\x1b[31mb"), shown("a\u202eb")
    ('a\\x1b[31mb', 'a\\u202eb')
    """
    return ACTED_ON.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def printable(text: str) -> str:
    r"""Return text on one line in which spaces show that only look like one, as between thousands.

    >>> printable("1\xa0000")
    '1\\xa0000'
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
