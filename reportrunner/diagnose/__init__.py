"""Validation errors as diagnostics: where, what is wrong, what to type instead."""

from reportrunner.diagnose.validation import Hinted, did_you_mean, explain_validation, suggest

__all__ = ["Hinted", "did_you_mean", "explain_validation", "suggest"]
