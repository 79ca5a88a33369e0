"""A figure as a part of a page: SVG without style attributes, which a strict page ignores, and with ids of its own."""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ET

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from sim.report.parts import Picture
from sim.report.style import SCREEN, drawn, style

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
BAND = "band"


def inline(picture: Picture, source: str) -> tuple[str, float, float]:
    """Return a picture as an `svg` element for a page, and where its first axes begin and end in parts of its width."""
    content = io.StringIO()
    with style(SCREEN, salt=picture.name), warnings.catch_warnings():
        # Its texts stay texts, for the fonts of the reader, which may have letters that ours has not.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure = drawn(picture, SCREEN, source)
        _lay_out(figure)
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    place = figure.axes[0].get_position()
    root = ET.fromstring(content.getvalue())
    for parent in root.iter():
        for child in list(parent):
            styles = child.tag == f"{{{SVG}}}defs" and child.find(f"{{{SVG}}}style") is not None
            if styles or child.tag == f"{{{SVG}}}metadata":
                parent.remove(child)
    kept = {found for element in root.iter() for found in _references(element)}
    for element in root.iter():
        _plainly(element, picture.name, kept)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("stroke-linejoin", "round")
    root.set("role", "img")
    root.set("aria-labelledby", f"alt-{picture.name}")
    label = ET.Element("title", {"id": f"alt-{picture.name}"})
    label.text = picture.alternative
    root.insert(0, label)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
        if element.text is not None and not element.text.strip():
            element.text = None
        if element.tail is not None and not element.tail.strip():
            element.tail = None
    return ET.tostring(root, encoding="unicode"), float(place.x0), float(place.x1)


def _lay_out(figure: Figure) -> None:
    """Lay a figure out as it is saved as SVG, so that it is drawn once: `savefig` would draw it all for the layout too."""
    FigureCanvasSVG(figure)
    # As Matplotlib saves SVG.
    figure.set_dpi(72)
    engine = figure.get_layout_engine()
    assert engine is not None, "figures are laid out"
    engine.execute(figure)
    figure.set_layout_engine(None)


def _references(element: ET.Element) -> list[str]:
    """Return the ids that an element refers to."""
    found = [name for value in element.attrib.values() for name in _REFERENCE.findall(value)]
    link = element.get(f"{{{XLINK}}}href", "")
    return [*found, link.removeprefix("#")] if link.startswith("#") else found


def _plainly(element: ET.Element, name: str, kept: set[str]) -> None:
    """Write styles as attributes; give ids that are referred to a prefix, and remove the others."""
    own = element.attrib.pop("id", None)
    if own in kept:
        element.set("id", f"{name}-{own}")
    elif own is not None and own.startswith(BAND):
        element.set("class", BAND)
    for part in element.attrib.pop("style", "").split(";"):
        key, colon, value = part.partition(":")
        if colon:
            element.set(key.strip(), value.strip())
    element.attrib.pop("font-family", None)
    link = element.attrib.pop(f"{{{XLINK}}}href", None)
    if link is not None:
        element.set("href", f"#{name}-{link.removeprefix('#')}")
    for key, value in element.attrib.items():
        if key == "d":
            element.set(key, " ".join(value.split()))
        elif "url(#" in value:
            element.set(key, _REFERENCE.sub(rf"url(#{name}-\1)", value))
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
