"""A page as a reader takes it: its numbers with where they stand, and the text around them."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from sim.engine.draws import Floats
from sim.model import WarScenario
from sim.results.comparison import ALL_SECTIONS, compare_all
from sim.results.history import package_rows, retold, review_rows
from sim.results.runs import Run
from sim.scenario import load_scenario, quantities
from sim.words.findings.calibrate import of_bargaining

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Number(NamedTuple):
    """A number of a page."""

    text: str
    value: float
    of: list[str]


def wilson(count: int, n: int) -> tuple[float, float]:
    """Return the interval of a share of 95 %: where the share is as far off as 1.96 standard errors under either end."""
    from scipy import stats

    found = stats.binomtest(count, n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def is_rounded(text: str, value: float, column: str = "") -> bool:
    """Return whether a text is a number rounded at its last digit but zeros before the point, maybe in per cent.

    The ends of a band of the assumptions are rounded outward.
    """
    shown = text.replace(",", "").removesuffix(" points").removesuffix(" %")
    # In per cent, or as it is.
    scales = [100.0] if text.endswith((" %", " points")) else [1.0, 100.0]
    whole, _, decimals = shown.lstrip("+-").partition(".")
    digits = len(decimals) if decimals else min(0, len(whole.rstrip("0")) - len(whole))
    near = [scale for scale in scales if float(shown) == pytest.approx(scale * value, abs=1.000001 * 10.0**-digits)]
    if column.endswith(("least", "most")):
        way = 1.0 if column.endswith("most") else -1.0
        return any(way * (float(shown) - scale * value) > -1e-5 * 10.0**-digits for scale in near)
    return any(float(shown) == pytest.approx(scale * value, abs=0.5000001 * 10.0**-digits) for scale in near)


class Page(HTMLParser):
    """A page, read with the parser of the standard library, which knows nothing of how it was made."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.numbers: list[Number] = []
        # Text outside of numbers, with the elements around it.
        self.texts: list[tuple[str, tuple[str, ...]]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self._number: tuple[float, list[str]] | None = None
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "data":
            found = dict(attrs)
            self._number = float(str(found["value"])), str(found["data-of"]).split("|")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "data":
            self._number = None

    def handle_data(self, data: str) -> None:
        if self._number is not None:
            self.numbers.append(Number(data, *self._number))
        elif data.strip():
            self.texts.append((data, tuple(self._open)))


class Tables:
    """The tables behind a page, read as any other program would read them."""

    def __init__(self, folders: list[Path]) -> None:
        self._folders = {folder.name: folder for folder in folders}
        self._first = folders[0]
        self._read: dict[Path, list[dict[str, str]]] = {}
        self._known: dict[str, Any] = {}

    def rows(self, name: str, folder: Path | None = None) -> list[dict[str, str]]:
        path = (folder or self._first) / name
        if path not in self._read:
            self._read[path] = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        return self._read[path]

    def value(self, of: list[str]) -> float:
        """Return the number that stands there."""
        # A ratio of two numbers.
        if any(" over " in part for part in of):
            above, below = (part.split("|") for part in "|".join(of).split(" over "))
            end = below.pop() if below[-1] in ("low", "high") else ""
            share = self.value(above) / self.value(below)
            # Of a share of those counted below, as of the histories with a ceasefire, the ends of its interval.
            return wilson(round(share * (n := int(self.value([*below[:2], "n"])))), n)[end == "high"] if end else share
        table, *key = of
        folder, slash, name = table.rpartition("/")
        return float(getattr(self, "_" + name.partition(".")[0])(self._folders[folder] if slash else self._first, *key))

    def _index(self, folder: Path, name: str, *columns: str) -> dict[tuple[str, ...], dict[str, str]]:
        key = f"{folder}/{name}"
        if key not in self._known:
            self._known[key] = {tuple(row[column] for column in columns): row for row in self.rows(name, folder)}
        return self._known[key]

    def _summary(self, folder: Path, row: str, column: str) -> float:
        found = self._index(folder, "summary.csv", "id")[row,]
        if column.startswith("n/total"):
            n, total = int(found["n"]), int(found["total"])
            return {"": n / total, "low": wilson(n, total)[0], "high": wilson(n, total)[1]}[column[len("n/total ") :]]
        return float(found[column])

    def _unscripted(self, folder: Path, outcome: str, column: str) -> str:
        return self._index(folder, "unscripted.csv", "outcome")[outcome,][column]

    def _series(self, folder: Path, day: str, field: str, of: str, column: str) -> str:
        return self._index(folder, "series.csv", "day", "field", "of")[day, field, of][column]

    def _standing(self, folder: Path, day: str, ending: str, column: str) -> float:
        rows = self._index(folder, "standing.csv", "day", "ending")
        return sum(float(rows[day, one][column]) for one in ending.split(" and ") if (day, one) in rows)

    def _survival(self, folder: Path, curve: str, of: str, day: str, column: str) -> float:
        found = self._index(folder, "survival.csv", "curve", "of", "day")
        if ".." not in day:
            return float(found[curve, of, day][column])

        def until(last: int) -> float:
            before = [int(at) for name, kind, at in found if (name, kind) == (curve, of) and int(at) <= last]
            return float(found[curve, of, str(max(before))][column]) if before else 0.0

        first, last = map(int, day.split(".."))
        return until(last) - until(first)

    def _ledger(self, folder: Path, day: str, question: str, answer: str, column: str) -> str:
        rows = self._index(folder, "ledger.csv", "day", "question", "answer")
        if answer:
            return rows[day, question, answer][column]
        (one,) = {row[column] for key, row in rows.items() if key[:2] == (day, question)}
        return one

    def _sweep(self, folder: Path, point: str, outcome: str, column: str) -> str:
        return self._index(folder, "sweep.csv", "point", "id")[point, outcome][column]

    def _one_at_a_time(self, folder: Path, path: str, value: str, outcome: str, column: str) -> str:
        return self._index(folder, "one_at_a_time.csv", "path", "value", "outcome")[path, value, outcome][column]

    def _crossing(self, folder: Path, outcome: str, name: str) -> float:
        """Find by another way than the page where a line through the points is 0: on a fine grid."""
        rows = sorted((row for row in self.rows("sweep.csv") if row["id"] == outcome), key=lambda row: int(row["point"]))
        knob = next(name for name in rows[0] if "." in name)
        x = np.array([float(row[knob]) for row in rows])
        fine: Floats = np.linspace(x[0], x[-1], 1_000_001)
        columns = {"at": ["mean"], "low": ["low", "high"], "high": ["low", "high"]}[name]
        places = []
        for column in columns:
            y = np.interp(fine, x, [float(row[column]) for row in rows])
            places += fine[np.flatnonzero(np.diff(np.sign(y)))].tolist()
        return max(places) if name == "high" else min(places)

    def _breakeven(self, folder: Path, *key: str) -> float:
        """Return a cell of the table of its points by their place; or what was found, which the JSON has."""
        if len(key) == 2:
            place, column = key
            return float(self.rows("breakeven.csv", folder)[int(place)][column])
        return float(json.loads((folder / "breakeven.json").read_text())[key[0]])

    def _choices(self, folder: Path, choice: str, column: str = "") -> float:
        """Return a cell of the table of choices, or what was found, which the JSON has."""
        if not column:
            return float(json.loads((folder / "choices.json").read_text())[choice])
        return float(self._index(folder, "choices.csv", "choice")[(choice,)][column])

    def _choice_aims(self, folder: Path, choice: str, aim: str, column: str) -> str:
        return self._index(folder, "choice_aims.csv", "choice", "aim")[choice, aim][column]

    def _choice_fails(self, folder: Path, choice: str, parameter: str, column: str) -> str:
        return self._index(folder, "choice_fails.csv", "choice", "parameter")[choice, parameter][column]

    def _fit(self, folder: Path, series: str, *key: str) -> float:
        """Return a cell of the table of the fit, or in how many months what was observed lies in a band."""
        if len(key) == 3:
            kind, since, column = key
            return float(self._index(folder, "fit.csv", "series", "kind", "since")[series, kind, since][column])
        months = [row for row in self.rows("fit.csv", folder) if (row["series"], row["kind"]) == (series, "month")]
        if key == ("months",):
            return len(months)
        ends = [[float(row[f"{key[1]}_{end}"]) for end in ("p05", "p95")] for row in months]
        return sum(low <= float(row["observed"]) <= high for row, (low, high) in zip(months, ends, strict=True))

    def _accepted(self, folder: Path, *key: str) -> float:
        """Return how many histories are kept, how many of them are drawn, or how two of their numbers go together."""
        rows = self.rows("accepted.csv", folder)
        if len(key) == 1:
            return len(rows) if key == ("rows",) else min(200, len(rows))
        from scipy.stats import spearmanr

        return float(spearmanr(*([float(row[path]) for row in rows] for path in key[:2])).statistic)

    def _of_number(self, folder: Path, path: str, *column: str) -> float:
        if path != "nothing":
            return float(self._index(folder, "moved.csv", "parameter")[(path,)][column[0]])
        rest = [row["parameter"] for row in self.rows("moved.csv", folder) if row["says"] == "nothing"]
        return len([one for one in rest if not column or of_bargaining(one)])

    def _forecasts(self, folder: Path, *key: str) -> str:
        names = ("origin", "series", "lead", "given", "who")
        return self._index(folder, "forecasts.csv", *names)[key[:-1]][key[-1]]

    def _rivals(self, folder: Path, *key: str) -> str:
        return self._index(folder, "rivals.csv", "series", "lead", "given", "who")[key[:-1]][key[-1]]

    def _scores(self, folder: Path, *key: str) -> float:
        """Return how many origins or months were scored, how many lie in a bin, or the mean over those of an origin."""
        rows = self.rows("scores.csv", folder)
        if key == ("origins",):
            return len({row["origin"] for row in rows})
        months = [row for row in rows if row["lead"] != "0"]
        if key[-1] in ("pits", "pits in it"):
            series, given, who = key[:3]
            of = (series, given, who, "pit")
            pits = [
                float(row["value"]) for row in months if tuple(row[one] for one in ("series", "given", "who", "score")) == of
            ]
            if key[-1] == "pits":
                return len(pits)
            bins, place = map(int, key[3].split(" of ")[::-1])
            # The last bin has both its ends.
            return sum(min(int(pit * bins + 1e-9), bins - 1) == place for pit in pits)
        names = ("origin", "series", "given", "who", "score")
        score = "crps" if key[-1] == "months" else key[-1]
        values = [float(row["value"]) for row in months if tuple(row[one] for one in names) == (*key[:-1], score)]
        return len(values) if key[-1] == "months" else sum(values) / len(values)

    def _manifest(self, folder: Path, name: str, *key: str) -> float:
        if name == "origins":
            (one,) = [one for one in json.loads((folder / "manifest.json").read_text())[name] if one["origin"] == key[0]]
            return one["late"] if key[1] == "numbers" else len(one["dropped"])
        return float(json.loads((folder / "manifest.json").read_text())[name])

    def _scenario(self, folder: Path, path: str, what: str) -> float:
        if "scenario" not in self._known:
            self._known["scenario"] = dict(quantities(load_scenario(folder / "scenario.yaml", WarScenario).world))
        quantity = self._known["scenario"][path]
        return quantity.central if what == "central" else float(quantity.quantile(np.array([int(what[1:]) / 100]))[0])

    def _history(self, folder: Path, replication: str) -> dict[str, Any]:
        key = f"{folder} history {replication}"
        if key not in self._known:
            history = retold(Run.read(folder), folder, int(replication))
            found = {}
            for name, rows in (("reviews", review_rows), ("packages", package_rows)):
                header, lines = rows(history, int(replication))
                found[name] = [dict(zip(header, line, strict=True)) for line in lines]
            self._known[key] = found
        return self._known[key]

    def _reviews(self, folder: Path, replication: str, day: str, column: str) -> float:
        (row,) = [row for row in self._history(folder, replication)["reviews"] if str(row["day"]) == day]
        return row[column]

    def _packages(self, folder: Path, replication: str, day: str, package: str, column: str) -> float:
        rows = [row for row in self._history(folder, replication)["packages"] if str(row["day"]) == day]
        if package == "count":
            counts = {"all": len(rows), "zone": sum(row["zone"] for row in rows)}
            return counts.get(column, sum(row["worth_attacker"] == "" for row in rows))
        (row,) = [row for row in rows if row["package"] == package]
        return row[column]

    def _comparison(self, folder: Path, left: str, right: str, outcome: str, column: str) -> float:
        if "compared" not in self._known:
            found = compare_all([Run.read(one) for one in self._folders.values()], sections=ALL_SECTIONS)
            self._known["compared"] = {
                (one["left"], one["right"], one["outcome"]): one for each in found for one in each.as_dicts()
            }
        row = self._known["compared"][left, right, outcome]
        above, slash, below = column.partition("/")
        return row[above] / row[below] if slash else row[column]

    def _moved(self, folder: Path, left: str, right: str = "", before: str = "", after: str = "") -> float:
        if not after:
            return self._of_number(folder, *(part for part in (left, right) if part))
        key = f"moved {left} {right}"
        if key not in self._known:
            pairs = (self.rows("outcomes.csv", self._folders[name]) for name in (left, right))
            self._known[key] = Counter((a["ending"], b["ending"]) for a, b in zip(*pairs, strict=True))
        return self._known[key][before, after]
