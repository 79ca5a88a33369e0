"""A page as one self-contained HTML file.

All text is escaped by the template engine but three texts of our own: the style, the script and the figures. The page
carries a policy that lets nothing else act: no other script or style, and no request.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from sim import __version__
from sim.gate import shown
from sim.model.glossary import WORDS
from sim.report.assumed import left_out
from sim.report.pages import Block, Page
from sim.report.parts import Picture
from sim.report.style import DARK
from sim.report.svg import inline
from sim.words import WHAT_IT_IS_NOT

# Those that say something else in the model than elsewhere, or nothing elsewhere.
EXPLAINED = (
    "fire", "hazard", "imposed", "ledger", "median", "red line", "regime", "resolve", "review", "scripted", "slack",
    "surplus", "utility", "zone of agreement",
)  # fmt: skip
_EXPLAINED = re.compile(rf"\b({'|'.join(EXPLAINED)})s?\b", flags=re.IGNORECASE)
_NUMBER = "<data [^>]*>[^<]*</data>"
_INTERVAL = re.compile(rf"(?:\b95 %: )?{_NUMBER} \.\. {_NUMBER}")
_TEMPLATES = Path(__file__).parent / "templates"


def html(page: Page) -> str:
    """Return a page as the text of one HTML file."""
    style, script = ((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    style += _dark_figures()
    policy = (
        f"default-src 'none'; style-src '{_hash_of(style)}'; script-src '{_hash_of(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return environment().get_template("page.html").render(
        page=page, policy=policy, style=Markup(style), script=Markup(script), left_out=left_out(), version=__version__,
        what_it_is_not=WHAT_IT_IS_NOT, blocks=list(_anchored(page)), words=WORDS, explained=_explainer(),
        points=Markup(json.dumps(page.explorer, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")),
        draw=lambda picture: _drawn(picture, page),
        manifests={name: json.dumps(dict(about), indent=2) for name, about in page.manifests.items()},
    )  # fmt: skip


def _anchored(page: Page) -> Iterator[tuple[str, Block]]:
    """Yield the parts of a page, each with an anchor of its own."""
    known: Counter[str] = Counter()
    for block in page.blocks:
        if block.brief is not None or not page.brief:
            block = replace(block, pictures=block.pictures[: block.brief]) if page.brief else block
            known[block.anchor] += 1
            yield f"{block.anchor}-{at}" if (at := known[block.anchor]) > 1 else block.anchor, block


def _explainer() -> Callable[[str], Markup]:
    """Return what links a word of the model to what it means, where a page first uses it."""
    known = set(EXPLAINED)

    def explained(text: str) -> Markup:
        def linked(found: re.Match[str]) -> str:
            word = found[1].lower()
            if word not in known:
                return found[0]
            known.remove(word)
            link = '<a class="word" href="#word-{}" title="{}">{}</a>'
            return Markup(link).format(word.replace(" ", "-"), WORDS[word], Markup(found[0]))

        # The words have no letter that is escaped.
        return Markup(_EXPLAINED.sub(linked, str(escape(shown(text)))))

    return explained


def _drawn(picture: Picture, page: Page) -> dict[str, Any]:
    try:
        # Our own drawing, in which every text is escaped.
        text, left, right = inline(picture, page.source)
    except Exception as error:
        # One figure that fails takes none of the others with it; who made the page is told.
        why = f"the figure {picture.name} could not be drawn, which is our bug: {type(error).__name__}: {error}"
        page.broken.append(" ".join(why.split()))
        return {"svg": page.broken[-1], "left": 0.0, "right": 1.0}
    return {"svg": Markup(text), "left": round(left, 4), "right": round(right, 4)}


def _dark_figures() -> str:
    """Return the rules that turn the colours of figures into those on a dark page; what is saved of them stays light."""
    rules = [
        f'[{where}="{light}"]{exempt} {{ {where}: {dark}; }}'
        for light, dark in DARK.items()
        # Without an ancestor, which the copies of marks do not see. White letters stand on what is dark on both.
        for where, exempt in (("fill", ":not(text)" if light == "#ffffff" else ""), ("stroke", ""))
    ]
    return "\n".join(["@media screen and (prefers-color-scheme: dark) {", *rules, "}\n"])


def _hash_of(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def environment() -> Environment:
    """Return what fills in templates, so that no text is taken for markup and none is shown that may not be."""
    found = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, finalize=_as_shown, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found.filters["unbroken"] = _unbroken
    return found


def _unbroken(prose: Markup) -> Markup:
    """Return prose in which no line ends within an interval."""
    # All that is added are tags of our own; as plain text, since markup escapes what is joined to it.
    return Markup(_INTERVAL.sub(r'<span class="unbroken">\g<0></span>', str(prose)))


def _as_shown(value: Any) -> Any:
    # Our own markup is of texts that have come this way already.
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value
