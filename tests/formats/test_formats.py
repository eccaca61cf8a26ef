"""The family: every format has its place in the dict, and costs nothing until it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reportrunner.formats import FORMATS

HEAVY = ("jinja2", "vl_convert", "resvg_py", "css_inline")


def test_the_dict_is_the_family() -> None:
    assert {name: form.options.extension for name, form in FORMATS.items()} == {
        "csv": "csv",
        "html": "html",
        "email": "eml",
    }
    assert all(form.name == name for name, form in FORMATS.items())


def test_looking_at_the_formats_imports_no_heavy_library() -> None:
    code = (
        "import sys, reportrunner.formats, reportrunner.render;"
        f"print(*[name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.full
def test_documents_are_the_same_in_another_process() -> None:
    code = (
        "import hashlib, sys; sys.path[:0] = sys.argv[1:]\n"
        "import test_email, test_html\nfrom sample_report import report\n"
        "print(hashlib.sha256(test_email.content(report(), test_email.CSV)).hexdigest())\n"
        "print(hashlib.sha256(test_html.page(report()).encode()).hexdigest())\n"
        "print(hashlib.sha256(test_html.page(report(), 'builtin:report').encode()).hexdigest())\n"
    )
    seen = set()
    for seed, zone in (("1", "UTC"), ("77", "Asia/Kolkata")):
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                code,
                *[path for path in sys.path if path.rstrip("/").endswith(("tests", "formats"))],
            ],
            env={"PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
        )
        seen.add(done.stdout)
    assert len(seen) == 1
    assert len(seen.pop().split()) == 3
