"""Mutants of right and bad scenarios, and what loading them does: nothing but a scenario or a ScenarioError, and soon.

A mutant follows from its number and from the scenarios there are. Most are loaded against a small schema, because the whole
model takes some seventy milliseconds; every so many against the model.
By hand: ``python -m tests.fuzz.mutants FIRST COUNT EVERY``.
"""

from __future__ import annotations

import contextlib
import json
import random
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from sim.model import WarScenario
from sim.scenario import ScenarioError, ScenarioHead, load_scenario, read_yaml, shipped, shipped_folder
from sim.scenario.families import FAMILIES
from sim.scenario.walk import fields
from tests.scenario.conftest import FINE, World

BAD = Path(__file__).parents[1] / "bad"
# judgement: pieces small enough that a thousand are loaded in seconds.
LONGEST_PIECE = 1500
SECONDS = 1.0
TRIES = 5


class Mutant(NamedTuple):
    """What is loaded: the bytes of the file, what is set on the command line, and against which schema."""

    data: bytes
    settings: list[str]
    schema: type[ScenarioHead]


def _pieces() -> list[str]:
    """Return texts to start from: the small scenario, pieces of the shipped ones, the bad ones."""
    texts = [FINE] * 20
    for name in shipped():
        text = (shipped_folder() / f"{name}.yaml").read_text(encoding="utf-8")
        for section in re.split(r"(?m)^(?=[a-z])", text):
            texts += [section[start : start + LONGEST_PIECE] for start in range(0, len(section), LONGEST_PIECE)]
    for path in sorted(BAD.glob("*.yaml")):
        texts.append(path.read_bytes().decode("utf-8", "replace"))
    return [text for text in texts if text.strip()]


def _names(model: type[BaseModel], deep: int = 4) -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        found.add(name)
        inner = [field.annotation]
        for annotation in inner:
            found |= set(fields(annotation))
            if deep:
                inner += getattr(annotation, "__args__", ())
                if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                    found |= _names(annotation, deep - 1)
    return found


_PLAIN = r"""
value dist min max source note assumption id remove extends expect events correlations
united_states europe kiel-2024 attacker defender small baseline guards paper
: - ? , [ ] { } # & * ! | > ' " % @ ` --- ... << &a *a !!str !t |- >+ {} [] [[ }} ~ = \ \x41 \u202e \ud800 \0
0 -1 1 -0 00 010 0x1F 0o7 1_0 1__0 1e5 1e400 -1e400 1e-400 .5 5. 1:30 1,000 50% 0.1 3.7 1e100 1e101 .nan .inf nan
yes no on off true false null y n 2024-12-04 2024-13-01 0000-01-01 9999-12-31 2024-12-04T10:00
"""
_SPACED = (
    " ", "  ", "\n", "\n\n", "\t", "\r", "\r\n", "\n  ", "\n    - ", ": ", ", ", " #", "\n---\n", "\n...\n",
    "%YAML 1.1\n---\n", "extends: small\n", "extends: [small, small]\n", "extends: mutant\n", "extends: ../x\n",
    "extends: /etc/passwd\n", "extends:\n", "\ntitle: x\n", "remove: true", "{id: europe, remove: true}",
    "horizon_days: 1\n", "<<: *a\n", "&a ", "{value: 1}", "{dist: uniform, low: 1, high: 2}",
    "{dist: normal, mean: 1, sd: 1, min: 0}", "{dist: discrete, values: ",
)  # fmt: skip
_LONG = ("9" * 41, "9" * 5000, "1e" + "9" * 30, "[" * 40, "{a: " * 40, "- " * 40, "x" * 3000, "? " * 20)
_STRANGE = (
    "\0", "\x07", "\x1b[31m", "\x7f", "\x85", "\x9b", "\xa0", "\u200b", "\u2028", "\u202e", "\u2066", "\ufeff", "\ufffe",
    "\U0010ffff", "\U000e0041", "\u00e9", "e\u0301", "\u4e2d", "\U0001f6e1", "\u0663", "\u00df", "\u0130",
)  # fmt: skip
WORDS = [
    *sorted(_names(World) | _names(WarScenario)),
    *FAMILIES,
    *sorted({key for family in FAMILIES.values() for keys in family.forms for key in keys}),
    *_PLAIN.split(),
    *_SPACED,
    *_LONG,
    *_STRANGE,
]
PIECES = _pieces()
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_TOKEN = re.compile(r"[\w.+-]+|[^\w\s]|\s+")


def _cut(rng: random.Random, text: str, longest: int = 200) -> tuple[int, int]:
    start = rng.randrange(len(text) + 1)
    return start, min(len(text), start + rng.randrange(1, longest))


def _insert(rng: random.Random, text: str) -> str:
    start = rng.randrange(len(text) + 1)
    return text[:start] + rng.choice(WORDS) + text[start:]


def _delete(rng: random.Random, text: str) -> str:
    start, end = _cut(rng, text)
    return text[:start] + text[end:]


def _double(rng: random.Random, text: str) -> str:
    start, end = _cut(rng, text)
    return text[:end] + text[start:end] * rng.choice([1, 1, 1, 2, 30]) + text[end:]


def _splice(rng: random.Random, text: str) -> str:
    other = rng.choice(PIECES)
    start, end = _cut(rng, other, 400)
    here = rng.randrange(len(text) + 1)
    return text[:here] + other[start:end] + text[here:]


def _word(rng: random.Random, text: str) -> str:
    tokens = _TOKEN.findall(text)
    if tokens:
        tokens[rng.randrange(len(tokens))] = rng.choice(WORDS)
    return "".join(tokens)


def _swap(rng: random.Random, text: str) -> str:
    tokens = _TOKEN.findall(text)
    if tokens:
        one, two = rng.randrange(len(tokens)), rng.randrange(len(tokens))
        tokens[one], tokens[two] = tokens[two], tokens[one]
    return "".join(tokens)


def _number(rng: random.Random, text: str) -> str:
    found = list(re.finditer(r"\d[\d_.]*", text))
    if not found:
        return text
    match = rng.choice(found)
    other = rng.choice(["0", "-1", "1", "2", "0.5", "1e9", "-0.0", "1e-9", "1e99", "36.5", "1e101", str(rng.uniform(-2, 2))])
    return text[: match.start()] + other + text[match.end() :]


def _indent(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    line = rng.randrange(len(lines))
    lines[line] = (
        rng.choice([" ", "  ", "    ", "\t", "- "]) + lines[line] if rng.random() < 0.5 else lines[line].lstrip(" -")
    )
    return "\n".join(lines)


def _lines(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
    if rng.random() < 0.5:
        lines[one], lines[two] = lines[two], lines[one]
    else:
        lines.insert(one, lines[two])
    return "\n".join(lines)


TEXT: list[Callable[[random.Random, str], str]] = [
    _insert, _insert, _delete, _double, _splice, _word, _word, _word, _swap, _number, _number, _indent, _lines,
]  # fmt: skip


def _bytes(rng: random.Random, data: bytes) -> bytes:
    """Return bytes with some flipped, or in another encoding."""
    kind = rng.randrange(12)
    if kind == 0:
        return data.decode("utf-8", "replace").encode("utf-16")
    if kind == 1:
        return data.replace(b"\n", b"\r\n")
    if kind == 2:
        return data.replace(b"\n", b"\r")
    if kind == 3:
        return b"\xef\xbb\xbf" + data
    flipped = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8]) if flipped else 0):
        at = rng.randrange(len(flipped))
        flipped[at] = flipped[at] ^ (1 << rng.randrange(8)) if rng.random() < 0.5 else rng.randrange(256)
    return bytes(flipped)


def mutant(number: int, of_the_model: bool) -> Mutant:
    """Return the mutant with a number."""
    rng = random.Random(number)
    text = rng.choice(PIECES)
    base = "baseline" if of_the_model else "small"
    if "extends: " not in text and not text.startswith("title: Fine"):
        text = f"title: Mutant\nextends: {base}\n{text}"
    text = text.replace("extends: baseline", f"extends: {base}")
    for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
        text = rng.choice(TEXT)(rng, text)
    data = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.15:
        data = _bytes(rng, data)
    settings = []
    if rng.random() < 0.1:
        setting = rng.choice(
            ["losses.killed_share=0.5", "arms.backers.europe.delay_days=30", "title=x", "losses.shares=[0.1, 0.2]"]
        )
        for _ in range(rng.randrange(4)):
            setting = rng.choice([_insert, _word, _swap, _number, _delete])(rng, setting)
        settings = [setting]
        if rng.random() < 0.7:
            data = FINE.encode()
    return Mutant(data, settings, WarScenario if of_the_model else World)


def load(mutant: Mutant, file: Path) -> bool:
    """Load a mutant; return whether it is right. What it says must fit on a terminal, what it writes must load again."""
    file.write_bytes(mutant.data)
    try:
        scenario = load_scenario(file, mutant.schema, mutant.settings)
    except ScenarioError as error:
        said = str(error)
    else:
        resolved = file.with_name("resolved.yaml")
        resolved.write_text(scenario.to_yaml(), encoding="utf-8")
        assert repr(read_yaml(resolved).value) == repr(scenario.tree), "what is written is not what was read"
        return True
    assert 1 <= len(said.split("\n")) <= 21, "too many lines"
    assert ": error: " in said, "nothing is said"
    assert not _UNSAFE.search(said), "not safe to show"
    return False


def run(first: int, count: int, every: int) -> dict[str, Any]:
    """Load the mutants from `first` on, one of `every` against the model; stop at the first that fails."""
    report: dict[str, Any] = {"count": 0, "right": 0, "of_the_model": 0, "slowest": [0.0, first], "failed": None}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("small.yaml").write_text(FINE, encoding="utf-8")
        file = Path("mutant.yaml")
        load(Mutant(FINE.encode(), [], World), file)
        load_scenario("baseline", WarScenario)
        for number in range(first, first + count):
            of_the_model = number % every == 0
            made = mutant(number, of_the_model)
            seconds = float("inf")
            # What takes long on a busy machine may have been slowed down by others: only what does so each time is slow.
            for attempt in range(TRIES):
                start = time.process_time()
                try:
                    right = load(made, file)
                    report["right"] += right and not attempt
                except Exception:
                    report["failed"] = traceback.format_exc()
                seconds = min(seconds, time.process_time() - start)
                if seconds <= SECONDS or report["failed"] is not None:
                    break
            report["count"] += 1
            report["of_the_model"] += of_the_model
            report["slowest"] = max(report["slowest"], [seconds, number])
            if seconds > SECONDS and report["failed"] is None:
                report["failed"] = f"took {seconds:.1f} s"
            if report["failed"] is not None:
                report["number"] = number
                break
    return report


if __name__ == "__main__":
    json.dump(run(*map(int, sys.argv[1:4])), sys.stdout)
