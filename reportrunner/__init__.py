"""Turns checked-in TOML job files into finished, provable analytics reports."""

__version__ = "0.1.0"
