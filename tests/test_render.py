"""Outputs in turn: order, attachments, narrowed reports."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes

import pytest
from sample_report import report, templates

from reportrunner.errors import InvalidError
from reportrunner.formats import FORMATS
from reportrunner.render import Due, render
from reportrunner.report import Report
from reportrunner.templating.renderer import Renderer

TO = ["team@example.org"]
RENDERER = Renderer({**templates(), "names.html.j2": "{% for name in report.datasets %}{{ name }} {% endfor %}"})


def due(output: str, form: str, made: Report, **options: object) -> Due:
    model = FORMATS[form].options.model_validate({"format": form, **options})
    return Due(output, str(options.get("path") or f"{output}.{model.extension}"), FORMATS[form], model, made)


def test_documents_come_in_the_order_of_the_job_with_what_they_attach() -> None:
    made = report()
    mail = due("mail", "email", made, template="compliance.email.j2", attach=["list"], to=TO)
    found = render([mail, due("list", "csv", made, dataset="overdue")], RENDERER)
    assert [(each.output, each.path) for each in found] == [("mail", "mail.eml"), ("list", "list.csv")]
    parts = [part.get_payload(decode=True) for part in message_from_bytes(found[0].whole()).walk()]
    assert parts[-1] == found[1].whole()


def test_an_output_sees_only_its_datasets() -> None:
    (page,) = render([due("p", "html", report(), template="names.html.j2", datasets=["polls", "overdue"])], RENDERER)
    assert page.whole() == b"polls overdue "


def test_one_document_per_value() -> None:
    made = report()
    full = made.datasets["overdue"]
    items = []
    for manager in ("Björn Åkesson", "Emily Carter"):
        rows = tuple(row for row in full.rows if row[0] == manager)
        mine = replace(made, datasets={"overdue": replace(full, rows=rows, total_rows=len(rows))})
        items.append(due("each", "csv", mine, dataset="overdue", path=f"{manager[:5]}.csv"))
    first, second = render(items, RENDERER)
    assert first.whole().count("Björn Åkesson".encode()) == 7
    assert b"Emily Carter" not in first.whole()
    assert b"Emily Carter" in second.whole()


def test_outputs_that_attach_one_another_are_a_bug_of_the_plan() -> None:
    made = report()
    items = [due("a", "email", made, attach=["b"], to=TO), due("b", "email", made, attach=["a"], to=TO)]
    with pytest.raises(ValueError, match="attach one another: a, b"):
        render(items, RENDERER)


def test_a_template_that_needs_more_says_where() -> None:
    with pytest.raises(InvalidError) as caught:
        render([due("p", "html", report(), template="compliance.html.j2", datasets=["overdue"])], RENDERER)
    (found,) = caught.value.diagnostics
    assert found.file == "templates/compliance.html.j2"
    assert found.message == 'there is no dataset "by_manager"'
    assert found.source == '{% set people = by_manager.rows | sum(attribute="people") %}'
    assert found.source[found.column - 1 :][: found.width] == "by_manager"
