"""What run this is: scenario, settings, horizon and seed, in one line for readers and in one name for files.

Two runs that differ in what they were made of differ in their line. The number of histories is said beside it.
"""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from sim.engine.calendar import Calendar
from sim.ensemble.run import Plan, horizon_days
from sim.gate import shown
from sim.results.manifest import Changed, OfScenario
from sim.scenario import Place, Scenario, ScenarioHead, shipped
from sim.scenario.head import MOST_LETTERS, MOST_MONTHS
from sim.scenario.identity import HORIZON, NOT_GIVEN, Origin, Setting, short_hash
from sim.scenario.labels import sure_label
from sim.scenario.tree import Items
from sim.scenario.wording import cut

SPAN, SEED = "horizon", "seed"
USUAL_SEED = 1
# judgement: what still reads as a title. What is cut or left out is bound by a hash.
MOST_SETTINGS = 6
LONGEST_VALUE = 60
MOST_NAMED = 2
# In bytes, so that endings and the names of unfinished parts still fit into the 255 of a file system.
LONGEST_NAME = 119
# With its folder, the name of a study stands on a line of the narrowest terminal, and the path of its page on one of 80
# letters; the folder of sweeps has a shorter name than those of others.
LONGEST_OF_STUDY, LONGEST_OF_SWEEP = 46, 51
_PLAIN = re.compile(r"[a-z0-9_.,=-]*[a-z0-9_]")
_NUMBER = re.compile(r"-?[\d,]+(\.\d+)?(e[-+]?\d+)?")


class Identity(NamedTuple):
    """What run this is.

    Attributes
    ----------
    name : str
        Of the scenario.
    of : str
        The title of the scenario.
    fingerprint : str
        Of its file; empty for a shipped one.
    settings : tuple of Setting
        What was set beyond the file.
    days : str
        The horizon in words.
    own_days : str
        That of the scenario.
    seed : int
    short : str
        The short title of the scenario.
    labels : tuple of str
        What is called what was set to something.
    left_out : tuple of str
        What was taken out, in words.
    sure : bool
        Whether nothing else could be called so.
    """

    name: str
    of: str
    fingerprint: str
    settings: tuple[Setting, ...]
    days: str
    own_days: str
    seed: int
    short: str
    labels: tuple[str, ...]
    left_out: tuple[str, ...]
    sure: bool

    @property
    def _set(self) -> list[Setting]:
        """What was set to something."""
        return [one for one in self.settings if one.value != NOT_GIVEN]

    @property
    def span(self) -> Setting | None:
        """The horizon, where it is not the scenario's own."""
        return Setting(SPAN, self.days, self.own_days) if self.days != self.own_days else None

    @property
    def scenario(self) -> str:
        """Title and settings, for a line that says horizon and seed elsewhere."""
        told = [_told(label, one) for label, one in zip(self.labels, self._set, strict=True)][:MOST_SETTINGS]
        shown, out = [text for text, _ in told], self.left_out[: MOST_SETTINGS - len(told)]
        more = len(self.labels) + len(self.left_out) - len(told) - len(out)
        told_of = f", with {', '.join(shown)}" if shown else ""
        told_of += f", without {' and '.join(out)}" if out else ""
        told_of += f" and {more:,} more" if more else ""
        if more or not self.sure or not all(whole for _, whole in told):
            told_of += f" [settings {short_hash(repr(self.settings))}]"
        return f"{self.title}{told_of}"

    @property
    def title(self) -> str:
        """The title of the scenario, with the fingerprint of its file where it is not a shipped one."""
        return f"{self.of} [{self.fingerprint}]" if self.fingerprint else self.of

    @property
    def line(self) -> str:
        """All of it in one line."""
        span = f", over {self.span.value} (was {self.span.was})" if self.span is not None else ""
        return f"{self.scenario}{span}" + (f", seed {self.seed}" if self.seed != USUAL_SEED else "")

    def headline(self, replications: int, of: str = "") -> str:
        """Return the line above tables, which says how much was run too; `of` is what the replications are each for."""
        return f"{self.scenario}        {self.size_of(replications, of)}"

    def size_of(self, replications: int, of: str = "") -> str:
        """Return how much was run, in words."""
        noun = "history" if replications == 1 else "histories"
        return f"{replications:,} {noun}{of}, {self.days}, seed {self.seed}"

    @property
    def called(self) -> str:
        """What it is called in sentences, legends and heads of tables: the short title, and what was set."""
        told = [f"{label} {cut(one.value, MOST_LETTERS)}" for label, one in zip(self.labels, self._set, strict=True)]
        out, more = self.left_out[: max(0, MOST_NAMED - len(told))], len(told) + len(self.left_out) - MOST_NAMED
        rest = [f"{more:,} more setting{'s' * (more > 1)}"] if more > 0 else []
        told = [*told[:MOST_NAMED], *(rest if not out else [])]
        with_it = f" with {' and '.join(told)}" if told else ""
        without_it = f" without {' and '.join([*out, *rest])}" if out else ""
        return f"{self.short}{with_it}{without_it}"

    @property
    def cited(self) -> str:
        """What it is called below figures, with all that tells it from others."""
        marks = [self.fingerprint] if self.fingerprint else []
        if self.settings and (len(self.settings) > MOST_NAMED or self.scenario.endswith("]")):
            marks.append(f"settings {short_hash(repr(self.settings))}")
        return f"{self.called} [{', '.join(marks)}]" if marks else self.called

    @property
    def label(self) -> str:
        """A short name for tables and legends: scenario and settings."""
        return _label(self.name, self.settings)

    @property
    def marked(self) -> str:
        """The label, with the fingerprint of the file where it is not a shipped one."""
        return f"{self.label} [{self.fingerprint}]" if self.fingerprint else self.label

    @property
    def briefly(self) -> str:
        """The label with all else that tells it from others, for who works with paths."""
        return f"{self.marked}{self._span_and_seed}"

    @property
    def in_short(self) -> str:
        """What it is called with all that tells it from others, for readers."""
        return f"{self.cited}{self._span_and_seed}"

    @property
    def _span_and_seed(self) -> str:
        span = f" over {self.days}" if self.span is not None else ""
        return span + (f", seed {self.seed}" if self.seed != USUAL_SEED else "")

    @property
    def folder(self) -> str:
        """The name of a folder of its own."""
        return file_name(self.name, self.parts)

    @property
    def parts(self) -> list[str]:
        """What tells the folder from that of the scenario as it is."""
        span = [self.span.value.replace(" ", "_").replace(",", "")] if self.span is not None else []
        seed = [f"{SEED}={self.seed}"] if self.seed != USUAL_SEED else []
        return [*(_part(one) for one in self.settings), *span, *seed]

    def all_settings(self) -> list[dict[str, str]]:
        """Return everything that is not as the scenario has it, for manifests and JSON."""
        seed = [Setting(SEED, str(self.seed), str(USUAL_SEED))] if self.seed != USUAL_SEED else []
        return [one._asdict() for one in (*self.settings, *([self.span] if self.span is not None else []), *seed)]

    def about(self, replications: int) -> dict[str, Any]:
        """Return what was run, as plain values for JSON."""
        return {
            "scenario": self.name,
            "title": self.line,
            "settings": self.all_settings(),
            "fingerprint": self.fingerprint,
            "seed": self.seed,
            "replications": replications,
        }


def identity_of(scenario: Scenario[ScenarioHead], plan: Plan) -> Identity:
    """Return what a run of a scenario is."""
    return identity_over(scenario, plan.days, plan.seed)


def identity_over(scenario: Scenario[ScenarioHead], days: int, seed: int) -> Identity:
    """Return what a run of a scenario over so many days is."""
    settings = {one.path: one for one in scenario.settings}
    kept = settings.pop(SPAN, None)
    labels = [sure_label(scenario, path) for path, one in settings.items() if one.value != NOT_GIVEN]
    gone = [path for path, one in settings.items() if one.value == NOT_GIVEN]
    out = dict(_left_out(scenario, path, gone) for path in gone)
    return Identity(
        scenario.name,
        scenario.world.title,
        scenario.fingerprint,
        tuple(settings.values()),
        span_in_words(scenario.world.start_date, days),
        kept.was if kept is not None else _own_span(scenario.base),
        seed,
        scenario.world.called,
        tuple(label.sentence for label, _ in labels),
        tuple(out),
        all(sure for _, sure in labels) and all(out.values()),
    )


def kept_label(manifest: OfScenario) -> str:
    """Return the label of what a folder keeps, by what its manifest says."""
    return _label(manifest.scenario, [one for one in manifest.settings if one.path not in (SPAN, SEED)])


def _label(name: str, settings: Sequence[Setting | Changed]) -> str:
    return file_name(shown(name), [_part(one) for one in settings])


def as_run(scenario: Scenario[ScenarioHead], days: int) -> Scenario[ScenarioHead]:
    """Return the scenario with the horizon that was run, so that it can be run again, and told of, as it was."""
    if days == horizon_days(scenario):
        return scenario
    tree = {name: value for name, value in scenario.tree.items() if name not in HORIZON} | {"horizon_days": days}
    world = scenario.world.model_copy(update={"horizon_months": None, "horizon_days": days})
    return replace(scenario, tree=tree, world=world, places={**scenario.places, ("horizon_days",): Place("--months")})


def title_of(scenario: Scenario[ScenarioHead]) -> str:
    """Return the title of a scenario with all that tells it from others."""
    return identity_over(scenario, horizon_days(scenario), USUAL_SEED).line


def as_kept(scenario: Scenario[ScenarioHead], manifest: OfScenario) -> Scenario[ScenarioHead]:
    """Return the scenario that a folder keeps, as scenario.yaml, under its own name and with what it was before."""
    settings = tuple(Setting(one.path, one.value, one.was) for one in manifest.settings if one.path != SEED)
    return replace(scenario, name=manifest.scenario, origin=Origin(manifest.fingerprint, settings))


def about_identity(scenario: Scenario[ScenarioHead], plan: Plan) -> dict[str, Any]:
    """Return what manifests, and the parts of what is unfinished, say of the identity of a run or study."""
    identity = identity_of(scenario, plan)
    return {
        "scenario": identity.name,
        "settings": identity.all_settings(),
        "fingerprint": identity.fingerprint,
        "seed": plan.seed,
        "days": plan.days,
    }


def span_in_words(start: datetime.date, days: int) -> str:
    """Return a length of time from a day in whole months if it is that, and in days otherwise."""
    calendar = Calendar(start)
    for months in range(1, MOST_MONTHS + 1):
        day = calendar.month_start(months)
        if day == days:
            return f"{months} month{'s' if months > 1 else ''}"
        if day > days:
            break
    return f"{days} days"


def _own_span(tree: Mapping[str, Any]) -> str:
    """Return the horizon of a tree in words; it may not have been a whole scenario before it was changed."""
    start, months, days = (tree.get(name) for name in ("start_date", "horizon_months", "horizon_days"))
    if isinstance(months, int) and days is None:
        return f"{months} month{'s' if months > 1 else ''}"
    if isinstance(days, int) and months is None and isinstance(start, datetime.date):
        return span_in_words(start, days)
    return NOT_GIVEN


def _left_out(scenario: Scenario[ScenarioHead], path: str, gone: Sequence[str]) -> tuple[str, bool]:
    """Return what was taken out in words, and whether nothing else can be called so: a thing, or several that were all.

    What a thing was called is not known any more, but by its id.
    """
    *above, name = path.split(".")
    node: Any = scenario.tree
    things = 0
    for step in above:
        things += isinstance(node, Items)
        node = node.get(step) if isinstance(node, dict) else None
    if not isinstance(node, Items):
        label, sure = sure_label(scenario, path)
        return label.sentence, sure
    kind = above[-1].replace("_", " ")
    one = f"{kind[:-3]}y" if kind.endswith("ies") else kind.removesuffix("s")
    is_all = not node and sum(other.rpartition(".")[0] == ".".join(above) for other in gone) > 1
    return (f"any {one}" if is_all else f"the {one} '{scenario.names.in_words(name)}'"), not things


def _told(label: str, setting: Setting) -> tuple[str, bool]:
    """Return what was set in words, and whether it is told in full."""
    whole = max(len(setting.value), len(setting.was)) <= LONGEST_VALUE
    value, was = (
        text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…" for text in (setting.value, setting.was)
    )
    return f"{label} {value} (was {was})", whole


def _part(setting: Setting | Changed) -> str:
    value = setting.value
    if value == NOT_GIVEN:
        return f"without_{setting.path}"
    return f"{setting.path}={value.replace(',', '') if _NUMBER.fullmatch(value) else value}"


def sweep_parts(varied: Sequence[str], design: str, points: int | None) -> list[str]:
    """Return what tells the folder of a sweep from those of other sweeps of the same scenario.

    >>> sweep_parts(["front.reach_km=0:2:5"], "grid", None)
    ['front.reach_km=0..2..5']
    """
    sample = [] if design == "grid" else [f"{design}={points}"]
    return ["".join(text.split()).replace(":", "..") for text in varied] + sample


def file_name(name: str, parts: Sequence[str] = (), joint: str = "+", most: int = LONGEST_NAME) -> str:
    """Return a name for a file or folder that every system can hold, and that no other name and parts have.

    What is longer, or has letters that some system refuses or does not tell apart, is written plainly and followed by
    a hash of what it stands for. A name alone is left as it is unless it is too long or reads like a name with parts.

    >>> file_name("baseline", ["arms.defender.aid_scale=0.1", "12_months"])
    'baseline+arms.defender.aid_scale=0.1+12_months'
    >>> file_name("baseline", ['sides.attacker.name="A B"'])
    'baseline+sides.attacker.name=_a_b_-47f3a352b2'
    """
    whole = joint.join([name, *parts])
    plain = joint not in name and all(_PLAIN.fullmatch(part) for part in parts)
    if plain and len(_as_bytes(whole)) <= most:
        return whole
    safe = joint.join([name, *(re.sub("[^a-z0-9_.,=-]", "_", part.lower()) for part in parts)])
    return bounded(safe, short_hash(repr((name, *parts))), most)


def study_name(asked: Sequence[str], how: Mapping[str, object]) -> str:
    """Return a name for what is made of results or scenarios: nothing else, or asked for otherwise, has it.

    Parameters
    ----------
    asked : sequence of str
        Folders of results or scenarios. Names of shipped scenarios tell all; of others a hash tells the rest.
    how : mapping
        What else was asked for, by name; None, False and an empty list stand for what is usual.

    >>> study_name(["baseline", "more_arms"], {"months": 12, "seed": None})
    'baseline_more_arms+months=12'
    """
    known = set(shipped())
    told = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in how.items()}
    parts = [f"{name}={value}".lower() for name, value in told.items() if value not in (None, False, "")]
    names = "_".join(Path(name).resolve().name.removesuffix(".yaml") for name in asked)
    whole = file_name(names, parts)
    if all(name in known and "/" not in name for name in asked) and len(_as_bytes(whole)) <= LONGEST_OF_STUDY:
        return whole
    safe = "+".join([names, *(re.sub("[^a-z0-9_.,=-]", "_", part) for part in parts)])
    return bounded(safe, short_hash(repr([*map(os.path.normpath, asked), *parts])), LONGEST_OF_STUDY)


def bounded(text: str, bound: str, most: int = LONGEST_NAME) -> str:
    """Return a text of at most so many bytes, cut between letters, with a hash behind it."""
    room = most - len(bound) - 1
    cut = _as_bytes(text)[:room].decode(errors="ignore").encode()
    return f"{os.fsdecode(cut).rstrip('. ')}-{bound}"


def _as_bytes(text: str) -> bytes:
    """Return the bytes of a name, also of one with letters that the locale does not have."""
    return text.encode("utf-8", "surrogateescape")


def varied_in_words(paths: Sequence[str], points: Sequence[Sequence[str]], design: str) -> str:
    """Return what a sweep goes over, knobs with their values; values that are not all listed are bound by a hash.

    >>> varied_in_words(["front.reach_km"], [("1",), ("2.5",)], "grid")
    'over front.reach_km (1, 2.5)'
    """
    columns = [list(dict.fromkeys(column)) for column in zip(*points, strict=True)]
    is_listed = [design == "grid" and len(values) <= MOST_SETTINGS for values in columns]
    told = [
        f"{path} ({', '.join(values) if listed else f'{len(values):,} values'})"
        for path, values, listed in zip(paths, columns, is_listed, strict=True)
    ]
    bound = "" if all(is_listed) else f" [points {short_hash(repr([tuple(point) for point in points]))}]"
    return f"over {' and '.join(told)}{bound}"
