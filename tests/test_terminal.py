"""What a user meets in the shell around the commands: the welcome, help, Tab, streams, errors, what can be pasted."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sim import __version__
from sim.cli.app import GROUPS, app
from sim.cli.progress import in_words
from sim.model.glossary import WORDS
from sim.model.without import KINDS
from sim.pasted import command
from tests.conftest import ROOT

pytestmark = pytest.mark.hostile

COMMANDS = [name for commands in GROUPS.values() for name in commands]


@pytest.fixture
def said(monkeypatch, capsys) -> Callable[..., str]:
    """Return what a command prints at 80 columns, in this process."""
    monkeypatch.setenv("COLUMNS", "80")

    def said(*arguments: str) -> str:
        app(list(arguments), prog_name="parley", standalone_mode=False)
        return capsys.readouterr().out

    return said


# The welcome and help


def test_who_types_parley_alone_is_welcomed(parley):
    done = parley()
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    shown = [line.split() for line in lines if line.startswith("  parley ")]
    assert {words[1] for words in shown} == {"run", "explain", "compare", "new", "report"}


def test_help_lists_the_commands_in_their_groups(said):
    shown = said("help")
    assert shown == said("-h") == said("--help")
    for group, commands in GROUPS.items():
        listed = shown.split(f"{group}:\n")[1].split("\n\n")[0]
        assert [line.split()[0] for line in listed.splitlines()] == list(commands)


def test_the_version(said):
    assert said("--version") == said("-V") == f"parley {__version__}\n"


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_whole_and_in_words(said, name: str):
    shown = said("help", *([name] if name else []))
    assert max(map(len, shown.splitlines())) <= 80
    # Nothing is cut off, and no type of the programming language is shown.
    assert not re.search(r"\.\.\.$|<\w|x[<>]=|list\[|None", shown, flags=re.MULTILINE)
    assert "Options:" in shown
    example = re.search(r"Example:\n((?:  .*\n)+)", shown)
    assert example is not None
    words = shlex.split(example[1].replace("\\\n", ""))
    assert words[:2] == ["parley", name or "run"]
    assert all(f"{word} " in shown for word in words if word.startswith("--"))
    if name:
        assert shown == said(name, "-h") == said(name, "--help")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rum",), "Did you mean 'run'? See: parley help"),
        (("run", "baseline", "--replication", "3"), "--replications) See: parley help run"),
        (("run",), "Missing argument 'FILE...'. See: parley help run"),
        (("help", "rum"), "Did you mean 'run'?"),
        (("sweep", "baseline", "--vary", "a=1,2", "--design", "gird"), "See: parley help sweep"),
    ],
)
def test_a_wrong_call_is_one_line_with_where_to_read_on(parley, arguments: tuple[str, ...], words: str):
    done = parley(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr


@pytest.mark.parametrize("word", WORDS)
def test_help_explains_the_words_of_the_model(said, word: str):
    assert " ".join(said("help", word.title()).split()) == f"{word}: {WORDS[word]}"


def test_all_that_can_be_taken_out_by_a_word_is_explained():
    called = {"events": "event", "offensives": "offensive", "red_lines": "red line", "parties": "party"}
    assert {called.get(word, word) for word in KINDS} <= WORDS.keys()


# Tab


@pytest.fixture(scope="module")
def with_results(parley, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tab")
    assert (
        parley("run", "no_talks", "--replications", 20, "--months", 13, "--out", "results/no_talks", cwd=folder).returncode
        == 0
    )
    (folder / "mine.yaml").write_text("title: Mine\nextends: baseline\narms: {defender: {aid_scale: 0.25}}\n")
    (folder / "odd\x1b[31m.yaml").write_text("title: Odd\nextends: baseline\n")
    return folder


OFFERED = {
    "a command": (("",), set(COMMANDS), {"help"}),
    "a command that is begun": (("sh",), {"show"}, {"run"}),
    "what help is about": (("help", "sw"), {"sweep"}, {"run"}),
    "scenarios and files": (("run", ""), {"baseline", "history/korea", "mine.yaml", "results/no_talks/scenario.yaml"}, {""}),
    "scenarios and results": (("sensitivity", "n"), {"nato_path", "no_talks"}, {"results/no_talks"}),
    "scenarios to be run, and results": (("report", ""), {"results/no_talks", "baseline"}, {"results"}),
    "options": (("run", "--re"), {"--replications", "--report"}, {"--force"}),
    "settings, as the file has them": (("run", "mine.yaml", "--set", "arms.de"), {"arms.defender.aid_scale=0.25"}, {""}),
    "knobs": (("sweep", "baseline", "--vary", "arms.defender.aid"), {"arms.defender.aid_scale="}, {""}),
    "outcomes of results": (
        ("sensitivity", "results/no_talks", "--outcome", "casu"),
        {"casualties_attacker"},
        {"war_goes_on"},
    ),
    "outcomes of a scenario": (("sweep", "baseline", "--outcome", "war_"), {"war_goes_on", "war_again"}, {"killed"}),
    "endings": (("explain", "results/no_talks", "--ending", ""), {"war_goes_on"}, {"casualties_attacker"}),
    "one of some": (("sweep", "baseline", "--design", ""), {"grid", "latin", "sobol"}, set()),
}


@pytest.mark.parametrize("asked", OFFERED)
def test_tab_offers_what_can_come_next(with_results: Path, monkeypatch, capsys, asked: str):
    words, there, absent = OFFERED[asked]
    monkeypatch.chdir(with_results)
    monkeypatch.setenv("_PARLEY_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", " ".join(("parley", *words)))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    with pytest.raises(SystemExit):
        app(prog_name="parley")
    found = capsys.readouterr().out.splitlines()
    assert there <= set(found)
    assert not absent & set(found)
    assert all(name.startswith(words[-1]) and name.isprintable() for name in found)


IN_SHELLS = {
    "bash": """eval "$(parley --show-completion)"
        for begun in ba no; do
            COMP_WORDS=(parley run $begun); COMP_CWORD=2; _parley_completion parley; echo "${COMPREPLY[@]}"
        done""",
    # What the shell would be given to show.
    "zsh": r"""compdef() { :; }; _arguments() { echo $1; }; eval "$(parley --show-completion)"
        for begun in ba no; do
            words=(parley run $begun); CURRENT=3; _parley_completion | tr -d "\"'()" | sed "s/.*: ://" | tr "\n" " "; echo
        done""",
}


@pytest.mark.parametrize("name", IN_SHELLS)
def test_tab_in_a_real_shell(with_results: Path, tmp_path: Path, name: str):
    if shutil.which(name) is None:
        pytest.skip(f"there is no {name}")
    script = tmp_path / "parley"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m sim "$@"\n')
    script.chmod(0o755)
    done = subprocess.run(
        [name, "-c", IN_SHELLS[name]], cwd=with_results, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()] == [["bare_truce", "baseline"], ["no_talks"]]


@pytest.mark.parametrize("arguments", [("list",), ("help", "run"), (), "run", "report"])
def test_tab_help_and_list_need_neither_numpy_nor_the_model(arguments: tuple[str, ...] | str, tmp_path: Path):
    code = "import sys; from sim.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    code += "print([name for name in ('numpy', 'yaml', 'sim.model') if name in sys.modules], file=sys.stderr)"
    tab = {"_PARLEY_COMPLETE": "complete_bash", "COMP_WORDS": f"parley {arguments} ", "COMP_CWORD": "2"}
    is_tab = isinstance(arguments, str)
    done = subprocess.run(
        [sys.executable, "-c", code, *([] if is_tab else arguments)], cwd=tmp_path, capture_output=True, text=True,
        check=True, env={**os.environ, "PYTHONPATH": str(ROOT), **(tab if is_tab else {})},
    )  # fmt: skip
    assert done.stdout.strip() or arguments == "report"
    assert done.stderr == ("['yaml']\n" if arguments == ("list",) else "[]\n")


def test_list_says_what_the_files_say_wherever_it_is_asked(parley, load, tmp_path: Path):
    (tmp_path / "escalation").write_text("hi")
    (tmp_path / "baseline.yaml").write_text("title: Not this one\n")
    printed = " ".join(parley("list", "--full", cwd=tmp_path).stdout.split())
    for name in ("baseline", "escalation", "history/korea"):
        head = load(name).world
        assert f"{name} {head.title} {' '.join(head.description.split())}" in printed


# Streams


def shell(line: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `parley` is the command line."""
    run = f'parley() {{ {shlex.quote(sys.executable)} -m sim "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", run], cwd=cwd, capture_output=True, text=True, errors="surrogateescape", check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


def test_a_closed_stream_is_as_dev_null(tmp_path: Path):
    """Also for what is written: no table gets the number of a stream, and with it what is printed."""
    ask = "parley run no_talks --replications 3 --months 1 --out"
    assert shell(f"{ask} whole/no_talks", tmp_path).returncode == 0
    whole = {file.name: file.read_bytes() for file in (tmp_path / "whole/no_talks").iterdir() if file.name != "timing.json"}
    for at, closed in enumerate((">&-", "2>&-", "<&- >&- 2>&-")):
        done = shell(f"{ask} {at}/no_talks {closed}", tmp_path)
        assert done.returncode == 0
        assert not re.search("Traceback|error", done.stderr)
        written = {name: (tmp_path / f"{at}/no_talks/{name}").read_bytes() for name in whole}
        assert written == whole
    for closed in (">&-", "2>&-", "<&-", "<&- >&- 2>&-"):
        assert shell(f"parley list {closed}", tmp_path).returncode == 0
        assert shell(f"parley explain nowhere {closed}", tmp_path).returncode == 3


def test_who_reads_may_leave_and_nothing_is_lost(tmp_path: Path):
    done = shell("parley schema --markdown | head -1; echo ${PIPESTATUS[0]}", tmp_path)
    assert (done.stdout.splitlines()[-1], done.stderr) == ("0", "")
    compare = "parley compare no_talks baseline --replications 5 --months 1 --out both | true; echo ${PIPESTATUS[0]}"
    done = shell(compare, tmp_path)
    assert done.stdout == "0\n"
    assert (tmp_path / "both/comparison.csv").is_file()


def test_a_full_disk_behind_the_output_is_said_when_all_is_done(tmp_path: Path):
    done = shell("parley compare no_talks baseline --replications 5 --months 1 --out both > /dev/full", tmp_path)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == "error: cannot print: No space left on device"
    assert (tmp_path / "both/comparison.csv").is_file()


@pytest.mark.parametrize("ask", ["list", "run baseline", "report results/a"])
def test_a_folder_that_is_gone_is_said(tmp_path: Path, ask: str):
    done = shell(f"mkdir d; cd d; rmdir ../d; parley {ask}", tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "current folder is gone" in done.stderr
    assert len(done.stderr.splitlines()) == 1


PLAIN = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        ("run План.yaml --replications 3 --months 1 --out результаты", 0),
        ("run План.yaml --replications 3 --months 1 --results результаты", 0),
        (f"run {'План' * 20}.yaml --replications 3 --months 1 --seed 2", 0),
        ("check План.yaml", 0),
        ("check Плен.yaml", 3),
        ("explain папка", 3),
        ("run baseline --опция", 2),
        ("команда", 2),
    ],
)
def test_a_plain_locale_takes_names_of_all_letters(tmp_path: Path, ask: str, code: int):
    for name in ("План", "План" * 20):
        (tmp_path / f"{name}.yaml").write_text("title: План мира\nextends: baseline\n", encoding="utf-8")
    done = shell(f"parley {ask}", tmp_path, **PLAIN)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 1
    assert done.stdout if code == 0 else done.stderr.startswith("error: ") or ": error: " in done.stderr


# Errors of ours


BROKEN = """
import sys
from sim.cli import main
import sim.catalogue
def broken(): raise KeyError("what nobody\\nthought of")
sim.catalogue.shipped = broken
sys.argv = ["parley", "list"]
main()
"""


@pytest.mark.parametrize("asked", ["", "1"])
def test_what_nobody_thought_of_is_one_line_and_its_place_is_shown_when_asked_for(asked: str):
    done = subprocess.run(
        [sys.executable, "-c", BROKEN], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PARLEY_TRACEBACK": asked},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    *before, last = done.stderr.splitlines()
    assert last.startswith("error: this is our bug: KeyError: 'what nobody\\nthought of'. Please report it")
    assert bool(before) == bool(asked)
    assert not asked or "in broken" in done.stderr


# What can be pasted


ODD = ["plain", "my results", "it's", "a$b", "línea", "x\ny", "tab\there", "-dash", "üñ\x1b[0m", "", "*?", 'qu"ote', "a\\b"]


@pytest.mark.parametrize("word", ODD)
def test_a_printed_command_is_read_by_the_shell_as_it_was_meant(word: str):
    printed = command("printf", "%s|", word, "end")
    assert printed.isprintable()
    done = subprocess.run(["bash", "-c", printed], capture_output=True, check=True)
    assert done.stdout == f"{word}|end|".encode()


def test_every_command_that_is_printed_can_be_pasted(tmp_path: Path):
    told = [
        shell("parley run no_talks --replications 3 --months 2 --out 'my results/no_talks'", tmp_path),
        shell("parley explain 'my results/no_talks'", tmp_path),
        shell("parley sweep no_talks --vary arms.defender.aid_scale=0,1 --replications 3 --months 1 --out 'my results/s'",
              tmp_path),
    ]  # fmt: skip
    assert [done.returncode for done in told] == [0, 0, 0], told
    printed = "\n".join(done.stdout + done.stderr for done in told)
    found = re.findall(r"parley (?:explain|report|show|plot) [^;\n]*?(?=  #|;|\.? *\n|$)", printed)
    assert len(found) >= 5
    assert all("'my results/" in ask for ask in found)
    for ask in found:
        done = shell(ask, tmp_path)
        assert done.returncode == 0, (ask, done.stderr)


def test_times_are_said_as_they_are_felt():
    assert [in_words(seconds) for seconds in (0.4, 89, 100, 5_000, 9_000)] == ["0 s", "89 s", "2 min", "83 min", "2.5 h"]


def test_the_default_run_is_shared_among_all_cores(monkeypatch):
    from sim.cli.common import workers_for
    from sim.ensemble import workers

    monkeypatch.setattr(workers, "cores", lambda: 7)
    for histories, asked, size in ((2000, None, 7), (20, None, 1), (2000, 1, 1), (20, 3, 3)):
        with workers_for(histories, 1095, asked, None) as pool:
            assert pool.size == size


def test_a_small_run_is_the_same_shared_or_not(parley, tmp_path: Path):
    for workers in (1, 2):
        ask = ("run", "no_talks", "--replications", 800, "--months", 1, "--workers", workers)
        assert parley(*ask, "--out", tmp_path / str(workers) / "no_talks").returncode == 0
        assert json.loads((tmp_path / f"{workers}/no_talks/timing.json").read_text())["worked_on_at_once"] == workers
    for file in (tmp_path / "1/no_talks").iterdir():
        if file.name != "timing.json":
            assert (tmp_path / "2/no_talks" / file.name).read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    ("ask", "code", "words"),
    [
        ("compare no_talks baseline --fail-over 'war_goeson > 0.1'", 3, "Did you mean 'war_goes_on'?"),
        ("sensitivity no_talks --outcome war_goeson", 3, "Did you mean 'war_goes_on'?"),
        ("sensitivity no_talks --one-at-a-time --outcome war_goeson", 3, "Did you mean 'war_goes_on'?"),
        ("sensitivity no_talks --sobol 1024 --outcome war_goeson", 3, "Did you mean 'war_goes_on'?"),
        ("discover no_talks --outcome 'war_goeson > 0'", 3, "Did you mean 'war_goes_on'?"),
        ("breakeven no_talks --vary arms.defender.aid_scale=0:1 --until 'share(war_goeson) > 0.4'", 3, "'war_goes_on'?"),
        ("sweep no_talks --vary arms.defender.aid_scale=0,1 --outcome war_goeson", 3, "Did you mean 'war_goes_on'?"),
        ("run no_talks --precision 0.01 --precision-of war_goeson", 3, "'war_goes_on'?"),
        ("run no_talks --workers 2 --cluster tcp://127.0.0.1:9", 2, "choose one"),
    ],
)
def test_what_can_be_said_before_the_work_is(said, capsys, monkeypatch, tmp_path: Path, ask: str, code: int, words: str):
    from sim.ensemble import run

    work = run.run_batch

    def few(scenario, plan, numbers, *more):
        assert len(numbers) <= 2, "no history but those that tell which outcomes there are"
        return work(scenario, plan, numbers, *more)

    monkeypatch.setattr(run, "run_batch", few)
    monkeypatch.chdir(tmp_path)
    asked = shlex.split(f"{ask} --months 1")
    assert app([*asked, "--out", "out"], prog_name="parley", standalone_mode=False) == code
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
