"""What a newcomer does who has the README and what commands print, from the first call to a page that is sent on.

Commands are those of the README, or taken from what the last one printed: only how many histories is made small.
"""

from __future__ import annotations

import csv
import io
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from tests.browsing import NEEDS_CHROMIUM, Seen
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
# Of the table "What do you want to do?".
WANTED = dict(re.findall(r"^\| ([^`|]+?) \| `(parley [^`]*)` \|$", README.replace("*", ""), flags=re.MULTILINE))
FEW = "--replications 100 --months 13"
FEWER = "--replications 60 --months 3"
_NUMBER = r"([-+]?\d[\d,]*(?:\.\d+)?)"


class Answer(NamedTuple):
    """A number that was read off, with its 95 % interval."""

    value: float
    low: float
    high: float


class Desk:
    """A folder in which a person types commands, and reads what they print."""

    def __init__(self, parley: Callable[..., CompletedProcess[str]], folder: Path) -> None:
        self.folder = folder
        self._parley = parley

    def type(self, command: str, code: int = 0) -> str:
        """Run a command as it is pasted; return what the person sees, and hold it to its exit code."""
        name, *words = shlex.split(command)
        assert name == "parley"
        done = self._parley(*words, cwd=self.folder)
        assert done.returncode == code, (command, done.stdout, done.stderr)
        return f"{done.stderr}{done.stdout}"


def flat(text: str) -> str:
    return " ".join(text.split())


def step(printed: str, beginning: str) -> str:
    """Return the command with this beginning that is printed as what to do next."""
    found = re.findall(rf"^(?:Next:|     ) ({beginning}\b.*?)(?:  #.*)?$", re.sub(r"\\\n\s*", "", printed), re.MULTILINE)
    assert len(found) == 1, (beginning, printed)
    return str(found[0])


def read_off(printed: str, before: str) -> Answer:
    """Return the first number after some words, whose interval stands behind it."""
    interval = rf"(?: km2)?[^\d(]*\((?:95 %: )?{_NUMBER} \.\. {_NUMBER}"
    found = re.search(rf"{re.escape(before)}.*?{_NUMBER}{interval}", flat(printed))
    assert found is not None, (before, printed)
    told = Answer(*(float(one.replace(",", "")) for one in found.groups()))
    assert told.low <= told.value <= told.high
    assert told.low < told.high
    return told


def endings(printed: str) -> dict[str, Answer]:
    """Return the shares of the endings, as a run prints them."""
    row = rf"^ (\D+?) +{_NUMBER} % +{_NUMBER} \.\. {_NUMBER}(?: +\S+)?$"
    (table,) = re.findall(r"^ On \d{4}-\d\d-\d\d +share.*?\n(.*?)^ Deal", printed, re.MULTILINE | re.DOTALL)
    return {name: Answer(*map(float, numbers)) for name, *numbers in re.findall(row, table, re.MULTILINE)}


@pytest.fixture
def desk(parley, tmp_path: Path) -> Desk:
    return Desk(parley, tmp_path)


class Ran(NamedTuple):
    """A desk at which the baseline was run, and what that printed."""

    desk: Desk
    printed: str


@pytest.fixture(scope="module")
def ran(parley, tmp_path_factory) -> Ran:
    desk = Desk(parley, tmp_path_factory.mktemp("ran"))
    return Ran(desk, desk.type("parley run baseline --replications 200"))


def test_see_what_there_is(desk: Desk):
    first = desk.type("parley")
    assert "parley run baseline" in first
    every = desk.type(*re.findall(r"Commands: (parley help)", first))
    for command in (*WANTED.values(), "parley list"):
        assert re.search(rf"^  {command.split()[1]}  +\w", every, re.MULTILINE), command
    options = desk.type(*re.findall(r"One of them: (parley help run)", first))
    assert "--replications N" in options
    shipped = desk.type(*re.findall(r"Scenarios: (parley list)", first))
    assert re.search(r"^ more_arms +More arms: ", shipped, re.MULTILINE)
    # Who mistypes is told where to look.
    lost = desk.type("parley halp", code=2)
    desk.type(*re.findall(r"See: (parley help)", lost))


@pytest.mark.ensembles
def test_run_the_baseline_and_read_the_answer(ran: Ran):
    told = read_off(ran.printed, "A ceasefire is signed in")
    assert told.high - told.low < 20
    shares = endings(ran.printed)
    assert {"War goes on", "Ceasefire in force"} <= set(shares)
    assert 97 <= sum(one.value for one in shares.values()) <= 103
    assert all(one.low <= one.value <= one.high for one in shares.values())
    assert "not a forecast" in ran.printed
    (folder,) = re.findall(r"^Written: (\S+)$", ran.printed, re.MULTILINE)
    about = (ran.desk.folder / folder / "README.md").read_text(encoding="utf-8")
    for file in (ran.desk.folder / folder).glob("*.csv"):
        assert f"`{file.name}`" in about


@pytest.mark.ensembles
def test_ask_why_there_is_no_deal(ran: Ran):
    why = ran.desk.type(step(ran.printed, "parley explain"))
    (most,) = re.findall(r"Most often, in|is most often [^,.]+, in", flat(why))
    assert read_off(why, most).high < 100
    reasons = re.findall(r"^ ((?:Not possible|Possible)\b.+?)  +\d", why, re.MULTILINE)
    assert len(reasons) >= 4
    assert read_off(why, reasons[0]).high <= 100
    day = r"\d{4}-\d\d-\d\d"
    assert re.search(rf"^ {day} .*A deal is signed|^ {day}(?: to {day})?  +\d+ ", why, re.MULTILINE)
    # Its numbers, as a table.
    rows = list(csv.DictReader(io.StringIO(ran.desk.type(step(why, "parley explain")))))
    assert len(rows) > 10
    assert all(row["state"] for row in rows)


@pytest.mark.ensembles
def test_compare_two_scenarios(desk: Desk):
    told = desk.type(f"{WANTED['see what a change does, on the same luck']} {FEW}")
    assert "Scale of aid to Ukraine: 1 becomes 2" in told
    assert read_off(told, "Net land taken by Russia (km2)").high < 0
    assert "no difference found (within" in told
    again = desk.type(step(told, "parley compare"))
    (page,) = re.findall(r"^(?:Written|There already): (\S+)/$", again, re.MULTILINE)
    assert "net land taken by Russia" in (desk.folder / page / "report.html").read_text(encoding="utf-8")


@pytest.mark.ensembles
def test_write_a_scenario_and_put_it_beside_the_baseline(desk: Desk):
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    name, command = re.findall(r"Saved as `(\S+)`, it runs with `(parley [^`]+)`", README)[0]
    (desk.folder / name).write_text(text)
    beside = desk.type(f"{command} {FEW}")
    most = read_off(beside, "the largest difference of the main outcomes is in")
    # Surely not nothing.
    assert most.low * most.high > 0
    assert re.search(r"^ Half the arms +≈? *\d+ %", beside, re.MULTILINE)
    pairs = desk.type(step(beside, "parley compare"))
    assert "Scale of aid to Ukraine: 1 becomes 0.5" in pairs
    assert read_off(pairs, "Net land taken by Russia (km2)").low > 0


def test_mend_mistakes_by_what_is_said_of_them(desk: Desk):
    file = desk.folder / "half.yaml"
    file.write_text("title: Half the arms\nextends: basline\narms:\n  defender:\n    aid_scale: 0.5\n")
    for old, new in (("basline", "baseline"), ("aid_scale", "aid_scal"), ("0.5", "0,5"), ("0.5", "-0.5")):
        if old != "basline":
            file.write_text(file.read_text().replace(old, new))
        (said,) = desk.type("parley check half.yaml", code=3).splitlines()
        number = int(re.findall(r"^half\.yaml:(\d+):\d+: error: ", said)[0])
        lines = file.read_text().splitlines(keepends=True)
        cure = re.findall(r"'(\S+)'(?:: there is no| in ).* Did you mean '(\S+)'\?", said)
        cure = cure or re.findall(r"not the text '(\S+)'\. Write (\S+)$", said)
        cure = cure or [(wrong, low) for low, wrong in re.findall(r"must lie between (\S+) and .*, not (\S+)$", said)]
        ((wrong, right),) = cure
        assert wrong in lines[number - 1]
        lines[number - 1] = lines[number - 1].replace(wrong, right)
        file.write_text("".join(lines))
        assert "no problems" in desk.type("parley check half.yaml")


@pytest.mark.ensembles
def test_find_a_knob_and_set_it(desk: Desk):
    assert "ceasefire.regimes.european_zone.guards: Foreign troops" in flat(desk.type(WANTED["find the number to change"]))
    found = desk.type("parley knobs scale of aid ukraine")
    assert "Scale of aid to Ukraine: 1 factor (0 to 100)" in found
    assert "assumed" in desk.type(step(found, "parley show"))
    run = desk.type(f"{step(found, 'parley run').replace('VALUE', '0.5')} {FEW}")
    assert "with scale of aid to Ukraine 0.5 (was 1)" in flat(run)
    assert read_off(run, "A ceasefire is signed in").value > 0
    changed = desk.type(step(run, "parley compare"))
    assert "Scale of aid to Ukraine: 1 becomes 0.5" in changed
    assert read_off(changed, "Net land taken by Russia (km2)").low > 0


def test_find_where_a_number_comes_from(desk: Desk):
    told = desk.type(WANTED["see what is assumed, and from where"])
    (keys,) = re.findall(r"^attrition\.attacker\n +daily_casualties .*?  (\w[\w, \n]*?)  +\S+\.yaml:\d+", told, re.MULTILINE)
    first = keys.split(",")[0]
    source = re.findall(rf"^ {first}: (.*?) \(([A-D])\)\n +(https://\S+)$", told, re.MULTILINE | re.DOTALL)
    assert len(source) == 1
    assert re.search(r", \d{4}(-\d\d-\d\d)?$", flat(source[0][0]))
    # What else rests on it, and what on nothing.
    rest = desk.type(f"parley show baseline {first}")
    assert first in rest
    assert source[0][2] in rest
    assert "assumed" not in rest
    guessed = desk.type("parley show baseline attrition assumed")
    assert "daily_casualties" not in guessed
    assert "fire_share" in guessed
    assert "no value of baseline speaks of 'tanks'" in desk.type("parley show baseline tanks", code=3)


@pytest.mark.ensembles
def test_ask_at_which_value_an_answer_turns(desk: Desk):
    asked = WANTED["know how much it takes"]
    asked = asked.replace("manpower.attacker.return_share=0.2:0.7", "attrition.level_factor=0.5:2")
    # Which outcomes there are.
    lost = desk.type(asked.replace("force_change_12_months_attacker", "losses"), code=3)
    names = desk.type(f"{re.findall('`(parley outcomes)`', lost)[0]} casualties")
    assert re.search(r"^casualties_attacker: Casualties, Russia \(persons\)", names, re.MULTILINE)
    condition = re.sub(r'"[^"]*"', '"mean(casualties_attacker) <= 120_000"', asked)
    found = desk.type(f"{condition.partition(' --months')[0]} {FEWER}")
    told = read_off(found, "is at most 120,000 when scale of all casualties is")
    there = desk.type(f"{step(found, 'parley run')} {FEWER.split(' --months')[0]}")
    (mean, half) = re.findall(rf"^ Casualties, Russia +{_NUMBER} ±{_NUMBER}", there, re.MULTILINE)[0]
    assert abs(float(mean.replace(",", "")) - 120_000) <= float(half.replace(",", ""))
    assert 0.5 < told.low < told.high < 2


@pytest.mark.ensembles
def test_sweep_a_knob_and_look_at_the_page(desk: Desk):
    asked = WANTED["vary one number, or two"].partition(" --vary attrition")[0]
    told = desk.type(f"{asked} --outcome casualties_attacker {FEWER}")
    values = re.findall(rf"^ ([012]) +{_NUMBER} \({_NUMBER} \.\. {_NUMBER}\)$", told, re.MULTILINE)
    assert [one[0] for one in values] == ["0", "1", "2"]
    means = [float(one[1].replace(",", "")) for one in values]
    assert means == sorted(means)
    page = desk.type(step(told, "parley report"))
    (file,) = re.findall(r"^Written: (\S+) \(", page, re.MULTILINE)
    html = (desk.folder / file).read_text(encoding="utf-8")
    assert all(one[1] in html for one in values)


@pytest.mark.ensembles
def test_see_what_decides(ran: Ran):
    told = ran.desk.type(WANTED["know which assumptions matter"])
    assert "all parameters, each alone" in flat(told)
    assert "correlated in this scenario; what they share counts in each" in flat(told)
    assert "--one-at-a-time" in step(told, "parley sensitivity")
    # Of something of one's own.
    names = ran.desk.type("parley outcomes daily_casualties")
    (name,) = re.findall(r"^(\w+): Casualties a day in the first 30 days, Russia", names, re.MULTILINE)
    told = ran.desk.type(f"{WANTED['know which assumptions matter']} --outcome {name}")
    assert read_off(told, "the largest share found is that of scale of all casualties").low > 25


@pytest.mark.browser
@NEEDS_CHROMIUM
def test_send_a_page_to_a_colleague(ran: Ran, browser: Browser, tmp_path: Path):
    made = ran.desk.type(step(ran.printed, "parley report"))
    (file,) = re.findall(r"^Written: (\S+) \(", made, re.MULTILINE)
    sent = Path(shutil.copy(ran.desk.folder / file, tmp_path / "sent.html"))
    context = browser.new_context(offline=True, accept_downloads=True)
    seen = Seen(context, sent)
    text = seen.page.locator("body").inner_text()
    assert read_off(text, "A ceasefire is signed in") == read_off(ran.printed, "A ceasefire is signed in")
    for name, share in endings(ran.printed).items():
        assert read_off(seen.page.locator("main table:visible").first.inner_text(), name) == share
    with seen.page.expect_download() as download:
        seen.page.locator("figure").first.get_by_role("button", name="PNG:").click()
    download.value.save_as(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert seen.said == []
    # What the page makes itself is no request.
    assert {url.partition(":")[0] for url in seen.asked[1:]} <= {"blob", "data"}
    # How to cite it: version, scenario and seed.
    version = ran.desk.type("parley --version").split()[1]
    cited = re.findall(r"To cite: (.*)", text)
    assert cited == [f"Parley {version} · Baseline · seed 1 · 200 histories · a stylised model, not a forecast"]
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    context.close()


@pytest.mark.ensembles
def test_take_a_table_into_a_spreadsheet(ran: Ran):
    from openpyxl import load_workbook

    made = ran.desk.type(WANTED["work on in a spreadsheet"])
    book = load_workbook(ran.desk.folder / re.findall(r"Written: (\S+) \(", made)[0])
    _, heads, *rows = book["Summary"].iter_rows(max_col=8, values_only=True)
    assert heads[2:] == ("value", "95 % from", "to", "assumptions from", "to", "histories")
    found = {row[0]: row[2:] for row in rows if row[0]}
    for name, share in endings(ran.printed).items():
        assert [round(100 * one) for one in found[name][:3]] == list(share)
        # Too few for a band of assumptions.
        assert found[name][3:] == (None, None, 200)
    # Each column of each table has its meaning.
    told = {row[:2] for row in book["Dictionary"].iter_rows(values_only=True)}
    for sheet, table in (("Summary in full", "summary"), ("Histories", "outcomes"), ("Ledger", "ledger")):
        columns = {cell.value for cell in book[sheet][1]}
        assert columns <= {column for name, column in told if name == table}


@pytest.mark.ensembles
def test_read_one_history(desk: Desk):
    told = desk.type(f"{WANTED['follow one history']} --months 12")
    days = re.findall(r"^ (\d{4}-\d\d-\d\d)  \S", told, re.MULTILINE)
    assert len(days) > 10
    assert days == sorted(days)
    assert (days[0], days[-1]) == ("2024-12-04", "2025-12-04")
    assert "Ground taken since the start" in flat(told).partition(days[-1])[2]
    # Every number behind it, with its source.
    assert len(re.findall(r"baseline\.yaml:\d+$", desk.type(step(told, "parley show")), re.MULTILINE)) > 300
