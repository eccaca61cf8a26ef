"""The gallery: every picture is there, is told of, and is small; every document of the library has its pictures."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from .library_gallery import PICTURES as LIBRARY
from .library_gallery import library
from .project import ROOT

PICTURES = ROOT / "docs" / "gallery"


@pytest.mark.parametrize(("folder", "least"), [(PICTURES, 10), (LIBRARY, 60)], ids=["gallery", "library"])
def test_every_picture_is_told_of_and_small(folder: Path, least: int) -> None:
    told = re.findall(r"\]\(([\w-]+\.png)\)", (folder / "README.md").read_text(encoding="utf-8"))
    files = {file.name: file for file in folder.glob("*.png")}
    assert sorted(told) == sorted(files)
    assert len(files) >= least
    assert [name for name, file in files.items() if file.stat().st_size > 300_000] == []
    assert [name for name, file in files.items() if not file.read_bytes().startswith(b"\x89PNG")] == []


def test_every_document_of_the_library_has_its_pictures() -> None:
    wanted = set()
    for job in library():
        outputs = tomllib.loads((ROOT / "jobs" / f"{job}.toml").read_text(encoding="utf-8"))["outputs"].values()
        formats = {output["format"] for output in outputs}
        name = job.replace("/", "-")
        wanted |= {f"{name}-1280.png", f"{name}-390.png"} if "html" in formats else set()
        wanted |= {f"{name}-mail-640.png", f"{name}-mail-390.png"} if "email" in formats else set()
    assert wanted == {file.name for file in LIBRARY.glob("*.png")}


def test_every_sentence_of_the_library_is_one() -> None:
    rows = [line for line in (LIBRARY / "README.md").read_text(encoding="utf-8").splitlines() if ".png)" in line]
    assert all(re.fullmatch(r"\| [^|]+ \| [^|]+ \| [A-Z0-9\"][^|]+\. \|", row) for row in rows)
