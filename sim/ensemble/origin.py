"""What a process makes results with: the same gives the same bytes."""

from __future__ import annotations

import platform
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from sim import __version__


@lru_cache(maxsize=1)
def origin() -> tuple[tuple[str, str], ...]:
    """Return the names and versions of all that the last digit of a result may depend on.

    The method behind a normal draw belongs to NumPy, quantiles of some distributions to SciPy, and the last digit of an
    exponential to the instructions of the processor, of which NumPy has a name for those that it chose.
    """
    import scipy

    return (
        ("parley", __version__),
        ("python", platform.python_version()),
        ("numpy", np.__version__),
        ("scipy", scipy.__version__),
        ("machine", platform.machine()),
        ("instructions", f"{np.lib.introspect.opt_func_info('^exp$', 'float64')['exp']['dd']['current']} {last_digits()}"),
    )


def last_digits() -> str:
    """Return a mark of the last digits of what is not exact: functions of which NumPy has others for other processors.

    Not all that differ have another name: some functions have code of their own on a processor and others not, and those of
    the C library choose by themselves.
    """
    values = np.linspace(0.01, 9.0, 999)
    functions = (np.exp, np.expm1, np.log, np.log1p, np.tanh, np.cbrt, lambda one: one**0.3)
    return blake2b(b"".join(function(values).tobytes() for function in functions), digest_size=4).hexdigest()


def differences(ours: tuple[tuple[str, str], ...], theirs: tuple[tuple[str, str], ...]) -> str:
    """Return in words how another origin differs, or an empty text.

    >>> differences((("python", "3.12.1"), ("numpy", "2.1.0")), (("python", "3.12.1"), ("numpy", "2.0.2")))
    'numpy 2.0.2 instead of 2.1.0'
    """
    known = dict(theirs)
    found = [f"{name} {known.get(name, 'unknown')} instead of {value}" for name, value in ours if known.get(name) != value]
    return ", ".join(found)
