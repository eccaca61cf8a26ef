"""Remembering: landed tables are kept, and what runs have kept becomes a table again."""

from reportrunner.history.keeping import Memory, remember
from reportrunner.history.reading import recall, told

__all__ = ["Memory", "recall", "remember", "told"]
