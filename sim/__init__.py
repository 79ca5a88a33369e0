"""Parley: a negotiation-scenario simulator for wars between states.

The functions of `sim.api` are here too: `sim.run`, `sim.compare`, `sim.sweep` and the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "ParleyError", "breakeven", "compare", "discover", "load", "mind_changing", "read", "run", "sensitivity", "sobol",
    "sweep", "workbench", "write_report",
]  # fmt: skip

if TYPE_CHECKING:
    from sim.api import (
        breakeven,
        compare,
        discover,
        load,
        mind_changing,
        read,
        run,
        sensitivity,
        sobol,
        sweep,
        workbench,
        write_report,
    )
    from sim.errors import ParleyError


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def __getattr__(name: str) -> Any:
    # When first asked for, so that the command line starts without what it does not need.
    if name in __all__:
        from sim import api, errors

        return getattr(errors if name == "ParleyError" else api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
