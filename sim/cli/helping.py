"""How help is laid out: in words, within the width of the terminal, nothing cut off."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

from typer.core import TyperCommand, TyperGroup

from sim.cli.contract import begin


def usage(command: Any, context: Any) -> str:
    """Return how a command is called, as `parley run FILE... [OPTIONS]`."""
    names = []
    for param in command.get_params(context):
        if param.param_type_name == "argument":
            name = param.metavar or param.name.upper()
            names.append(name if param.required else f"[{name}]")
    return " ".join([context.command_path, *names, "[OPTIONS]"])


def paragraphs(text: str, width: int) -> list[str]:
    """Return the lines of a help text; commands of an example are broken so that they can be pasted."""
    lines: list[str] = []
    for paragraph in textwrap.dedent(text).strip().split("\n\n"):
        said = " ".join(paragraph.split())
        if said.startswith("Example:"):
            words = re.findall(r'"[^"]*"|\'[^\']*\'|\S+', said.removeprefix("Example:"))
            lines += ["Example:", *_command_lines(words, width - 2), ""]
        else:
            lines += [*textwrap.wrap(said, width, break_on_hyphens=False), ""]
    return lines


def _command_lines(words: list[str], width: int) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) + 3 > width:
            lines[-1] += " \\"
            lines.append(f"  {word}")
        else:
            lines[-1] += f" {word}"
    return [f"  {line}" for line in lines]


def table(rows: list[tuple[str, str]], width: int, most: int = 26) -> list[str]:
    """Return names with what they mean beside them, or below where a name is long."""
    first = min(most, max(len(name) for name, _ in rows))
    lines: list[str] = []
    for name, text in rows:
        told = textwrap.wrap(text, width - first - 4, break_on_hyphens=False) or [""]
        if len(name) > first:
            lines.append(f"  {name}")
            name = ""
        lines.append(f"  {name:<{first}}  {told[0]}".rstrip())
        lines += [f"  {'':<{first}}  {line}" for line in told[1:]]
    return lines


def _value(param: Any) -> str:
    """Return what stands for the value of an option: a number is N or X, a choice names all of its values."""
    kind = getattr(param, "type_descriptor", None)
    if param.metavar:
        return str(param.metavar)
    if getattr(kind, "is_choice", False):
        return "|".join(map(str, kind.choices))  # type: ignore[union-attr]
    kinds: dict[Any, str] = {int: "N", float: "X", Path: "PATH"}
    return str(kinds.get(getattr(kind, "annotation", None), param.name.upper()))


def _row(param: Any) -> tuple[str, str]:
    """Return an argument or option and its help, with its default in words."""
    if param.param_type_name == "argument":
        return param.metavar or param.name.upper(), param.help or ""
    names = ", ".join(sorted(param.opts, key=len))
    value = "" if param.is_flag else f" {_value(param)}"
    default = param.default
    told = ""
    if param.required:
        told = " Required."
    elif not param.is_flag and param.show_default and default is not None:
        told = f" Default: {default:,}." if isinstance(default, int) else f" Default: {default}."
    return names + value, (param.help or "") + told


def help_lines(command: Any, context: Any, width: int) -> list[str]:
    """Return the help of a command: how it is called, what it does, its arguments and options."""
    lines = textwrap.wrap(f"Usage: {usage(command, context)}", width, subsequent_indent="  ", break_on_hyphens=False)
    lines += ["", *paragraphs(command.help or "", width)]
    shown = [param for param in command.get_params(context) if not param.hidden]
    arguments, options = (
        [_row(param) for param in shown if param.param_type_name == kind] for kind in ("argument", "option")
    )
    if arguments:
        lines += [*table(arguments, width), ""]
    return [*lines, "Options:", *table(options, width)]


class Command(TyperCommand):
    """A command whose help is laid out here."""

    def invoke(self, ctx: Any) -> Any:
        """Run it."""
        begin(ctx)
        return super().invoke(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        formatter.write("\n".join(help_lines(self, ctx, int(formatter.width))))


class Group(TyperGroup):
    """All commands, listed in their groups."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        width = int(formatter.width)
        lines = ["Usage: parley COMMAND [OPTIONS]", "", *paragraphs(self.help or "", width)]
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            if not command.hidden:
                groups.setdefault(str(getattr(command, "rich_help_panel", "")), []).append((name, command.short_help or ""))
        longest = max(len(name) for rows in groups.values() for name, _ in rows)
        for group, rows in groups.items():
            lines += [f"{group}:", *table([(f"{name:<{longest}}", text) for name, text in rows], width), ""]
        options = [_row(param) for param in self.get_params(ctx)]
        lines += ["Options:", *table(options, width), "", "About a command: parley help COMMAND"]
        formatter.write("\n".join(lines))
