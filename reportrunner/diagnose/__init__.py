"""Validation errors as diagnostics: where, what is wrong, what to type instead."""

from reportrunner.diagnose.validation import Hinted, explain_validation, first_words

__all__ = ["Hinted", "explain_validation", "first_words"]
