"""Windows: half-open spans of time in a zone, the forms they are written in, and the calendar behind them."""

from reportrunner.window.window import Window, slices, window_of

__all__ = ["Window", "slices", "window_of"]
