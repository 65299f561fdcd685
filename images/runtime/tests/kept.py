"""An object store at a moment: what lives, and for how many days what is gone is kept."""

from runtime.retention.item import Living

DAY = 86400.0
NOW = 1_800_000_000.0
ROOT, LOGGED = "s3://artifacts", "s3://logs"
DAYS = {"runs": 30, "checkpoints": 14, "receipts": 400, "tokens": 60, "logs": 90, "models": 180, "gone": 90}
LIVING = Living(
    {"docs": {"search": "qdrant", "train": ""}},
    {"docs": frozenset({"uid-flying", "search-flying"})},
    {"docs": frozenset({"search"})},
)
HOME = f"{ROOT}/docs/search"
