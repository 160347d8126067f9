"""The command line around the commands: what is said to a word that is no command or option."""

from typing import Dict, List, Tuple

import pytest

from fixtures.runner import Truewheel

UNKNOWN: Dict[str, Tuple[str, str]] = {
    "psutil": ("unknown command 'psutil'", "to build wheels: truewheel wheel psutil;"),
    "psutil numpy>2": ("unknown command 'psutil'", "to build wheels: truewheel wheel psutil …;"),
    "needed.txt": ("unknown command 'needed.txt'", "truewheel wheel -r needed.txt;"),
    "weel psutil": ("unknown command 'weel'", "did you mean truewheel wheel?"),
    "dif a b": ("unknown command 'dif'", "did you mean truewheel diff?"),
    "compile x": ("unknown command 'compile'", "here that is truewheel lock"),
    "install x": ("unknown command 'install'", "pip install --no-index --find-links DIR"),
    "-r needed.txt": ("'-r' stands before a command", "truewheel wheel -r needed.txt"),
    "--no-deps x": ("'--no-deps' stands before a command", "truewheel wheel --no-deps x"),
    "--verison": ("unknown option '--verison'", "did you mean --version?"),
    "wheel --requiremnt x": ("unknown option '--requiremnt'", "did you mean --requirement? "),
    "wheel --keepgoing x": ("unknown option '--keepgoing'", "did you mean --keep-going? "),
    "cache --jsn info": ("unknown option '--jsn'", "did you mean --json? truewheel cache --help"),
    "wheel --frobnicate": ("unknown option '--frobnicate'", "truewheel wheel --help lists"),
}


@pytest.mark.parametrize("line", UNKNOWN)
def test_what_to_type_instead(truewheel: Truewheel, line: str) -> None:
    said, hint = UNKNOWN[line]
    result = truewheel(*line.split(), code=2)
    assert result.errors == [f"truewheel: {said}"] and not result.out
    hints = [text for text in result.err.splitlines() if text.startswith("truewheel: hint: ")]
    assert len(hints) == 1 and hint in hints[0], result.text


ABBREVIATED: List[List[str]] = [
    ["wheel", "--find-link", "x", "pure-one"],
    ["wheel", "--no-dep", "pure-one"],
    ["lock", "--outpu", "x", "pure-one"],
    ["cache", "--jso", "info"],
]


@pytest.mark.parametrize("arguments", ABBREVIATED, ids=" ".join)
def test_options_are_not_abbreviated(truewheel: Truewheel, arguments: List[str]) -> None:
    result = truewheel(*arguments, code=2)
    assert "unknown option" in result.errors[0] and "did you mean" in result.err


@pytest.mark.parametrize("tool", ["piptool", "whltool", "wheel_installer"])
def test_tools_of_bazel_take_prefixes(truewheel: Truewheel, tool: str) -> None:
    """Their callers may abbreviate, as argparse lets them; what is ambiguous is said."""
    option = {"piptool": "--inp", "whltool": "--requirem", "wheel_installer": "--download_o"}[tool]
    result = truewheel(tool, option, "x", code=2)
    assert "unknown option" not in result.err, result.text
    result = truewheel("piptool", "--n", "x", "--python_interp", "y", code=2)
    assert result.errors == ["truewheel: piptool needs --input"]
    assert "is ambiguous" in truewheel("piptool", "--i", "x", code=2).errors[0]
