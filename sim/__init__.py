"""Parley: a negotiation-scenario simulator for wars between states.

    import sim
    base = sim.run("baseline", replications=500)                         # then print(*base.findings, sep="\\n")
    less = sim.run("baseline", replications=500, settings={"arms.defender.aid_scale": 0.3})
    sim.compare(base, less).line("casualties_attacker").difference       # what that changed, on the same luck
    sim.run(["baseline", "more_arms"], replications=500).to_pandas()     # a row a history, under one another
    print(sim.knobs("aid"), sim.scenarios(), sim.explain(base))          # what there is to turn, and why no deal

Then `sim.plot(base)`, `sim.sweep`, `sim.breakeven` and others; `help(sim.run)` tells of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "ParleyError", "breakeven", "calibrate", "check", "choose", "compare", "diff", "discover", "explain", "hindcast",
    "knobs", "load", "mind_changing", "panel", "plot", "read", "run", "scenarios", "sensitivity", "sobol", "sweep",
    "workbench", "write_report",
]  # fmt: skip

if TYPE_CHECKING:
    from sim.api import (
        breakeven,
        calibrate,
        choose,
        compare,
        discover,
        hindcast,
        load,
        mind_changing,
        panel,
        read,
        run,
        sensitivity,
        sobol,
        sweep,
        workbench,
        write_report,
    )
    from sim.errors import ParleyError
    from sim.looks import check, diff, explain, knobs, plot, scenarios


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def __getattr__(name: str) -> Any:
    # When first asked for, so that the command line starts without what it does not need.
    if name in __all__:
        from sim import api, errors, looks

        return next(getattr(place, name) for place in (errors, looks, api) if hasattr(place, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
