"""Where a command finds a program of an image: in the image's own locked environment on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dac.cli._arguments import Misuse
from dac.model import Catalog

if TYPE_CHECKING:
    from dac.run.local.images import Images, Place


def place_of(images: Images, catalog: Catalog | None, name: str) -> Place:
    """Return where the programs of an image of the catalog run; install its environment where it is missing.

    Raises:
        Misuse: the catalog has no such image, or its environment cannot be installed.
    """
    facts = (catalog.kinds.get("images", {}) if catalog else {}).get(name, {})
    if "repository" not in facts:
        raise Misuse(f"the catalog has no image {name!r}, whose program this is")
    try:
        return images.place(str(facts["repository"]))
    except RuntimeError as error:
        raise Misuse(str(error)) from error
