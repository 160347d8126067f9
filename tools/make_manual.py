"""Write the manual page: `make_manual.py TEMPLATE PROGRAM VERSION > truewheel.1`.

The template (docs/truewheel.1.in) has the prose. Where it says `@COMMANDS@` on a line of its own,
every command of the program follows with its options as the program's own --help tells them, so
that the page and the help cannot differ. `@CHECKS@` is what `check --explain ALL` prints.
"""

import re
import subprocess
import sys
from typing import Iterator, List

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


def command_names(lines: List[str]) -> Iterator[str]:
    inside = False
    for line in lines:
        if inside and line.startswith("  "):
            yield line.split()[0]
        inside = line == "commands:" or (inside and line.startswith("  "))


def command_page(name: str, lines: List[str]) -> Iterator[str]:
    """The section of one command, from the lines of its help."""
    yield f".SS truewheel {escape(name)}"
    for line in lines:
        option, continued = OPTION.match(line), CONTINUED.match(line)
        if line.startswith("usage: "):
            yield escape(line[len("usage: "):])
            yield ".PP"
        elif continued:
            yield escape(continued.group(1))
        elif option:
            yield ".TP"
            yield option_words(option.group(1))
            if option.group(2):
                yield escape(option.group(2))
        elif line.endswith(":") and not line.startswith(" "):
            yield ".PP"
            yield ".B " + escape(line)
        elif line:
            yield escape(line.strip())


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


def main() -> None:
    if len(sys.argv) != 4:
        sys.exit("usage: make_manual.py TEMPLATE PROGRAM VERSION")
    template, program, version = sys.argv[1:]
    with open(template, encoding="utf-8") as file:
        text = file.read().replace("@VERSION@", version)
    for line in text.splitlines():
        if line == "@CHECKS@":
            print("\n".join(checks_page(output_of(program, "check", "--explain", "ALL"))))
        elif line == "@COMMANDS@":
            for name in command_names(help_of(program)):
                print("\n".join(command_page(name, help_of(program, name))))
        else:
            print(line)


main()
