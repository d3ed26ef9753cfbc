"""Reports as JUnit XML, which class lists, Jenkins, GitLab and others read.

One testsuite for each check, one testcase for each attempt: the one that failed has a failure with
all that the report tells, those after it are skipped.
"""

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsteps.lessons.report import Report

__all__ = ["junit"]

# What XML 1.0 has no way to write.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PRINTED = 10_000  # characters of what a program printed


def junit(reports: "Iterable[tuple[str, Report]]") -> str:
    """Write reports as a JUnit document. reports: each with whose it is, or "", before it."""
    root = ET.Element("testsuites", name="netsteps check")
    totals = [0, 0, 0]
    seconds = 0.0
    for who, report in reports:
        counts = _suite(root, who, report)
        totals = [one + other for one, other in zip(totals, counts, strict=True)]
        seconds += report.seconds
    _count(root, totals, seconds)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ET.Element, who: str, report: "Report") -> list[int]:
    name = f"{who}/{report.name}" if who else report.name
    suite = ET.SubElement(root, "testsuite", name=_clean(name))
    counts = [len(report.attempts), 0, 0]
    for one in report.attempts:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=_clean(name.replace("/", ".")),
            name=_clean(one.title),
            time=f"{one.seconds:.3f}",
        )
        if one.state == "failed":
            counts[1] += 1
            message = f"expected {report.expected}; {report.happened}".replace("\n", " ")
            failure = ET.SubElement(case, "failure", message=_clean(message))
            failure.text = _clean(str(report))
        elif one.state != "passed":
            counts[2] += 1
            ET.SubElement(case, "skipped", message=_clean(one.why or "an attempt before it failed"))
    _count(suite, counts, report.seconds)
    if report.printed:
        ET.SubElement(suite, "system-out").text = _clean(report.printed[:_PRINTED])
    return counts


def _count(element: ET.Element, counts: list[int], seconds: float) -> None:
    tests, failures, skipped = counts
    element.set("tests", str(tests))
    element.set("failures", str(failures))
    element.set("errors", "0")
    element.set("skipped", str(skipped))
    element.set("time", f"{seconds:.3f}")


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
