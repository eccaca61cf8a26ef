"""Executing: flows go in, answers come out."""

from reportrunner.execute.executor import Executor

__all__ = ["Executor"]
