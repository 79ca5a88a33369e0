"""How figures look: sizes, fonts and colours, set once.

Colours are told apart by people who see fewer of them, and by their darkness in grey; lines differ in their dashes too.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib
from matplotlib.figure import Figure

from sim.report.parts import wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.report.parts import Picture

# Dark rust and mid blue: far apart in hue for all kinds of colour vision, and in darkness.
SIDE_COLOURS = {"attacker": "#93351b", "defender": "#3f86c4"}
SIDE_DASHES: dict[str, Any] = {"attacker": "-", "defender": (0, (5, 1.5))}
CEASEFIRE, WAR, MARK, FAINT = "#0f6f5c", "#4d4d4d", "#a8580a", "#6b6b6b"
GRID, INK = "#d9d9d9", "#1b1b1b"
# For scenarios beside one another, from dark to light, each with its own dashes and marker.
SERIES = (
    ("#1b1b1b", "-", "o"), ("#0f6f5c", (0, (5, 1.5)), "s"), ("#a8580a", (0, (1.2, 1.2)), "^"),
    ("#7a3fa0", (0, (7, 2, 1.5, 2)), "D"),
    ("#3f86c4", (0, (3, 1)), "v"), ("#b8860b", (0, (9, 2)), "P"), ("#93351b", (0, (1, 2.5)), "X"),
)  # fmt: skip


# What colours become on a dark page: as far from it as these are from white, and as far from one another.
DARK_PAPER, DARK_INK = "#16181b", "#ececec"
DARK = {
    "#ffffff": DARK_PAPER, INK: DARK_INK, "#333333": "#d4d4d4", FAINT: "#a6a6a6", GRID: "#34383d", WAR: "#b9b9b9",
    SIDE_COLOURS["attacker"]: "#e0876b", SIDE_COLOURS["defender"]: "#6fb1ea", CEASEFIRE: "#3fae94", MARK: "#dc9445",
    "#7a3fa0": "#bd8fdd", "#b8860b": "#d4a93c", "#9a9a9a": "#808080", "#7a4a8c": "#b58cc5",
}  # fmt: skip


class Look(NamedTuple):
    """How a line looks."""

    colour: str
    dashes: Any


class Paper(NamedTuple):
    """What a figure is drawn for.

    Attributes
    ----------
    width_in : float
        In inches.
    font_pt : float
        Size of the letters, in points.
    """

    width_in: float
    font_pt: float

    @property
    def stretch(self) -> float:
        """How much higher than on a page of 5.6 inches a figure is: letters that are large for the width need more room."""
        return max(self.width_in / 5.6, self.font_pt / 10.5)

    def canvas(
        self,
        height_in: float,
        rows: int = 1,
        by_letters: bool = False,
        parts: Sequence[float] | None = None,
        columns: int = 1,
    ) -> tuple[Figure, list[Axes]]:
        """Return a figure with panels below one another.

        Parameters
        ----------
        height_in : float
            In inches, at a width of 5.6 inches and letters of 10.5 points.
        rows : int
            Of panels.
        by_letters : bool
            Whether what stands in it are lines of text, so that the height goes with the letters and not with the width.
        parts : sequence of float, optional
            Heights of the panels beside one another.
        columns : int
            Of panels; they are returned row by row.
        """
        stretch = self.font_pt / 10.5 if by_letters else self.stretch
        figure = Figure(figsize=(self.width_in, height_in * stretch), layout="constrained")
        figure.get_layout_engine().set(h_pad=0.05, w_pad=0.04)  # type: ignore[union-attr, call-arg]
        axes = figure.subplots(rows, columns, squeeze=False, height_ratios=parts)
        return figure, list(axes.flat)

    def lines_above(self, names: Sequence[str]) -> int:
        """Return how many lines names above a figure take: one if all fit beside one another, each with its mark."""
        # A mark and the gap after a name take the room of about eight letters.
        if sum(len(name) + 8 for name in names) <= self.letters:
            return 1
        return sum(wrapped(name, self.letters - 8).count("\n") + 1 for name in names)

    @property
    def letters(self) -> int:
        """How many letters stand beside one another, about."""
        return int(self.width_in * 72 / (0.6 * self.font_pt))


# So many that nothing of what was run is cut off.
MOST_SOURCE_LINES = 12
# A page is read on a phone and on a desk: narrow, with letters that stay large enough.
SCREEN = Paper(5.1, 10.5)
# Widths of a column and of a page of most journals.
PAPERS = {"column": Paper(3.5, 7.5), "page": Paper(7.2, 9.0)}


@contextmanager
def style(paper: Paper, text_as_paths: bool = False, salt: str = "parley") -> Iterator[None]:
    """Draw in the style of the project."""
    size = paper.font_pt
    settings: Any = {
        "font.family": ["sans-serif"], "font.sans-serif": ["DejaVu Sans"], "font.size": size,
        "axes.titlesize": size, "axes.labelsize": size, "xtick.labelsize": 0.92 * size, "ytick.labelsize": 0.92 * size,
        "legend.fontsize": 0.92 * size, "legend.frameon": False, "axes.titlelocation": "left",
        "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": FAINT, "axes.labelcolor": "#1b1b1b",
        "axes.linewidth": 0.7, "xtick.color": FAINT, "ytick.color": FAINT, "xtick.labelcolor": "#333333",
        "ytick.labelcolor": "#333333", "axes.grid": True, "axes.grid.axis": "y", "grid.color": GRID, "grid.linewidth": 0.6,
        "axes.axisbelow": True, "lines.linewidth": 0.16 * size,
        # What scenarios say is never markup.
        "text.parse_math": False, "text.usetex": False,
        "svg.fonttype": "path" if text_as_paths else "none", "svg.hashsalt": salt, "pdf.fonttype": 42,
        "axes.unicode_minus": True, "axes.formatter.useoffset": False,
    }  # fmt: skip
    with matplotlib.rc_context(settings):
        yield


def drawn(picture: Picture, paper: Paper, source: str) -> Figure:
    """Return a figure with the line that says what made it; called within `style`."""
    figure = picture.draw(paper)
    size = 0.66 * paper.font_pt
    # About as wide as the letters of this font are, on average.
    letters = int(paper.width_in * 72 / (0.58 * size))
    line = source.replace(" · seed", f" · {picture.of} · seed", 1) if picture.of else source
    figure.supxlabel(wrapped(line, letters, MOST_SOURCE_LINES), x=0.005, ha="left", fontsize=size, color=FAINT)
    return figure


def file_of(picture: Picture, kind: str, paper: Paper, source: str) -> bytes:
    """Return a figure as a file: svg, png or pdf."""
    content = io.BytesIO()
    # Without the date, so that the same run gives the same bytes.
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[kind]
    with style(paper, text_as_paths=True, salt=picture.name):
        drawn(picture, paper, source).savefig(content, format=kind, dpi=300, metadata=metadata)
    return content.getvalue()


def label_ends(axes: Axes, ends: Sequence[tuple[float, str, str]], paper: Paper, height_in: float) -> None:
    """Write names beside the ends of lines, moved apart where they would overlap; axes grow where there is no room.

    Parameters
    ----------
    axes : Axes
        With its limits set.
    ends : sequence of (y, text, colour)
    paper : Paper
    height_in : float
        Of the axes, about, as for `Paper.canvas`.
    """
    low, high = axes.get_ylim()
    placed = sorted(((y - low) / (high - low), text, colour) for y, text, colour in ends)
    line, height = 1.25 * paper.font_pt / 72, height_in * paper.stretch
    short = line * sum(1 + text.count("\n") for _, text, _ in placed) - height
    figure = axes.get_figure(root=True)
    if short > 0 and figure is not None:
        width, whole = (float(size) for size in figure.get_size_inches())
        figure.set_size_inches(width, whole + short * len(figure.axes))
        height += short
    # A line of text, as a part of the height of the axes.
    gap = line / height
    spots = _apart([y for y, _, _ in placed], [gap * (1 + text.count("\n")) for _, text, _ in placed], 1 + gap / 2)
    for (_, text, colour), spot in zip(placed, spots, strict=True):
        axes.annotate(
            text, (1.015, spot), xycoords="axes fraction", color=colour, va="center", ha="left", annotation_clip=False,
        )  # fmt: skip


def name_above(figure: Figure, marks: Sequence[Any], names: Sequence[str], paper: Paper) -> None:
    """Write names with their marks above a figure: beside one another where there is room, else below one another.

    A mark is an artist, or a tuple of those that are drawn over one another.
    """
    columns = len(names) if paper.lines_above(names) == 1 else 1
    short = [wrapped(name, paper.letters - 8) for name in names]
    figure.legend(marks, short, loc="outside upper left", handlelength=2.6, ncols=columns)


def _apart(wanted: Sequence[float], sizes: Sequence[float], top: float) -> list[float]:
    """Return places near the rising wanted ones, from 0 to the top, so far apart that nothing of these sizes overlaps."""
    # None sinks below the axis, where the dates are.
    spots = [max(y, size / 2) for y, size in zip(wanted, sizes, strict=True)]
    for _ in range(200):
        moved = False
        for low, high in pairwise(range(len(spots))):
            least = (sizes[low] + sizes[high]) / 2
            short = least - (spots[high] - spots[low])
            if short > 1e-9:
                spots[low] = max(spots[low] - short / 2, sizes[low] / 2)
                spots[high] = spots[low] + least
                moved = True
        if not moved:
            break
    # What rises above the top, where it would take room from the axes, goes down with all below it.
    for place in range(len(spots) - 1, -1, -1):
        spots[place] = min(spots[place], top - sizes[place] / 2)
        top = spots[place] - sizes[place] / 2
    return spots
