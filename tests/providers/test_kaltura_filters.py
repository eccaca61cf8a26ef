"""The report filter: every field of the catalogue, typed; the forms of public guides answered; what goes on the wire."""

# ruff: noqa: E501 - a line of a table is one case

from __future__ import annotations

import pytest
from projects import FROM_PLAYS, WEEK, problem
from pydantic import ValidationError

from reportrunner.providers.kaltura.catalogue import filter_fields
from reportrunner.providers.kaltura.filters import NOT_HERE, TableFilters, TotalFilters, write_filter

OUT = '[outputs.o]\nformat = "html"\n'


def said(filters: str, more: str = "") -> str:
    return problem(f"{WEEK}{FROM_PLAYS}filters = {{ {filters} }}\n{more}{OUT}")


def test_every_field_of_the_catalogue_can_be_asked() -> None:
    for model in (TableFilters, TotalFilters):
        assert set(model.model_fields) == set(filter_fields()) - NOT_HERE


@pytest.mark.parametrize(
    ("filters", "answer"),
    [
        ("fromDate = 1", 'fromDate: report.getTable has no filter "fromDate" | fromDate is decided by the window; write window = "name" beside filters'),
        ('toDay = "20261101"', 'toDay: report.getTable has no filter "toDay" | toDay is decided by the window; write window = "name" beside filters'),
        ("timeZoneOffset = -240", 'timeZoneOffset: report.getTable has no filter "timeZoneOffset" | timeZoneOffset is computed from the job\'s timezone; remove it'),
        ('interval = "days"', 'interval: report.getTable has no filter "interval" | interval is a key of the dataset; write interval = "days" beside filters'),
        ('objectType = "x"', 'objectType: report.getTable has no filter "objectType" | objectType is chosen by the fields you use; remove it'),
        ('objectIdIn = ["x"]', 'objectIdIn: report.getTable has no filter "objectIdIn" | objectIdIn is no filter; write objectIds = ["..."] beside filters'),
        ('categoryIdsIn = ["1"]', 'categoryIdsIn: report.getTable has no filter "categoryIdsIn" | categoryIdsIn is spelt categoriesIdsIn'),
        ('searchInTags = "x"', '"x": searchInTags is a switch, and the words to look for stand in "keywords" | write keywords = "x", searchInTags = true'),
        ('searchInAdminTags = "x"', '"x": searchInAdminTags is a switch, and the words to look for stand in "keywords" | write keywords = "x", searchInAdminTags = true'),
        ("searchInTags = 1", "1: expected true or false, found 1"),
        ('countryIn = ["Germany", "US"]', '"US": countryIn takes country names, and "US" is a code | write the English name, such as "United States"'),
        ('countryIn = ["de"]', '"de": countryIn takes country names, and "de" is a code | write the English name, such as "United States"'),
        ('playbackTypeIn = ["VOD"]', '"VOD": "playbackTypeIn" cannot be "VOD"; did you mean "vod"? | one of "vod", "live", "dvr", "offline"'),
        ('entryIdIn = "1_a"', '"1_a": expected a list of text, found text "1_a" | write ["1_a"]'),
        ("entryIdIn = []", '[]: "entryIdIn" must not be empty | entry ids'),
        ('entryIdIn = ["a", "b|c"]', '"b|c": "b|c" contains "|", which separates values on the wire | write "b", "c" if these are several; one that contains "|" cannot be asked for: pick its rows in sql'),
        ('application = ["a,b"]', '"a,b": "a,b" contains ",", which separates values on the wire | write "a", "b" if these are several; one that contains "," cannot be asked for: pick its rows in sql'),
        ('entryIdIn = [" a"]', '" a": " a" is empty or has blanks around it, and nothing trims it | write "a"'),
        ('entryIdIn = [""]', '"": "" is empty or has blanks around it, and nothing trims it | remove it'),
        ('keywords = " "', '" ": an empty text is no filter, and the report would count everything | remove the key'),
        ('entryIdsIn = ["a"]', 'entryIdsIn: report.getTable has no filter "entryIdsIn"; did you mean "entryIdIn"?'),
    ],
)  # fmt: skip
def test_what_is_answered(filters: str, answer: str) -> None:
    assert said(filters) == answer


def test_fields_are_written_in_one_order_with_their_separator() -> None:
    filters = TableFilters.model_validate({
        "keywords": "gdpr", "searchInTags": True, "isPreview": False, "entryIdIn": ["1_a", "1_b"], "userIds": ["x"],
        "entryCreatedAtGreaterThanOrEqual": 5,
    })  # fmt: skip
    assert write_filter(filters) == (
        ("reportInputFilter[objectType]", "KalturaEndUserReportInputFilter"),
        ("reportInputFilter[entryCreatedAtGreaterThanOrEqual]", "5"),
        ("reportInputFilter[entryIdIn]", "1_a|1_b"),
        ("reportInputFilter[isPreview]", "false"),
        ("reportInputFilter[keywords]", "gdpr"),
        ("reportInputFilter[searchInTags]", "true"),
        ("reportInputFilter[userIds]", "x"),
    )
    assert write_filter(None) == (("reportInputFilter[objectType]", "KalturaReportInputFilter"),)


def test_ids_that_are_numbers_may_be_written_so() -> None:
    """One param of a job may stand in a report's filter and in that of a list, which wants numbers."""
    given = {"categoriesIdsIn": [4001, "4002"], "virtualEventIdIn": [4711]}
    filters = TableFilters.model_validate(given).model_dump(exclude_none=True)
    assert filters == {"categoriesIdsIn": ["4001", "4002"], "virtualEventIdIn": ["4711"]}
    for bad in ({"entryIdIn": [1]}, {"categoriesIdsIn": [True]}, {"categoriesIdsIn": [1.0]}):
        with pytest.raises(ValidationError):
            TableFilters.model_validate(bad)
