"""The door: commands, what is shown on a terminal and in CI, the only clock reading, the only exit codes."""
