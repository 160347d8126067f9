"""`truewheel completion`: each shell, asked what it would complete, answers from the tables."""

import os
import pty
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List, Set

import pytest

from fixtures.runner import Truewheel

DESTINATION = {
    "bash": "share/bash-completion/completions/truewheel",
    "zsh": "share/zsh/site-functions/_truewheel",
    "fish": "share/fish/vendor_completions.d/truewheel.fish",
}

# Typed line: what it can become, as whole words.
COMPLETED: Dict[str, Set[str]] = {
    "whe": {"wheel", "wheel_installer"},
    "wheel --keep": {"--keep-going"},
    "wheel --requirement need": {"needed.txt"},
    "wheel -r need": {"needed.txt"},
    "wheel --wheel-dir ou": {"out"},
    "wheel --mode lo": {"locked"},
    "wheel --mode ": {"auto", "namespaces", "locked", "mapped"},
    "wheel need": {"needed.txt"},
    "wheel --timeout ": set(),
    "cache ver": {"verify"},
    "cache --j": {"--json"},
    "check --format g": {"github"},
    "check --format=g": {"github"},
    "help downl": {"download"},
    "completion ": {"bash", "zsh", "fish"},
    "lock --ou": {"--output"},
    "wheel lock --ou": set(),
}


def shell_of(name: str) -> str:
    found = shutil.which(name)
    if not found:
        pytest.skip(f"no {name}")
    return found


@pytest.fixture
def where(truewheel: Truewheel) -> Path:
    """A directory with something to name, below which the program is on PATH."""
    for name in ("needed.txt", "outside.txt"):
        (truewheel.world.cwd / name).touch()
    (truewheel.world.cwd / "out").mkdir()
    return truewheel.world.cwd


def words_of_bash(line: str) -> List[str]:
    """As bash splits it: the equals sign is a word."""
    return line.replace("=", " = ").split(" ")


def ask_bash(script: str, line: str, where: Path) -> Set[str]:
    words = ["truewheel", *words_of_bash(line)]
    asked = 'eval "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _truewheel;' \
        ' printf "%s\\n" "${COMPREPLY[@]}"'
    command = [shell_of("bash"), "--norc", "-uc", asked, "bash", script, *words]
    out = subprocess.run(command, cwd=where, check=True, stdout=subprocess.PIPE, text=True).stdout
    return set(out.split())


def ask_fish(script: str, line: str, where: Path) -> Set[str]:
    asked = 'source (printf "%s\\n" $argv[1] | psub); complete -C "truewheel $argv[2]"'
    command = [shell_of("fish"), "--no-config", "-c", asked, script, line]
    out = subprocess.run(command, cwd=where, check=True, stdout=subprocess.PIPE, text=True,
                         env={**os.environ, "HOME": str(where)}).stdout
    found = {text.partition("\t")[0] for text in out.splitlines()}
    return {text.rpartition("=")[2].rstrip("/") for text in found}


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize("line", COMPLETED)
def test_what_is_completed(truewheel: Truewheel, where: Path, shell: str, line: str) -> None:
    shell_of(shell)
    ask = {"bash": ask_bash, "fish": ask_fish}[shell]
    assert ask(truewheel("completion", shell).out, line, where) == COMPLETED[line]


def type_into_zsh(script: Path, line: str, where: Path) -> str:
    """What a line is after a tab, from a zsh that has a terminal."""
    setup = (f"PS1= RPS1= fpath=({script.parent} $fpath); autoload -Uz compinit; compinit -u -D;"
             " bindkey -e; unset zle_bracketed_paste; unsetopt list_beep;"
             " show() { print -r -- \"[[$BUFFER]]\"; exit };"
             " zle -N show; bindkey '^X' show; print rea''dy\n")
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(where)
        os.environ.update(TERM="dumb", HOME=str(where))
        os.execv(shell_of("zsh"), ["zsh", "-f", "-i"])
    os.write(terminal, setup.encode())
    said = ""
    while "ready" not in said:
        said += os.read(terminal, 4096).decode(errors="replace")
    os.write(terminal, f"truewheel {line}\t\x18".encode())
    try:
        while "]]" not in said.partition("[[truewheel")[2]:
            said += os.read(terminal, 4096).decode(errors="replace")
    except OSError:  # it has ended
        pass
    os.close(terminal)
    os.waitpid(pid, 0)
    return said.partition("[[truewheel ")[2].partition("]]")[0].strip()


@pytest.mark.parametrize("line", [line for line in COMPLETED if len(COMPLETED[line]) == 1])
def test_what_zsh_completes(truewheel: Truewheel, where: Path, line: str) -> None:
    shell_of("zsh")
    script = truewheel.world.base / "functions" / "_truewheel"
    script.parent.mkdir()
    script.write_text(truewheel("completion", "zsh").out)
    (word,) = COMPLETED[line]
    typed = type_into_zsh(script, line, where).rstrip("/=")
    assert typed.endswith(word) and len(typed) > len(line), typed


@pytest.mark.parametrize("shell", DESTINATION)
def test_where_it_is_installed(
    truewheel: Truewheel, tmp_path: Path, build_directory: Path, shell: str
) -> None:
    command = ["cmake", "--install", str(build_directory), "--prefix", str(tmp_path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / DESTINATION[shell]).read_text() == truewheel("completion", shell).out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_option_is_in_the_script(truewheel: Truewheel, shell: str) -> None:
    script = truewheel("completion", shell).out
    for line in truewheel("help", "wheel").out.splitlines():
        word = next((word for word in line.split()[:2] if word.startswith("--")), "")
        name = word if shell != "fish" else word.replace("--", "-l ", 1)
        assert name in script


def test_other_shells(truewheel: Truewheel) -> None:
    assert "bash, zsh, fish" in truewheel("completion", code=2).errors[0]
    assert "not tcsh" in truewheel("completion", "tcsh", code=2).errors[0]
