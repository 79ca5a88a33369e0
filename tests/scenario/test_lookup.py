"""One name, one file: whichever command asks, the same file is used, or the error names all that are meant."""

from __future__ import annotations

import contextlib
import os
import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import sim.scenario
from sim import catalogue
from sim.cli.app import app
from sim.cli.contract import CONTRACT
from sim.model import WarScenario
from sim.scenario import Problem, ScenarioError, load_scenario
from sim.scenario.extends import read_layers
from sim.scenario.load import _find
from sim.scenario.write import to_yaml

pytestmark = pytest.mark.hostile

COMMANDS = get_command(app)
COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
SHIPPED = ("baseline", "more_arms", "history/korea")
STEMS = ("baseline", "more_arms", "house", "korea", "history/korea", "history/house", COMPOSED, DECOMPOSED)


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "scenarios"
    (folder / "history").mkdir(parents=True)
    for name in SHIPPED:
        (folder / f"{name}.yaml").write_text(f"title: shipped {name}\n")
    monkeypatch.setattr(catalogue, "shipped_folder", lambda: folder)
    return folder


@pytest.fixture
def here(tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


# Whom one can ask


class _Stop(ScenarioError):
    """What was asked is known, nothing need be run."""


def asked(monkeypatch: pytest.MonkeyPatch, name: str, *arguments: str) -> Path | str:
    """The file that a command reads for a name, or what it says instead."""
    used: dict[str, Path] = {}

    def load(source: str, schema: Any, overrides: Any = ()) -> Any:
        path = _find(source)[0]
        if path.is_file():
            used[source] = path
        raise _Stop([Problem("stop", "what was asked is known")])

    monkeypatch.setattr(sim.scenario, "load_scenario", load)
    said: list[str] = []
    monkeypatch.setattr("builtins.print", lambda *text, **more: said.extend(map(str, text)))
    with contextlib.suppress(SystemExit):
        COMMANDS.main(list(arguments), standalone_mode=False)
    return used.get(name) or "\n".join(said)


def commands(name: str) -> dict[str, tuple[str, ...]]:
    vary = ("--vary", "arms.defender.aid_scale=0:1:2")
    return {
        "run": ("run", name, "--replications", "1", "--months", "1"),
        "show": ("show", name),
        "check": ("check", name),
        "diff": ("diff", name, "shipped:baseline"),
        "targets": ("targets", name),
        "new": ("new", "fresh", "--from", name),
        "sweep": ("sweep", name, *vary),
        "breakeven": ("breakeven", name, vary[0], "arms.defender.aid_scale=0:1", "--until", "share(war_goes_on) >= 0.5"),
        "choose": ("choose", name, "--levers", "arms.defender.aid_scale=0,1", "--aims", "share(war_goes_on) low"),
        "compare": ("compare", name, "shipped:baseline"),
        "sensitivity": ("sensitivity", name),
        "one at a time": ("sensitivity", name, "--one-at-a-time"),
        "discover": ("discover", name, "--outcome", "war_goes_on"),
    }


TAKES_RESULTS = {name for name, held in CONTRACT.items() if "folder" in held.takes} | {"one at a time", "new"}


def extended(name: str, folder: Path) -> Path | str:
    """The file that `extends: name` means in a file of the folder."""
    asking = folder / "asking_this.yaml"
    asking.write_text(to_yaml({"title": "asking", "extends": name}))
    try:
        return Path(read_layers(asking, asking.name, WarScenario).trees[0].place.file)
    except ScenarioError as error:
        return str(error)
    finally:
        asking.unlink()


# What the names should mean, found in another way: from a listing of the folder


def real_files(name: str, folder: Path, shipped: Path) -> dict[str, str]:
    """By real path the name of each file that a name can mean."""
    form = unicodedata.normalize("NFC", name.removeprefix("./"))
    is_file_only = name.startswith("./") or name.endswith((".yaml", ".yml"))
    wanted = {form} if name.endswith((".yaml", ".yml")) else {form, f"{form}.yaml", f"{form}.yml"}
    found = {}
    for path in folder.rglob("*"):
        written = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
        if written in wanted and not path.is_dir() and (path.suffix or path.is_file()):
            found[os.path.realpath(path)] = path.name
    exact = [real for real, file in found.items() if not file.endswith((".yaml", ".yml"))]
    if exact and name.startswith("./"):
        return {real: found[real] for real in exact}
    if name.startswith("shipped:"):
        found = {}
    if not is_file_only and (known := name.removeprefix("shipped:")) in SHIPPED:
        found[os.path.realpath(shipped / f"{known}.yaml")] = f"{known}.yaml"
    return found


def fill(folder: Path, shipped: Path, luck: random.Random) -> None:
    """Put files, folders and links with the names of scenarios in a folder."""
    (folder / "history").mkdir(exist_ok=True)
    for _ in range(luck.randint(0, 5)):
        path = folder / (luck.choice(STEMS) + luck.choice(["", ".yaml", ".yaml", ".yml"]))
        if os.path.lexists(path):
            continue
        kind = luck.choice(["file", "file", "file", "folder", "results", "link", "copy of shipped", "broken link"])
        if kind == "file":
            path.write_text(f"title: {path.name} {luck.random()}\n")
        elif kind in ("folder", "results"):
            path.mkdir()
            if kind == "results":
                (path / "manifest.json").write_text("{}")
        elif kind == "broken link":
            path.symlink_to("nowhere")
        else:
            others = sorted(folder.glob("*.y*ml")) if kind == "link" else [shipped / "baseline.yaml"]
            path.symlink_to(luck.choice(others or [shipped / "more_arms.yaml"]))


def one_name_one_file(number: int, folder: Path, shipped: Path) -> None:
    luck = random.Random(number)
    fill(folder, shipped, luck)
    stem = luck.choice(STEMS)
    name = luck.choice([stem, stem, stem, f"{stem}.yaml", f"{stem}.yml", f"./{stem}", f"shipped:{stem}"])
    expected = real_files(name, folder, shipped)
    is_results = (folder / name / "manifest.json").exists()
    is_folder = (folder / name).is_dir()
    answers: dict[str, Path | str] = {"extends": extended(name, folder)}
    try:
        answers["Python"] = _find(name)[0]
    except ScenarioError as error:
        answers["Python"] = str(error)
    tried = commands(name)
    for command in ("check", *luck.sample(sorted(tried), 4)):
        with pytest.MonkeyPatch.context() as patch:
            answers[command] = asked(patch, name, *tried[command])
    for command, answer in answers.items():
        about = f"example {number}: {command} {name}: {answer}; {sorted(os.listdir(folder))}"
        if is_folder and command in TAKES_RESULTS and (is_results or not expected):
            # Results, or an error that names them beside the scenario; never the scenario in silence.
            assert isinstance(answer, str), about
            assert not expected or f"{name.removeprefix('./')}/" in answer, about
        elif len(expected) == 1:
            (real,) = expected
            if isinstance(answer, Path):
                assert os.path.realpath(answer) == real, about
            else:  # a link that leads nowhere
                assert not os.path.isfile(real), about
        elif expected:
            assert isinstance(answer, str), about
            assert "means more than one file" in answer, about
            for file in expected.values():
                assert file in answer or ascii(file)[1:-1] in answer, about
        else:
            assert isinstance(answer, str) or not os.path.isfile(answer), about


def _examples(numbers: range, tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in numbers:
        folder = tmp_path / f"work{number}"
        folder.mkdir()
        monkeypatch.chdir(folder)
        one_name_one_file(number, folder, shipped)


def test_one_name_means_one_file_everywhere(tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _examples(range(60), tmp_path, shipped, monkeypatch)


@pytest.mark.long
def test_one_name_means_one_file_in_thousands_of_folders(
    tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _examples(range(1000, 3500), tmp_path, shipped, monkeypatch)


# Single cases


def said(source: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        _find(source)
    return str(caught.value)


def test_a_clash_names_both_files_and_says_how_to_mean_each(here: Path, shipped: Path) -> None:
    (here / "baseline.yaml").write_text("title: ours\n")
    message = (
        f"baseline: error: the name means more than one file: baseline.yaml and {shipped / 'baseline.yaml'}. "
        "Write 'baseline.yaml' or 'shipped:baseline'"
    )
    assert said("baseline") == message
    assert [_find(name)[0] for name in ("baseline.yaml", "./baseline")] == [Path("baseline.yaml")] * 2
    assert _find("shipped:baseline")[0] == shipped / "baseline.yaml"
    assert extended("baseline", here) == message.replace(
        "baseline: error: the name", "asking_this.yaml:2:1: error: extends 'baseline'"
    )
    assert [extended(name, here) for name in ("baseline.yaml", "shipped:baseline")] == [
        Path("baseline.yaml"),
        shipped / "baseline.yaml",
    ]


def test_a_file_means_the_shipped_one_by_its_own_name_and_never_itself(here: Path, shipped: Path) -> None:
    (here / "baseline.yaml").write_text("title: ours\nextends: baseline\n")
    layers = read_layers(here / "baseline.yaml", "baseline.yaml", WarScenario)
    assert [tree.place.file for tree in layers.trees] == [str(shipped / "baseline.yaml"), "baseline.yaml"]


def test_what_is_shipped_extends_what_is_shipped_wherever_it_is_run(here: Path, shipped: Path) -> None:
    (shipped / "more_arms.yaml").write_text("title: more\nextends: baseline\n")
    (here / "baseline.yaml").write_text("title: ours\n")
    (here / "link.yaml").symlink_to(shipped / "more_arms.yaml")
    for file in (_find("more_arms")[0], here / "link.yaml"):
        assert read_layers(file, str(file), WarScenario).trees[0].place.file == str(shipped / "baseline.yaml")


@pytest.mark.parametrize("name", ["house.yml", "./house", "house"])
def test_both_endings_are_as_good(here: Path, name: str) -> None:
    (here / "house.yml").write_text("title: x\n")
    assert _find(name)[0] == Path("house.yml")
    assert extended(name, here) == Path("house.yml")
    assert said("hous").endswith("Did you mean 'house.yml'?")
    assert str(extended("hous", here)).endswith("Did you mean 'house.yml'?")
    assert str(extended("house.yaml", here)).endswith("Did you mean 'house.yml'?")


@pytest.mark.parametrize(("stored", "asked_for"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_names_are_compared_in_one_form_of_unicode(here: Path, stored: str, asked_for: str) -> None:
    folder = here / stored
    folder.mkdir()
    for file in (here / f"{stored}.yaml", folder / "house.yaml"):
        file.write_text("title: x\n")
    for name in (asked_for, f"{asked_for}.yaml", f"{asked_for}/house"):
        assert os.path.isfile(_find(name)[0])
        assert os.path.isfile(extended(name, here))


def test_two_files_whose_names_look_the_same_are_told_apart(here: Path) -> None:
    for name in (COMPOSED, DECOMPOSED):
        (here / f"{name}.yaml").write_text("title: x\n")
    assert said(COMPOSED) == (
        f"{COMPOSED}: error: the name means more than one file: 'cafe\\u0301.yaml' and 'caf\\xe9.yaml'. Rename one of them"
    )


def test_what_shadows_shipped_names_does_not_hide_them(here: Path, parley: Any) -> None:
    (here / "escalation").write_text("hi\n")
    (here / "more_arms").mkdir()
    (here / "history").mkdir()
    (here / "baseline.yaml").write_text("not a scenario\n")
    listed = parley("list", cwd=here)
    assert (listed.returncode, listed.stderr) == (0, "")
    size = ("--replications", "3", "--months", "1")
    done = parley("compare", "no_talks", "more_arms", *size, cwd=here)
    assert done.returncode == 0, done.stderr
    # The runs that it made, of shipped scenarios, and no error.
    kept = [f"Written: results/{name}+1_month+3_histories/, 3 histories" for name in ("no_talks", "more_arms")]
    assert done.stderr.splitlines() == kept
    (here / "more_arms" / "manifest.json").write_text("{}")
    done = parley("compare", "no_talks", "more_arms", *size, cwd=here)
    assert done.returncode == 3
    assert done.stderr.startswith("more_arms: error: the name means two things: the results in more_arms/ and ")
    assert done.stderr.endswith("Write 'more_arms/' or 'shipped:more_arms'\n")


# What `new` writes

NAMES = ("2025", "yes", "null", "1e5", "010")


def _new_passes(name: str, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.print", lambda *text, **more: None)
        assert COMMANDS.main(["new", name, "--from", base], standalone_mode=False) in (0, None), (name, base)
        assert COMMANDS.main(["check", f"{name}.yaml"], standalone_mode=False) in (0, None), (name, base)
    title = load_scenario(f"{name}.yaml", WarScenario).world.title
    assert title == name.replace("_", " ").strip().capitalize()


def _generated(luck: random.Random) -> str:
    letters = luck.choice(["0123456789_", "0123456789e", "01abcdefx_", "abcdefghijklmnopqrstuvwxyz_0123456789"])
    while not (name := "".join(luck.choices(letters, k=luck.choice([1, 2, 3, 4, 5, 8, 30, 200])))).replace("_", ""):
        pass
    return name


@pytest.mark.parametrize("name", NAMES)
def test_what_new_writes_passes_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    _new_passes(name, "history/iwo_jima", monkeypatch)


@pytest.mark.parametrize("base", ["yes", "a b: # 'c\".yaml", "sub/[x], {y}.yml", f"={COMPOSED}&*!.yaml"])
def test_new_may_start_from_a_file_of_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / (base if base.endswith(("yaml", "yml")) else f"{base}.yaml")
    file.parent.mkdir(exist_ok=True)
    file.write_text("title: base\nextends: history/iwo_jima\n")
    _new_passes("fresh", str(file) if base == "yes" else base, monkeypatch)


def test_new_refuses_what_it_could_not_extend_and_what_has_the_name_already(parley: Any, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "house.yml").write_text("title: h\nextends: history/iwo_jima\n")
    outside = parley("new", "mine", "--from", "../house.yml", cwd=tmp_path / "sub")
    assert outside.returncode == 3
    assert "leaves the scenario folder" in outside.stderr
    for name, file in (("house", "house.yml"), ("baseline", "baseline.yaml")):
        taken = parley("new", name, cwd=tmp_path)
        assert taken.returncode == 2
        assert f"error: '{name}' is the name of " in taken.stderr
        assert file in taken.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["house.yml", "sub"]


@pytest.mark.long
def test_what_new_writes_passes_check_over_generated_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    luck = random.Random(2)
    monkeypatch.chdir(tmp_path)
    for name in {
        *NAMES,
        "no",
        "on",
        "off",
        "y",
        "nan",
        "inf",
        "1_000",
        "0o17",
        "a_",
        *(_generated(luck) for _ in range(2600)),
    }:
        _new_passes(name, "history/iwo_jima", monkeypatch)
        (tmp_path / f"{name}.yaml").unlink()
