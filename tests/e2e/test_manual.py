"""The manual pages: one for each command, with all of its options and no others."""

import re
import subprocess
from pathlib import Path
from typing import List, Set

import pytest

from fixtures.programs import SOURCE
from fixtures.runner import Truewheel

OPTION = re.compile(r"^ +(?:-\w, )?(--[\w-]+)|^ +(-\w)(?= |$)")


def command_names(truewheel: Truewheel) -> List[str]:
    listed = truewheel("--help").out.partition("commands:\n")[2].partition("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


def options_of_help(text: str) -> Set[str]:
    found = (OPTION.match(line) for line in text.splitlines())
    return {match[1] or match[2] for match in found if match}


def options_of_page(text: str) -> Set[str]:
    """Of the lines behind .TP in the section of options."""
    section = text.partition("\n.SH OPTIONS\n")[2].partition("\n.SH ")[0]
    heads = re.findall(r"^\.TP\n(.*)$", section, re.MULTILINE)
    words = [re.sub(r"\\f[BIR]|\\&", "", head).replace("\\-", "-") for head in heads]
    return options_of_help("\n".join(f"  {head}" for head in words))


def test_pages_have_the_options(truewheel: Truewheel, build_directory: Path) -> None:
    names = command_names(truewheel)
    assert {"wheel", "lock", "help", "piptool"} <= set(names)
    manual = build_directory / "share" / "man" / "man1"
    assert {path.name for path in manual.iterdir()} == {
        "truewheel.1", *(f"truewheel-{name}.1" for name in names)}
    for name in names:
        expected = options_of_help(truewheel(name, "--help").out)
        page = (manual / f"truewheel-{name}.1").read_text()
        assert "--help" in expected and options_of_page(page) == expected, name
        assert not re.search(r"^@\w+@$", page, re.MULTILINE), "something was not filled in"


def test_prose_is_of_commands_that_exist(truewheel: Truewheel) -> None:
    """What the command of a page is no more called would be printed nowhere."""
    prose = {path.name for path in (SOURCE / "docs").glob("truewheel-*.1.in")}
    assert prose <= {f"truewheel-{name}.1.in" for name in command_names(truewheel)}


def test_the_overview_names_all_pages(truewheel: Truewheel, build_directory: Path) -> None:
    page = (build_directory / "share" / "man" / "man1" / "truewheel.1").read_text()
    for name in command_names(truewheel):
        assert page.count(f".BR truewheel\\-{name} (1)") >= 2


def test_pages_are_installed(tmp_path: Path, build_directory: Path) -> None:
    command = ["cmake", "--install", str(build_directory), "--prefix", str(tmp_path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    made = {path.name for path in (build_directory / "share" / "man" / "man1").iterdir()}
    assert {path.name for path in (tmp_path / "share" / "man" / "man1").iterdir()} == made


@pytest.mark.parametrize("name", ["wheel", "cache", "help"])
def test_help_of_a_command(truewheel: Truewheel, name: str) -> None:
    assert truewheel("help", name).out == truewheel(name, "--help").out


def test_help_alone_and_of_what_is_no_command(truewheel: Truewheel) -> None:
    assert truewheel("help").out == truewheel("--help").out
    result = truewheel("help", "weel", code=2)
    assert result.errors == ["truewheel: unknown command 'weel'"]
    assert "did you mean truewheel wheel?" in result.err
    assert "one command" in truewheel("help", "wheel", "lock", code=2).errors[0]
