"""Qdrant's client, without the validators of 340 kinds of message that no step sends.

As it is imported it has pydantic build each of them, which is more than a third of the second that the import takes.
Without that, pydantic builds the validator of a kind when the first message of it is made.
"""

from pydantic import BaseModel

_model_rebuild, _model_config = BaseModel.__dict__["model_rebuild"], BaseModel.model_config
BaseModel.model_config = {**_model_config, "defer_build": True}
BaseModel.model_rebuild = classmethod(lambda _kind, **_options: None)  # type: ignore[assignment]
try:
    from qdrant_client import QdrantClient, models
finally:
    BaseModel.model_rebuild = _model_rebuild  # type: ignore[method-assign]
    BaseModel.model_config = _model_config

__all__ = ["QdrantClient", "models"]
