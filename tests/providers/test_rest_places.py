"""Paths that are known without the library of JSONPath are those that it takes."""

from __future__ import annotations

import jsonpath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportrunner.diagnose import Hinted
from reportrunner.providers.rest.places import check_path

WORDS = ["and", "or", "not", "in", "contains", "true", "null", "undefined", "None", "length", "_", "a1", "Data"]
NAMES = st.sampled_from(WORDS) | st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
STEPS = NAMES.map(".{}".format) | st.just("[*]") | st.integers(-999_999_999, 999_999_999).map("[{}]".format)


@given(st.lists(STEPS, max_size=5).map("".join).map("${}".format))
def test_a_path_of_names_and_places_is_one_for_the_library_too(path: str) -> None:
    assert isinstance(jsonpath.compile(path, strict=True), jsonpath.JSONPath)
    assert check_path(path) == path


@given(st.text(alphabet="$.[]*'-0aé? @:,", max_size=8).map("${}".format))
def test_other_paths_are_what_the_library_says(path: str) -> None:
    try:
        known = isinstance(jsonpath.compile(path, strict=True), jsonpath.JSONPath)
    except jsonpath.JSONPathError:
        known = False
    if known:
        assert check_path(path) == path
    else:
        with pytest.raises(Hinted):
            check_path(path)
