"""The war as a tuple of mechanisms: `MECHANISMS` is the model's table of contents, in the order of the day."""

from typing import Any

from pydantic import create_model

from sim.engine.world import Mechanism, Setting, World
from sim.model.arms import Arms
from sim.model.attrition import Attrition
from sim.model.collapse import Collapse
from sim.model.front import Front
from sim.model.manpower import Manpower
from sim.model.parameters import Drawn
from sim.scenario import Scenario, ScenarioHead, quantities

MECHANISMS: tuple[type[Mechanism], ...] = (Arms, Manpower, Attrition, Front, Collapse)

# Appointments come first; manpower books the losses of the day after the battle.
ORDER_OF_THE_DAY = (
    "halt", "package", "wave begins", "wave ends", "offensive begins", "offensive ends",
    "arms", "manpower", "attrition", "front", "losses", "collapse",
)  # fmt: skip

_sections: dict[str, Any] = {mechanism.name: (mechanism.parameters, ...) for mechanism in MECHANISMS}
WarScenario: type[ScenarioHead] = create_model("WarScenario", __base__=ScenarioHead, **_sections)
"""A scenario's head together with a section for each mechanism."""

SENTENCES = {kind: sentence for mechanism in MECHANISMS for kind, sentence in mechanism.sentences.items()}


def section(scenario: Scenario[ScenarioHead], mechanism: type[Mechanism]) -> Any:
    """Return the section of the scenario with the parameters of `mechanism`."""
    return getattr(scenario.world, mechanism.name)


def simulate(scenario: Scenario[ScenarioHead], setting: Setting) -> tuple[World, Drawn]:
    """Run one batch of a scenario; return its world, with all fields as they are at the end, and what was drawn.

    Raises
    ------
    InvariantBreach
        When something that must always hold does not.
    """
    declared = [(m.name, field) for m in MECHANISMS for field in m.fields(section(scenario, m))]
    world = World(setting, ORDER_OF_THE_DAY, declared)
    drawn = Drawn(quantities(scenario.world), world.draws)
    world.run([mechanism(world, section(scenario, mechanism), drawn) for mechanism in MECHANISMS])
    return world, drawn
