"""CEL, imported without its command line and its functions written in Python, which nothing here uses.

`import cel` alone would bring typer, rich and prompt_toolkit: 0.3 s.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import cel


@lru_cache(maxsize=4096)
def compile_cel(expression: str) -> cel.Program:
    """Return the compiled expression, kept for the next use of the same text.

    Raises:
        ValueError: The expression is not valid CEL; the text says where.
    """
    if "cel" not in sys.modules:
        for unused in ("cel.cli", "cel.stdlib"):
            sys.modules[unused] = ModuleType(unused)
    import cel

    return cel.compile(expression)
