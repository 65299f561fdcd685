"""Vector stores behind one interface; a store's engine is a module here that opens it."""

from index.stores.base import Hit, Point, Store, StoreError, open_store

__all__ = ["Hit", "Point", "Store", "StoreError", "open_store"]
