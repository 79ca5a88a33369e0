"""The commands of the README work."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

import sim
from sim.results.dictionary import reference_lines
from tests.conftest import ROOT

README, COMMANDS = ((ROOT / name).read_text() for name in ("README.md", "sim/cli/README.md"))
TASKS = re.findall(r"^\| [^`|]+ \| `(parley [^`]*)`", README, flags=re.MULTILINE)
IN_TABLES = [*dict.fromkeys([*TASKS, *re.findall(r"^\| `(parley [^`]*)`", COMMANDS, flags=re.MULTILINE)])]
IN_BLOCKS = [line for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL) for line in block.splitlines()]


def test_the_commands_were_found():
    assert len(TASKS) == 18
    assert len(IN_TABLES) == 30
    assert len(README.splitlines()) <= 150
    assert sum("parley" in line for line in IN_BLOCKS) == 1


@pytest.fixture(scope="module")
def with_results(parley, tmp_path_factory) -> Path:
    """Return a folder in which the baseline was run."""
    folder = tmp_path_factory.mktemp("readme")
    assert parley("run", "baseline", "--replications", 500, cwd=folder).returncode == 0
    return folder


@pytest.mark.ensembles
@pytest.mark.parametrize("command", IN_TABLES)
def test_a_command_of_the_table(parley, tmp_path: Path, with_results: Path, command: str):
    done = parley(*shlex.split(command)[1:], cwd=with_results if "results/baseline" in command else tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout


SCENARIOS = re.findall(r"```yaml\n(.*?)```", COMMANDS + README, flags=re.DOTALL)


def test_the_scenarios_of_the_readme(parley, tmp_path: Path):
    changed = {"twice": "guards: 30,000 becomes 60,000", "half": "Scale of aid to Ukraine: 1 becomes 0.5"}
    bases = ("european_zone", "baseline")
    for (name, said), base, text in zip(changed.items(), bases, SCENARIOS, strict=True):
        (tmp_path / f"{name}.yaml").write_text(text)
        assert said in parley("diff", base, f"{name}.yaml", cwd=tmp_path).stdout


@pytest.mark.ensembles
def test_the_study_of_the_readme(parley, tmp_path: Path):
    (tmp_path / "twice.yaml").write_text(SCENARIOS[0])
    (study,) = re.findall(r"## A study(.*?)\n## ", COMMANDS, flags=re.DOTALL)
    commands = [" ".join(command.split()) for command in re.findall(r"`(parley [^`]*)`", study)]
    tables = [block for kind, block in re.findall(r"```(\w*)\n(.*?)```", study, flags=re.DOTALL) if not kind]
    assert (len(commands), len(tables)) == (3, 2)
    printed = ""
    for command in commands:
        done = parley(*shlex.split(command)[1:], cwd=tmp_path, COLUMNS="80")
        assert done.returncode == 0, done.stderr
        printed += " ".join(done.stdout.split()) + " "
    for line in "".join(tables).splitlines():
        assert line.strip(" .") == "" or " ".join(line.split()) in printed, line
    assert len(list((tmp_path / "results/comparisons").glob("european_zone_twice*/report.html"))) == 1
    assert (tmp_path / "results/sweeps/guards/report.html").exists()
    # What the answer says.
    for number in re.findall(r"\d+\.\d", re.findall(r"\*Answer:.*?The intervals", study, flags=re.DOTALL)[0]):
        assert number in printed or number in README


@pytest.mark.ensembles
def test_the_figure_of_the_readme(parley, tmp_path: Path):
    import numpy as np
    from matplotlib.image import imread

    (figure,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    (command,) = re.findall(r"`(parley plot results/baseline [^`]*)`", (ROOT / "results/README.md").read_text())
    assert figure in command
    assert (ROOT / figure).stat().st_size < 150_000
    (tmp_path / figure).parent.mkdir(parents=True)
    assert parley("run", "baseline", cwd=tmp_path).returncode == 0
    assert parley(*shlex.split(command)[1:], cwd=tmp_path).returncode == 0
    kept, made = (imread(folder / figure) for folder in (ROOT, tmp_path))
    assert kept.shape == made.shape
    # Another version of Matplotlib may draw letters a little differently.
    assert np.abs(kept - made).mean() < 0.01


def test_the_python_of_the_readme(capsys):
    (text,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    exec(re.sub("=[25]00", "=20", text), {})
    assert "<Difference: " in capsys.readouterr().out


@pytest.mark.ensembles
def test_what_is_quoted_is_printed(parley, tmp_path: Path):
    samples = {
        "Baseline: ": ("run", "baseline"),
        "What was changed": ("compare", "baseline", "more_arms"),
        "What they weighed": ("explain", "results/baseline", "--replication", "8", "--full"),
    }
    everything = ""
    for beginning, command in samples.items():
        printed = " ".join(parley(*command, cwd=tmp_path, COLUMNS="80").stdout.split())
        shown = re.search(rf"```\n({beginning}.*?)```", README + COMMANDS, flags=re.DOTALL)
        assert shown is not None
        lines = [line for line in shown[1].splitlines() if line.strip(" .")]
        assert len(lines) > 7
        for line in lines:
            assert " ".join(line.split()) in printed
        everything += printed
    # What the README says that was found.
    (found,) = re.findall(r"What the baseline says(.*?)\n## ", README, flags=re.DOTALL)
    numbers = re.findall(r"\d[\d.,]*\d", found.partition("\n")[2])
    assert len(numbers) > 10
    assert [number for number in numbers if number not in everything] == []


def test_every_link_leads_somewhere():
    for name in ("README.md", "sim/cli/README.md", "tests/README.md"):
        for link in re.findall(r"\]\((?!http|#)([^)#]+)", (ROOT / name).read_text()):
            assert (ROOT / name).parent.joinpath(link).exists(), (name, link)


def test_how_to_cite_it_names_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["version"] == sim.__version__
    assert {"cff-version", "message", "title", "authors", "license"} <= set(cited)


def test_the_table_of_outcomes_is_what_the_model_declares(load):
    # Written by `parley outcomes --markdown`.
    text = (ROOT / "results" / "README.md").read_text()
    assert "\n".join(reference_lines(load("baseline"))) in text
