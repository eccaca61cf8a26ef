"""User SQL: read and judged, bound, and run in a locked-down child process."""

from reportrunner.transform.process import warm_up
from reportrunner.transform.session import SqlLimits, SqlSession, bind_all, run_query, transform

__all__ = ["SqlLimits", "SqlSession", "bind_all", "run_query", "transform", "warm_up"]
