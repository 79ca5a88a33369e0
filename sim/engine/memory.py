"""Memory: what a batch frees stays with the process, where the C library can be told so."""

import ctypes
import sys
from functools import cache

# Of `mallopt` in the C library of Linux.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


@cache
def keep_freed() -> None:
    """Keep freed memory and do not ask for it again: arrays of a few megabytes come and go by the thousand.

    To give pages back and to have them again, filled with zeros, takes a twentieth of the time of a run. Blocks of 32 MB or
    more are given back, and so is what is free beyond 128 MB.
    """
    # Other libraries of C have no such function.
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(_MMAP_THRESHOLD, 2**25)
        mallopt(_TRIM_THRESHOLD, 2**27)
