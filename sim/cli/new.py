"""`parley new`: a scenario file to start from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.common import (
    INVALID,
    AsJson,
    errors_as_lines,
    load_all,
    note,
    refuse,
)
from sim.cli.complete import scenarios
from sim.cli.printing import say_end, say_json
from sim.errors import ParleyError
from sim.gate import shown
from sim.pasted import command

if TYPE_CHECKING:
    from sim.scenario.blank import Blank
    from sim.scenario.errors import Path as Where

# What Windows takes for a device, whatever ending follows.
DEVICES = ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)))
# As long as folders of results may be called after it.
LONGEST = 200


def new(
    name: Annotated[str, typer.Argument(help="Name of the new scenario: small letters, digits and underscores.")],
    base: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="SCENARIO",
            help="The scenario it starts from; baseline if not given.",
            autocompletion=scenarios,
        ),
    ] = None,
    blank: Annotated[bool, typer.Option("--blank", help="Start from nothing: another war, to be filled in.")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="The same, and ask for what is to be filled in, one by one.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write NAME.yaml: a scenario that extends another, with the common knobs as comments, or a war of one's own to fill in.

    Example:  parley new my_study --from baseline

    Example:  parley new my_war --blank
    """
    path = Path(f"{name}.yaml")
    if len(name) > LONGEST:
        refuse(f"a name of {len(name):,} characters is too long; use at most {LONGEST}")
    if not name.replace("_", "").isalnum() or not name.isascii() or name != name.lower():
        refuse(f"'{name}' is no name for a scenario; use small letters, digits and underscores")
    if name in DEVICES:
        refuse(f"'{name}' is the name of a device on Windows, where no file can have it; choose another")
    if base is not None and (blank or ask):
        refuse("--from starts from a scenario, --blank and --ask from nothing; choose one")
    with errors_as_lines():
        from sim.scenario.lookup import meanings

        if path not in (taken := [one.path for one in meanings(name)]) and taken:
            refuse(f"'{name}' is the name of {taken[0]} already; choose another")
        if blank or ask:
            _blank(name, path, ask, as_json)
        else:
            _extending(name, path, base or "baseline", as_json)


def _extending(name: str, path: Path, base: str, as_json: bool) -> None:
    from sim.words.new_scenario import text_lines

    (scenario,) = load_all([base], None)
    _write(path, "\n".join(text_lines(name, base, scenario)) + "\n")
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


def _blank(name: str, path: Path, ask: bool, as_json: bool) -> None:
    from sim.model import WarScenario
    from sim.scenario.blank import blanks, filled, without
    from sim.scenario.parse import BLANK
    from sim.words.new_scenario import blank_text

    text = blank_text(name)
    # It is there before the first question, so that no answer is in vain.
    _write(path, text)
    if ask:
        try:
            answers, left_out = _answers(blanks(text, WarScenario))
        except _Refused as error:
            path.unlink()
            refuse(f"{error}. Mend it and give all answers again; nothing was written", INVALID)
        text = filled(text, answers)
        for section in left_out:
            text = without(text, section)
        path.write_text(text, encoding="utf-8")
    left = sum(one.text == BLANK for one in blanks(text, WarScenario))
    if as_json:
        say_json({"written": [str(path)], "blank": left})
        return
    how = f"{left} places to fill in, marked {BLANK}" if left else "all is filled in"
    check = (command("parley", "check", path), "what is still blank, or wrong" if left else "whether it is right")
    say_end([f"Written: {path} ({how})"], [check, (command("parley", "run", path), "what comes of it")], data=False)


class _Refused(ParleyError):
    """An answer that does not fit, where nobody is there to be asked again."""


def _answers(asked: list[Blank]) -> tuple[dict[Blank, str], list[Where]]:
    """Ask for what is blank on stderr; return what was answered until the input ended, and which sections are left out.

    At a terminal an answer that does not fit is asked for again. In a file all answers behind it would then meet the wrong
    questions, so that it ends there.
    """
    from sim.model import WarScenario
    from sim.scenario import FieldError
    from sim.scenario.blank import fitting
    from sim.scenario.wording import quoted
    from sim.words.new_scenario import MAY_LACK, how_to_answer, question

    print(*how_to_answer(), sep="\n", file=sys.stderr)
    answers: dict[Blank, str] = {}
    left_out: list[Where] = []
    before, read = None, 0
    for number, blank in enumerate(asked, 1):
        if any(blank.path[: len(section)] == section for section in left_out):
            continue
        lines = question(blank, number, len(asked), before)
        while True:
            print(*map(shown, lines), sep="\n", end="", file=sys.stderr, flush=True)
            answer = sys.stdin.readline()
            if not answer:
                print(file=sys.stderr)
                note(f"The input ended: {number - 1} of {len(asked)} questions were asked. Go on in the file.")
                return answers, left_out
            answer, read = answer.strip(), read + 1
            lines = lines[-1:]
            if answer == "?":
                print(f"  {blank.wanted}", file=sys.stderr)
                continue
            try:
                kept = fitting(answer, blank.path, WarScenario) if answer else blank.kept
            except FieldError as error:
                if not sys.stdin.isatty():
                    print(file=sys.stderr)
                    where = f"line {read:,} of the input, {quoted(answer)}, question {number} ({blank.name})"
                    raise _Refused(f"{where}: {_in_words(error, blank)}") from error
                note(f"  {_in_words(error, blank)}")
                continue
            if kept:
                answers[blank] = kept
            elif blank.name in MAY_LACK:
                left_out.append(MAY_LACK[blank.name][0])
            break
        before = blank
    if not sys.stdin.isatty() and (more := sys.stdin.readline()).strip():
        print(file=sys.stderr)
        raise _Refused(f"line {read + 1:,} of the input, {quoted(more.strip())}, answers no question: all were asked before")
    return answers, left_out


def _in_words(error: Any, blank: Blank) -> str:
    """Return what is wrong with an answer, with what to write."""
    flaw = error.flaws[0]
    name = str(blank.path[-1])
    message = flaw.message.replace("{field}", name).replace("{part}", name)
    return f"{message}. {flaw.hint or blank.wanted}"


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        refuse(f"{path} is there already; it is left as it is", INVALID)
    except OSError as error:
        refuse(f"cannot write {path}: {error.strerror}", INVALID)
