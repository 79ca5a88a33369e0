"""`parley new`: a scenario file to start from."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.common import INVALID, USAGE, errors_as_lines, load_all
from sim.cli.complete import scenarios
from sim.errors import ParleyError
from sim.pasted import command

# The knobs an analyst turns first, whatever the war.
COMMON = (
    "arms.attacker.aid_scale",
    "arms.defender.aid_scale",
    "manpower.attacker.intake_per_month",
    "manpower.attacker.return_share",
    "manpower.defender.intake_per_month",
    "attrition.attacker.daily_casualties",
    "attrition.defender.daily_casualties",
    "front.advance_km2_per_day",
    "front.advance_settled_km2_per_day",
)

# What Windows takes for a device, whatever ending follows.
DEVICES = ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)))
# As long as folders of results may be called after it.
LONGEST = 200


def new(
    name: Annotated[str, typer.Argument(help="Name of the new scenario: small letters, digits and underscores.")],
    base: Annotated[
        str, typer.Option("--from", metavar="SCENARIO", help="The scenario it starts from.", autocompletion=scenarios)
    ] = "baseline",
) -> None:
    """Write NAME.yaml, a scenario that extends another, with the common knobs as comments.

    Example:  parley new my_study --from baseline
    """
    path = Path(f"{name}.yaml")
    if len(name) > LONGEST:
        print(f"error: a name of {len(name):,} characters is too long; use at most {LONGEST}", file=sys.stderr)
        raise typer.Exit(USAGE)
    if not name.replace("_", "").isalnum() or not name.isascii() or name != name.lower():
        print(f"error: '{name}' is no name for a scenario; use small letters, digits and underscores", file=sys.stderr)
        raise typer.Exit(USAGE)
    if name in DEVICES:
        print(
            f"error: '{name}' is the name of a device on Windows, where no file can have it; choose another", file=sys.stderr
        )
        raise typer.Exit(USAGE)
    with errors_as_lines():
        from sim.scenario.lookup import meanings

        if path not in (taken := [one.path for one in meanings(name)]) and taken:
            print(f"error: '{name}' is the name of {taken[0]} already; choose another", file=sys.stderr)
            raise typer.Exit(USAGE)
        lines = _lines(name, base)
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
        except FileExistsError:
            print(f"error: {path} is there already; it is left as it is", file=sys.stderr)
            raise typer.Exit(INVALID) from None
        except OSError as error:
            print(f"error: cannot write {path}: {error.strerror}", file=sys.stderr)
            raise typer.Exit(INVALID) from None
        try:
            load_all([str(path)], None)
        except ParleyError:
            # A scenario that cannot be extended from here, as one of a folder above.
            path.unlink()
            raise
    diff = command("parley", "diff", base, path)
    print(f"Written: {path}. Next: parley check {path}, then {diff}, then parley run {path}")


def _lines(name: str, base: str) -> list[str]:
    """Return the lines of a scenario that changes nothing, with the common knobs as comments."""
    from sim.scenario import numbers
    from sim.scenario.describe import entries, in_words
    from sim.scenario.wording import one_line
    from sim.scenario.write import to_yaml

    (scenario,) = load_all([base], None)
    words = {entry.path: entry for entry in entries(scenario)}
    central = {known.path: getattr(known.value, "central", known.value) for known in numbers(scenario.world)}
    head = {
        "title": name.replace("_", " ").strip().capitalize(),
        "extends": os.path.relpath(base) if os.path.isabs(base) else base,
        "description": "What is assumed, in a sentence.",
    }
    lines = [
        *to_yaml(head).splitlines(),
        "",
        "# To change a number, remove the '#' and the space before its line and before the lines it stands under.",
    ]
    above: list[str] = []
    for dotted in (dotted for dotted in COMMON if dotted in words):
        *sections, knob = dotted.split(".")
        for depth, section in enumerate(sections):
            if sections[: depth + 1] != above[: depth + 1]:
                lines.append(f"# {'  ' * depth}{section}:")
        above = sections
        entry = words[dotted]
        value, was = in_words(central[dotted]).replace(",", "_"), one_line(f"{base}: {entry.text}. {entry.about}")
        lines.append(f"# {'  ' * len(sections)}{knob}: {value}  # {entry.unit}; {was}")
    return lines
