"""The gallery: every picture is there, is told of, and is small."""

from __future__ import annotations

import re

from .project import ROOT

PICTURES = ROOT / "docs" / "gallery"


def test_every_picture_is_told_of_and_small() -> None:
    told = re.findall(r"\]\(([\w-]+\.png)\)", (PICTURES / "README.md").read_text(encoding="utf-8"))
    files = {file.name: file for file in PICTURES.glob("*.png")}
    assert sorted(told) == sorted(files)
    assert len(files) >= 10
    assert [name for name, file in files.items() if file.stat().st_size > 300_000] == []
    assert [name for name, file in files.items() if not file.read_bytes().startswith(b"\x89PNG")] == []
