"""`parley new`: a scenario file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.common import (
    INVALID,
    AsJson,
    errors_as_lines,
    load_all,
    refuse,
)
from sim.cli.complete import scenarios
from sim.cli.printing import say_end, say_json
from sim.errors import ParleyError
from sim.pasted import command

# What Windows takes for a device, whatever ending follows.
DEVICES = ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)))
# As long as folders of results may be called after it.
LONGEST = 200


def new(
    name: Annotated[str, typer.Argument(help="Name of the new scenario: small letters, digits and underscores.")],
    base: Annotated[
        str, typer.Option("--from", metavar="SCENARIO", help="The scenario it starts from.", autocompletion=scenarios)
    ] = "baseline",
    as_json: AsJson = False,
) -> None:
    """Write NAME.yaml, a scenario that extends another, with the common knobs as comments.

    Example:  parley new my_study --from baseline
    """
    path = Path(f"{name}.yaml")
    if len(name) > LONGEST:
        refuse(f"a name of {len(name):,} characters is too long; use at most {LONGEST}")
    if not name.replace("_", "").isalnum() or not name.isascii() or name != name.lower():
        refuse(f"'{name}' is no name for a scenario; use small letters, digits and underscores")
    if name in DEVICES:
        refuse(f"'{name}' is the name of a device on Windows, where no file can have it; choose another")
    with errors_as_lines():
        from sim.scenario.lookup import meanings
        from sim.words.new_scenario import text_lines

        if path not in (taken := [one.path for one in meanings(name)]) and taken:
            refuse(f"'{name}' is the name of {taken[0]} already; choose another")
        (scenario,) = load_all([base], None)
        lines = text_lines(name, base, scenario)
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
        except FileExistsError:
            refuse(f"{path} is there already; it is left as it is", INVALID)
        except OSError as error:
            refuse(f"cannot write {path}: {error.strerror}", INVALID)
        try:
            load_all([str(path)], None)
        except ParleyError:
            # A scenario that cannot be extended from here, as one of a folder above.
            path.unlink()
            raise
    diff = command("parley", "diff", base, path)
    if as_json:
        say_json({"written": [str(path)]})
        return
    steps = [(command("parley", "check", path), "whether it is right"), (diff, "what it changes")]
    say_end([f"Written: {path}"], [*steps, (command("parley", "run", path), "what comes of it")], data=False)
