"""dac images: the step images, and the one place where an image's digest is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from dac.cli._arguments import Misuse, root_option
from dac.cli._catalog_edit import edit_catalog
from dac.cli._printer import say, say_row
from dac.model.entry import irregular

_CATALOG = "standards/catalog/images.yaml"
_DIGEST = re.compile(r"^sha256:[0-9a-f]{64}$")


@click.command(epilog="\b\nExamples:\n  dac images\n  dac images --pin rag sha256:9b2...\n  dac images --unpin rag")
@click.option("--pin", nargs=2, metavar="IMAGE DIGEST", help="Write the digest under which IMAGE was published.")
@click.option("--unpin", metavar="IMAGE", help="Say that IMAGE is not built: no cluster can run it.")
@root_option
def images(root: Path, pin: tuple[str, str] | None, unpin: str | None) -> None:
    """List the step images, or write a published image's digest into the catalog.

    Comments and order of standards/catalog/images.yaml stay as they are. `dac render` then carries the digest into
    every standard's template, and with the next sync into every project's next run.
    """
    file = root / _CATALOG
    if reason := irregular(file, root):
        raise Misuse(f"{reason}; restore it from Git")
    if pin and not _DIGEST.match(pin[1]):
        raise Misuse(f'invalid digest "{pin[1]}"; write sha256: and 64 hexadecimal digits, as a push prints it')
    if pin:
        _write(root, pin[0], {"digest": pin[1], "built": True})
    elif unpin:
        _write(root, unpin, {"digest": None, "built": False})
    else:
        for name, facts in _read(file).items():
            say_row(name, facts["repository"], facts["digest"] if facts["built"] else "not built")


def _read(file: Path) -> Any:
    from ruamel.yaml import YAML

    return YAML().load(file)


def _write(root: Path, image: str, facts: dict[str, object]) -> None:
    def change(catalog: Any) -> None:
        if image not in catalog:
            raise Misuse(f'no image "{image}" in {_CATALOG}; there is: {", ".join(catalog)}')
        catalog[image].update(facts)

    edit_catalog(root, "images", change)
    say(f"{image}: {facts['digest'] or 'not built'}; now run: dac render", err=True)
