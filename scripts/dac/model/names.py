"""Which text can name a Kubernetes object."""

from __future__ import annotations

import re

LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"  # a DNS-1123 label: what a namespace or an object may be called
LABEL_LENGTH = 63
_LABEL = re.compile(LABEL)


def is_label(text: str) -> bool:
    """Return whether text is a DNS-1123 label."""
    # `$` alone would allow a line break at the end; fullmatch does not.
    return len(text) <= LABEL_LENGTH and _LABEL.fullmatch(text) is not None
