"""Its place puts `tests/` on the path, so that every test may import what stands beside this file."""
