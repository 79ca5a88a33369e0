"""The scenarios shipped with the program: where they are, what they are called and what they say of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped_folder() -> Path:
    """Return the folder of the shipped scenarios: inside an installed package, or at the top of a checkout."""
    installed = _PACKAGE / "_scenarios"
    return installed if installed.is_dir() else _PACKAGE.parent / "scenarios"


def shipped() -> list[str]:
    """Return the names of the shipped scenarios, sorted: ``baseline``, ``history/iwo_jima``."""
    folder = shipped_folder()
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.yaml"))


def heads() -> Iterator[tuple[str, str, str]]:
    """Yield name, title and description of each shipped scenario, as its file begins; the rest is not read."""
    for name in shipped():
        texts = _texts_of(shipped_folder() / f"{name}.yaml", ("title", "description"))
        yield name, texts.get("title", ""), " ".join(texts.get("description", "").split())


def _texts_of(path: Path, wanted: tuple[str, ...]) -> dict[str, str]:
    import yaml

    found: dict[str, str] = {}
    depth, key = 0, None
    with path.open(encoding="utf-8") as file:
        for event in yaml.parse(file, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth, key = depth + 1, None
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.ScalarEvent) and depth == 1:
                if key in wanted:
                    found[str(key)] = event.value
                key = event.value if key is None else None
            if len(found) == len(wanted):
                break
    return found
