"""What a process makes results with: the same gives the same bytes."""

from __future__ import annotations

import platform
from functools import lru_cache

import numpy as np

from sim import __version__


@lru_cache(maxsize=1)
def origin() -> tuple[tuple[str, str], ...]:
    """Return the names and versions of all that the last digit of a result may depend on.

    The method behind a normal draw belongs to NumPy, quantiles of some distributions to SciPy, and the last digit of an
    exponential to the instructions of the processor.
    """
    import scipy

    return (
        ("parley", __version__),
        ("python", platform.python_version()),
        ("numpy", np.__version__),
        ("scipy", scipy.__version__),
        ("machine", platform.machine()),
        ("instructions", np.lib.introspect.opt_func_info("^exp$", "float64")["exp"]["dd"]["current"]),
    )


def differences(ours: tuple[tuple[str, str], ...], theirs: tuple[tuple[str, str], ...]) -> str:
    """Return in words how another origin differs, or an empty text.

    >>> differences((("python", "3.12.1"), ("numpy", "2.1.0")), (("python", "3.12.1"), ("numpy", "2.0.2")))
    'numpy 2.0.2 instead of 2.1.0'
    """
    known = dict(theirs)
    found = [f"{name} {known.get(name, 'unknown')} instead of {value}" for name, value in ours if known.get(name) != value]
    return ", ".join(found)
