"""A page as one self-contained HTML file.

All text is escaped by the template engine but three texts of our own: the style, the script and the figures. The page
carries a policy that lets nothing else act: no other script or style, and no request.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sim import __version__
from sim.gate import shown
from sim.report.assumed import left_out
from sim.report.pages import Page
from sim.report.parts import Picture
from sim.report.svg import inline
from sim.words import WHAT_IT_IS_NOT

_TEMPLATES = Path(__file__).parent / "templates"


def html(page: Page) -> str:
    """Return a page as the text of one HTML file."""
    style, script = ((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; style-src '{_hash_of(style)}'; script-src '{_hash_of(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return environment().get_template("page.html").render(
        page=page, policy=policy, style=Markup(style), script=Markup(script), left_out=left_out(), version=__version__,
        what_it_is_not=WHAT_IT_IS_NOT, draw=lambda picture: _drawn(picture, page),
        manifests={name: json.dumps(dict(about), indent=2) for name, about in page.manifests.items()},
    )  # fmt: skip


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


def _hash_of(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def environment() -> Environment:
    """Return what fills in templates, so that no text is taken for markup and none is shown that may not be."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, finalize=_as_shown, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _as_shown(value: Any) -> Any:
    # Our own markup is of texts that have come this way already.
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value
