"""TOML files whose every value knows its place."""

from reportrunner.toml_file.file import At, Loc, TomlFile, is_secret_key, read_toml

__all__ = ["At", "Loc", "TomlFile", "is_secret_key", "read_toml"]
