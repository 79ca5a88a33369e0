"""Commands as they are printed, such that they can be pasted into a shell."""

from __future__ import annotations

import os
import re
import shlex
import subprocess


def command(*words: object) -> str:
    r"""Return a command for the shell of this system, each word quoted where it must be.

    Letters that do not show are written as escapes, which bash and zsh read as what they stand for.

    >>> command("parley", "explain", "my results/a")
    "parley explain 'my results/a'"
    >>> print(command("parley", "show", "a\nb"))
    parley show $'a\nb'
    """
    texts = [str(word) for word in words]
    if os.name == "nt":
        return subprocess.list2cmdline(texts)
    return " ".join(map(_quoted, texts))


def words_of(command: str) -> list[str]:
    """Return the words of a command as they are quoted."""
    return re.findall(r"(?:\$?'[^']*'|\"[^\"]*\"|\S)+", command)


def _quoted(word: str) -> str:
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(char if char.isprintable() and char not in "'\\" else _escaped(char) for char in word) + "'"


def _escaped(char: str) -> str:
    return "\\n" if char == "\n" else "".join(f"\\x{byte:02x}" for byte in os.fsencode(char))
