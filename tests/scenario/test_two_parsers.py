"""The parser in C, which is quick, and that of Python, which says what is wrong: they read the same, whatever is written."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml

from sim.model import WarScenario
from sim.scenario import load_scenario, parse
from sim.scenario.parse import Parsed
from tests.bad.corpus import FOLDER, ROOT

pytestmark = pytest.mark.skipif(parse._QUICK is None, reason="PyYAML was built without its parser in C")
SHIPPED = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "scenarios").rglob("*.yaml"))}
BAD = {path.stem: path.read_bytes().decode("utf-8", "replace") for path in sorted(FOLDER.glob("*.yaml"))}
# What has a meaning in YAML, alone and together.
PIECES = (
    *"-:,[]{}#'\"|>?*&! \n%@`~.0_\\", "- ", ": ", "\n  ", "\n- ", "? ", "''", '""', "<<: ", "|\n", ">-\n", "\n\n", "[a: b]",
    "{a:1}", "{a: 1, b}", "x: y: z", "a #b", "1,2", "::", "[,]", "? a\n: b", "- - a", "...", "--- ", "!!str", "&a ", "|2\n",
    ">+\n", ': "a? b"', ': "', '"? ', '?"', "\\\n", "\\ ", '\\"', '"a\\\n  b"', "\t", "é", "\u2028", "\u3000", "\x85", "😀",
)  # fmt: skip


def read(text: str) -> tuple[object, ...]:
    parsed = Parsed(text)
    return repr(parsed.value), [*parsed.spots.items()], parsed.findings, parsed.is_block, parsed.complete


def check(texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    quick = [read(text) for text in texts]
    monkeypatch.setattr(parse, "_QUICK", None)
    for text, found in zip(texts, quick, strict=True):
        assert found == read(text), text


def test_they_read_what_is_shipped_and_what_is_wrong_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    check([*SHIPPED.values(), *BAD.values()], monkeypatch)


def test_they_read_alike_what_is_written_amiss(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, sources, texts = random.Random(1), [*SHIPPED.values(), *BAD.values()], []
    for _ in range(2_500):
        lines = rng.choice(sources).split("\n")
        start = rng.randrange(len(lines))
        text = "\n".join(lines[start : start + rng.randrange(1, 12)])[:3_000]
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(len(text) + 1)
            text = text[:at] + rng.choice(PIECES) + text[at + rng.choice((0, 0, 0, 1, 1, 2, 5)) :]
        texts.append(text)
    quickly = [text for text in texts if parse._read_alike(text) and Parsed(text).complete]
    assert 300 < len(quickly) < 2_200
    check(texts, monkeypatch)


def test_what_most_scenarios_extend_and_what_is_kept_is_read_by_the_quick_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*anything: Any) -> None:
        raise AssertionError("the slow one was asked")

    kept = load_scenario("baseline", WarScenario).to_yaml()
    monkeypatch.setattr(yaml, "SafeLoader", refuse)
    for text in (SHIPPED["baseline"], kept):
        assert Parsed(text).complete
