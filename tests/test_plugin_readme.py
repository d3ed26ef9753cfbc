"""What the README says of the plugin is true."""

import re

import pytest

from plugin_runs import run
from test_readme import README, blocks_of, table_after

pytest_plugins = ["pytester"]


def test_the_example_fails_as_it_is_shown(pytester: pytest.Pytester) -> None:
    blocks = blocks_of(README)
    place = next(number for number, block in enumerate(blocks) if block.language == "py")
    result = run(pytester, blocks[place].body)
    result.assert_outcomes(failed=1)
    # Ports differ from run to run; what stands between the lines is left out.
    shown = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:*", blocks[place + 1].body).splitlines()
    result.stdout.fnmatch_lines([line.replace("[", "[[]") for line in shown])


def test_it_names_all_fixtures_markers_and_options(pytester: pytest.Pytester) -> None:
    named = " ".join(table_after("In pytest"))
    fixtures = run(pytester, "", "--fixtures").stdout.str()
    for name in re.findall(r"^(netsteps_\w+) -- ", fixtures, re.MULTILINE):
        assert f"`{name}`" in named
    markers = run(pytester, "", "--markers").stdout.str()
    section = README.partition("\n## In pytest\n")[2].partition("\n## ")[0]
    for name in re.findall(r"^@pytest\.mark\.(netsteps_\w+(?:\(.*?\))?):", markers, re.MULTILINE):
        assert f"`@pytest.mark.{name}`" in section
    options = run(pytester, "", "--help").stdout.str()
    for name in re.findall(r"^ +(--netsteps-\w+)", options, re.MULTILINE):
        assert f"`{name}" in section
