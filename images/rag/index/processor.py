"""What this machine's processor can do beside ordinary arithmetic."""

import functools
from pathlib import Path


@functools.cache
def has_matrix_unit() -> bool:
    """Return whether it multiplies bfloat16 in a unit of its own (Intel's AMX), as Linux says; torch is not asked.

    Torch takes seconds to import, and has no public function for it.
    """
    with Path("/proc/cpuinfo").open() as lines:
        flags = next((line for line in lines if line.startswith("flags")), "")
    return "amx_bf16" in flags.split()
