"""The commands of the README work."""

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
IN_TABLES = re.findall(r"^\| `(parley [^`]*)`", README, flags=re.MULTILINE)
IN_BLOCKS = [line for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL) for line in block.splitlines()]


def test_the_commands_were_found():
    assert len(IN_TABLES) == 15
    assert sum("parley" in line for line in IN_BLOCKS) == 1


@pytest.fixture(scope="module")
def with_results(parley, tmp_path_factory) -> Path:
    """Return a folder in which the baseline was run."""
    folder = tmp_path_factory.mktemp("readme")
    assert parley("run", "baseline", "--replications", 500, cwd=folder).returncode == 0
    return folder


@pytest.mark.parametrize("command", IN_TABLES)
def test_a_command_of_the_table(parley, tmp_path: Path, with_results: Path, command: str):
    done = parley(*shlex.split(command)[1:], cwd=with_results if "results/baseline" in command else tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_scenario_of_the_readme(parley, tmp_path: Path):
    (text,) = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    (tmp_path / "half.yaml").write_text(text)
    done = parley("diff", "baseline", "half.yaml", cwd=tmp_path)
    assert "arms.defender.aid_scale: 1 becomes 0.5" in done.stdout


def test_the_python_of_the_readme(capsys):
    (text,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    exec(re.sub("=[25]00", "=20", text), {})
    assert "Difference(pairs=20" in capsys.readouterr().out


def test_what_the_readme_says_is_printed(parley, tmp_path: Path):
    samples = {
        "Baseline: ": ("run", "baseline"),
        "What was changed": ("compare", "baseline", "more_arms"),
        "What they weighed": ("explain", "results/baseline", "--ending", "war_goes_on"),
    }
    for beginning, command in samples.items():
        printed = " ".join(parley(*command, cwd=tmp_path).stdout.split())
        shown = re.search(rf"```\n({beginning}.*?)```", README, flags=re.DOTALL)
        assert shown is not None
        lines = [line for line in shown[1].splitlines() if line.strip(" .")]
        assert len(lines) > 7
        for line in lines:
            assert " ".join(line.split()) in printed


def test_every_outcome_column_is_explained(load, ensemble):
    text = (ROOT / "results" / "README.md").read_text()
    for name in ensemble(load("baseline"), 2, 365).outcomes:
        stem = re.sub("^terms_.*", "terms", re.sub("_(attacker|defender)$", "", name))
        flow = re.sub("^(returned|killed|wounded|deserted)_per_month", "trained_per_month", stem)
        assert any(word in text for word in (f"`{stem}`", f"`{stem}_*`", f"`{flow}_*`")), name
