"""CEL, imported without its command line and its functions written in Python, which nothing here uses.

`import cel` alone would bring typer, rich and prompt_toolkit: 0.3 s.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import cel


def compile_cel(expression: str) -> cel.Program:
    """Return the compiled expression.

    Raises:
        ValueError: The expression is not valid CEL; the text says where.
    """
    if "cel" not in sys.modules:
        for unused in ("cel.cli", "cel.stdlib"):
            sys.modules[unused] = ModuleType(unused)
    import cel

    return cel.compile(expression)
