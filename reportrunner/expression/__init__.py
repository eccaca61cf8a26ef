"""Expressions in strings: `{{ windows.week.label }}`."""

from reportrunner.expression.expression import (
    Expression,
    ExpressionError,
    expressions,
    parse,
    parse_tree,
    render_tree,
    spread_tree,
)

__all__ = ["Expression", "ExpressionError", "expressions", "parse", "parse_tree", "render_tree", "spread_tree"]
