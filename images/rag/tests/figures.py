"""What the standard's template gives discover to reckon the number of shards from."""

import json

FIGURES = {
    "start": 60,
    "interruptions": 0.05,
    "shards": 1000,
    "point": [0.02, 1],
    "point_on_gpu": [0.00005, 0.1],
    "document_points": [1, 150],
}
SHARDING = json.dumps(FIGURES)
