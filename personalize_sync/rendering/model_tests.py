"""The tests of decision models, for people, machines, GitHub, and whatever reads JUnit XML."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

# Only written; what is read, and may be hostile, goes through defusedxml.
from xml.etree import ElementTree as ET

from personalize_sync.kinds.model_tests import Judged, Verdict, Verdicts
from personalize_sync.rendering import github
from personalize_sync.rendering.complaints import place
from personalize_sync.rendering.gates import json_text, not_a_command, plain
from personalize_sync.rendering.page import Page, Span
from personalize_sync.rendering.remarks import Remark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from personalize_sync.rendering.look import Look

_STYLES = {Verdict.PASSED: "good", Verdict.FAILED: "bad", Verdict.ERROR: "bad"}


def last_line(report: Verdicts) -> str:
    """Return the stable last line."""
    if not report.tests:
        return "No tests of decision models are declared."
    count = Counter(tested.verdict for tested in report.tests)
    failed, errors = count[Verdict.FAILED], count[Verdict.ERROR]
    return f"Tests: {count[Verdict.PASSED]} passed, {failed} failed, {errors} without an answer."


def _terminal(report: Verdicts, look: Look) -> str:
    page = Page(look)
    page.add(Span(f"Environment: {report.environment}", "quiet"))
    page.gap()
    for tested in report.tests:
        test = tested.test
        revision = f", revision {tested.revision}" if tested.revision is not None else ""
        page.add(
            Span(tested.verdict.value, _STYLES[tested.verdict]),
            f" {test.model} {test.name}",
            Span(f"   {test.variant}{revision}", "quiet"),
        )
        for complaint, at in tested.complaints:
            page.add(complaint, Span(f"   {place(at, look.prefix)}", "quiet"), indent=4)
        for note in tested.notes:
            page.add(f"note: {note}", indent=4)
    page.gap()
    page.add(Span(last_line(report), "strong"))
    return page.text()


def _json(report: Verdicts, look: Look) -> str:
    document = {
        "environment": report.environment,
        "tests": [_entry(tested) for tested in report.tests],
        "summary": {
            verdict.value: sum(tested.verdict is verdict for tested in report.tests)
            for verdict in Verdict
        },
    }
    return json_text(document, ascii_text=look.ascii) + "\n"


def _entry(tested: Judged) -> dict[str, Any]:
    test = tested.test
    at = test.source.start
    return {
        "address": str(test.model),
        "name": test.name,
        "variant": test.variant,
        "verdict": tested.verdict.value,
        "revision": tested.revision,
        "complaints": [
            {"message": complaint, "file": where.file, "line": where.line, "column": where.column}
            for complaint, where in tested.complaints
        ],
        "notes": list(tested.notes),
        "file": at.file,
        "line": at.line,
        "column": at.column,
    }


def _github(report: Verdicts, look: Look) -> str:
    found = [
        Remark("error", "", f"{tested.test.model} {tested.test.name} {_word(tested)}", text, at)
        for tested in report.tests
        for text, at in tested.complaints
    ]
    found += [
        Remark("warning", "", f"{tested.test.model} {tested.test.name}", note, tested.test.source.start)
        for tested in report.tests
        for note in tested.notes
    ]  # fmt: skip
    return github.commands(found, last_line(report), look)


def _word(tested: Judged) -> str:
    return "failed" if tested.verdict is Verdict.FAILED else "could not be judged"


def _junit(report: Verdicts, look: Look) -> str:
    root = ET.Element("testsuites", _counts(report.tests), name="personalize-sync")
    suites: dict[str, list[Judged]] = {}
    for tested in report.tests:
        suites.setdefault(str(tested.test.model), []).append(tested)
    for name, tests in suites.items():
        suite = ET.SubElement(root, "testsuite", _counts(tests), name=name, skipped="0")
        for tested in tests:
            _add_case(suite, tested, look)
    ET.indent(root)
    encoding = "us-ascii" if look.ascii else "unicode"
    text = ET.tostring(root, encoding=encoding)
    body = text if isinstance(text, str) else text.decode("ascii").partition("\n")[2]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _counts(tests: tuple[Judged, ...] | list[Judged]) -> dict[str, str]:
    count = Counter(tested.verdict for tested in tests)
    return {
        "tests": str(len(tests)),
        "failures": str(count[Verdict.FAILED]),
        "errors": str(count[Verdict.ERROR]),
    }


def _add_case(suite: ET.Element, tested: Judged, look: Look) -> None:
    test = tested.test
    at = test.source.start
    case = ET.SubElement(
        suite,
        "testcase",
        classname=str(test.model),
        name=test.name,
        file=plain(look.prefix + at.file),
        line=str(at.line),
    )
    if tested.complaints:
        element = "failure" if tested.verdict is Verdict.FAILED else "error"
        texts = [f"{text}   {place(at, look.prefix)}" for text, at in tested.complaints]
        message = plain(tested.complaints[0][0])
        ET.SubElement(case, element, message=message).text = _lines(texts)
    if tested.notes:
        ET.SubElement(case, "system-out").text = _lines(tested.notes)


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(not_a_command(plain(text)) for text in texts)


RENDERERS: Mapping[str, Callable[[Verdicts, Look], str]] = {
    "terminal": _terminal,
    "json": _json,
    "github": _github,
    "junit": _junit,
}
FORMATS = tuple(RENDERERS)


def render(report: Verdicts, format: str, look: Look) -> str:  # noqa: A002 - the flag's name
    """Return a report in one of FORMATS; it ends with one newline."""
    return RENDERERS[format](report, look)
