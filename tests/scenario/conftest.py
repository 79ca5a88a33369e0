"""A small schema of two sections and a list of items, and short ways to load a text with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, model_validator

from sim.scenario import (
    Fixed,
    Item,
    Quantity,
    Scenario,
    ScenarioError,
    ScenarioHead,
    Section,
    knob,
    load_scenario,
    whole,
)

FINE = """\
title: Fine
description: A small world
start_date: 2024-12-04
horizon_months: 36
sides: {attacker: {name: Red}, defender: {name: Blue}}
sources:
  kiel-2024: {author: A, title: B, date: 2024-10-01, address: x, quality: A}
arms:
  backers:
    - id: united_states
      aid_per_month_beur: {dist: uniform, low: 3, high: 4, source: kiel-2024}
    - id: europe
      aid_per_month_beur: 5
      delay_days: 60
losses:
  killed_share: {value: 0.3, source: [kiel-2024], note: a note}
  killed_per_day: 30_000
"""


class Backer(Item):
    aid_per_month_beur: Quantity = knob("bn EUR a month", "Aid.", low=0)
    delay_days: Quantity = knob("days", "Delay.", low=0, high=720, default=30)


class Arms(Section):
    backers: tuple[Backer, ...]


class Guards(Section):
    kind: Literal["guards"]
    number: Quantity = knob("soldiers", "How many.", low=0)


class Paper(Section):
    kind: Literal["paper"]


class Losses(Section):
    killed_share: Quantity = knob("share", "Killed among casualties.", low=0, high=1)
    killed_per_day: Quantity = knob("soldiers a day", "Deaths.", low=0)
    stages: Fixed = whole("stages", "Stages of decay.", low=1, high=20, default=4)
    speed: Quantity | None = knob("km", "Speed.", default=None)
    rounds: int = knob("rounds", "Rounds.", low=1, high=9, default=2)
    shares: list[Quantity] = knob("share", "Shares.", low=0, high=1, default=[])
    by_name: dict[str, Quantity] = knob("", "By name.", high=10, default={})
    on_paper: bool = False
    label: int | str = "none"
    zone: Annotated[Guards | Paper, Field(discriminator="kind")] | None = None

    @model_validator(mode="after")
    def _rounds_fit(self) -> Losses:
        if self.rounds == 7:
            raise ValueError("seven rounds are never played")
        return self


class World(ScenarioHead):
    arms: Arms
    losses: Losses


Load = Callable[..., Scenario[World]]
Lines = Callable[..., list[str]]


@pytest.fixture
def fine() -> str:
    return FINE


@pytest.fixture
def schema() -> type[World]:
    return World


@pytest.fixture
def sections() -> dict[str, Any]:
    return {"Backer": Backer, "Arms": Arms, "Losses": Losses}


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a text as a scenario."""

    def _load(text: str = FINE, overrides: Sequence[str] = ()) -> Scenario[World]:
        path = tmp_path / "s.yaml"
        path.write_text(text, encoding="utf-8")
        return load_scenario(path, World, overrides)

    return _load


@pytest.fixture
def lines(load: Load, tmp_path: Path) -> Lines:
    """Return what is said about a text, one string a problem, with a short file name."""

    def _lines(text: str = FINE, overrides: Sequence[str] = ()) -> list[str]:
        with pytest.raises(ScenarioError) as caught:
            load(text, overrides)
        return [str(problem).replace(str(tmp_path / "s.yaml"), "s.yaml") for problem in caught.value.problems]

    return _lines
