"""Write the manual pages: `make_manual.py DOCS PROGRAM VERSION DIRECTORY`.

DOCS/truewheel.1.in becomes truewheel.1. Every command of the program gets a page of its own,
truewheel-COMMAND.1: what the program's own --help says, so that page and help cannot differ, and
the prose of DOCS/truewheel-COMMAND.1.in if there is one. Of that, what stands before its first
section belongs to the description; the sections come behind the options.

Lines that are replaced: `@COMMANDS@` by the list of commands, `@PAGES@` by the names of their
pages, `@CHECKS@` by what `check --explain ALL` prints, `@EXITS@` by the table of
exit statuses in `truewheel --help`.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator, List

OPTION = re.compile(r"^  ( {4}--\S.*?|-\S.*?)(?:  +(\S.*))?$")
CONTINUED = re.compile(r"^ {20,}(\S.*)$")


def output_of(*command: str) -> List[str]:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")


def help_of(program: str, *arguments: str) -> List[str]:
    return output_of(program, *arguments, "--help")


def escape(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def option_words(text: str) -> str:
    """The option in bold, the name of its value in italics."""
    words = []
    for word in text.split():
        font = "B" if word.startswith("-") else "I"
        words.append(f"\\f{font}{escape(word)}\\fR")
    return " ".join(words)


def summaries(lines: List[str]) -> Dict[str, str]:
    """Every command with its summary, from the program's help."""
    start = lines.index("commands:") + 1
    listed = lines[start:lines.index("", start)]
    return {line.split()[0]: line.split(None, 1)[1] for line in listed}


def options_section(lines: List[str]) -> Iterator[str]:
    yield ".SH OPTIONS"
    for line in lines:
        option, continued = OPTION.match(line), CONTINUED.match(line)
        if continued:
            yield escape(continued.group(1))
        elif option:
            yield ".TP"
            yield option_words(option.group(1))
            if option.group(2):
                yield escape(option.group(2))
        elif line.endswith(":") and line != "options:":
            yield ".SS " + escape(line[:-1].capitalize())


def command_page(name: str, version: str, lines: List[str], prose: List[str]) -> Iterator[str]:
    """The page of one command: its help, with the prose around the options."""
    usage, _, summary = lines[0][len("usage: truewheel "):], lines[1], lines[2]
    first = next((i for i, line in enumerate(lines) if i > 2 and line.endswith(":")), len(lines))
    about = [line for line in lines[3:first] if line and not OPTION.match(line)]
    sections = next((i for i, line in enumerate(prose) if line.startswith(".SH ")), len(prose))
    yield f'.TH TRUEWHEEL\\-{escape(name.upper())} 1 "" "truewheel {version}" "User Commands"'
    yield ".SH NAME"
    short = summary.rstrip(".")
    yield f"truewheel\\-{escape(name)} \\- {escape(short[0].lower() + short[1:])}"
    yield ".SH SYNOPSIS"
    yield f".B truewheel {escape(name)}"
    yield escape(usage[len(name):].strip())
    yield ".SH DESCRIPTION"
    yield escape(summary[0].upper() + summary[1:].rstrip(".") + ".")
    yield from map(escape, about)
    if sections:
        yield ".PP"
    yield from prose[:sections]
    yield from options_section(lines[first:] or lines[-2:])
    yield from prose[sections:]
    yield ".SH SEE ALSO"
    yield ".BR truewheel (1)"


def checks_page(lines: List[str]) -> Iterator[str]:
    """Themes ("# …"), and below them a code's line, its meaning and its remedy."""
    for before, line in zip([""] + lines, lines):
        if line.startswith("# "):
            yield ".SS " + escape(line[2:])
        elif line and (not before or before.startswith("# ")):
            yield ".TP"
            yield ".B " + escape(line)
        elif line:
            yield escape(line)


def exits_page(lines: List[str]) -> Iterator[str]:
    """The table of exit statuses in the program's help."""
    inside = False
    for line in lines:
        if inside and line.startswith("  "):
            status, meaning = line.split(None, 1)
            yield ".TP"
            yield ".B " + escape(status)
            yield escape(meaning[0].upper() + meaning[1:] + ".")
        inside = line == "exit status:" or (inside and line.startswith("  "))


def commands_list(commands: Dict[str, str]) -> Iterator[str]:
    for name, summary in commands.items():
        yield ".TP"
        yield f".BR truewheel\\-{escape(name)} (1)"
        yield escape(summary[0].upper() + summary[1:].rstrip(".") + ".")


def pages_list(commands: Dict[str, str]) -> Iterator[str]:
    for name in commands:
        yield f".BR truewheel\\-{escape(name)} (1),"


def replaced(lines: List[str], program: str, commands: Dict[str, str]) -> Iterator[str]:
    for line in lines:
        if line == "@CHECKS@":
            yield from checks_page(output_of(program, "check", "--explain", "ALL"))
        elif line == "@EXITS@":
            yield from exits_page(help_of(program))
        elif line == "@COMMANDS@":
            yield from commands_list(commands)
        elif line == "@PAGES@":
            yield from pages_list(commands)
        else:
            yield line


def read_prose(path: Path) -> List[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def main() -> None:
    if len(sys.argv) != 5:
        sys.exit("usage: make_manual.py DOCS PROGRAM VERSION DIRECTORY")
    docs, program, version, directory = Path(sys.argv[1]), *sys.argv[2:4], Path(sys.argv[4])
    commands = summaries(help_of(program))
    pages = {"truewheel.1": read_prose(docs / "truewheel.1.in")}
    for name in commands:
        prose = read_prose(docs / f"truewheel-{name}.1.in")
        lines = help_of(program, name)
        pages[f"truewheel-{name}.1"] = list(command_page(name, version, lines, prose))
    for old in directory.glob("truewheel*.1"):
        old.unlink()
    for page, lines in pages.items():
        text = "\n".join(replaced(lines, program, commands)) + "\n"
        (directory / page).write_text(text.replace("@VERSION@", version), encoding="utf-8")


main()
