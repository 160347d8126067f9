"""Compiles and links the C extensions of one package side by side, as setuptools itself does not.

setuptools compiles one source after the other. Its own switch (build_ext --parallel) runs whole
extensions in threads that share object files, and has made wrong wheels. Here distutils decides
everything as ever, command by command in its own order; only the running of a command is put off:

    compile()  starts a command for each source       ─┐
    link()     starts when its objects are there       ├─ as many at once as there are slots
    the end of build_extensions() waits for all       ─┘

A source that two extensions compile with the same command is compiled once. One whose object would
be overwritten by another command waits until everybody who reads that object is done. Whatever a
package does in its own way (its own compile, spawn or build_extension) is done in that way, one
after the other: nothing here runs unless the methods are distutils' own.

Slots are those of the build's jobserver (docs/jobserver.md): the first command has the build's own,
each further one a byte of its fifo.

Imported by truewheel_determinism when a build imports distutils' compiler; Python 3.8 and later.
"""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

# Whose build_extension may be left before its commands have ended: it does nothing with what they
# make. A class of the package's own may.
_KNOWN_BUILDERS = re.compile(
    r"(?:setuptools\._distutils|distutils|setuptools)\.command\.build_ext\Z"
    r"|Cython\.Distutils\.(?:build_ext|old_build_ext)\Z")
_STOCK = re.compile(r"(?:setuptools\._distutils|distutils)\.(?:ccompiler|unixccompiler"
                    r"|compilers\.C\.(?:base|unix))\Z")


class _Failure:
    """How a command ended, when it did not end well."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class _Command:
    """One command that was put off: what it runs, and which commands it waits for."""

    def __init__(self, argv: Sequence[str], environ: dict[str, str] | None,
                 after: Sequence[_Command]) -> None:
        self.argv = [os.fspath(word) for word in argv]
        self.environ = dict(os.environ if environ is None else environ)
        self.directory = os.getcwd()
        self.after = list(after)
        self.process: subprocess.Popen[bytes] | None = None
        self.token = b""
        self.done = False
        self.failure: _Failure | None = None

    @property
    def signature(self) -> tuple[object, ...]:
        return (self.directory, tuple(self.argv), tuple(sorted(self.environ.items())))

    def is_ready(self) -> bool:
        return all(command.done for command in self.after)

    def is_doomed(self) -> bool:
        return any(command.failure is not None for command in self.after)


class _Slots:
    """The bytes of the build's jobserver. Without one, commands run one at a time."""

    def __init__(self) -> None:
        self.fd: int | None = None  # opened when a second command waits: that asks for bytes

    def open(self) -> int:
        if self.fd is None:
            self.fd = -1
            match = re.search(r"--jobserver-auth=fifo:(\S+)",
                              os.environ.get("CARGO_MAKEFLAGS", ""))
            try:
                if match is not None:
                    self.fd = os.open(match.group(1), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError:
                pass  # a build without a jobserver
        return self.fd

    def take(self) -> bytes:
        fd = self.open()
        try:
            return os.read(fd, 1) if fd >= 0 else b""
        except BlockingIOError:
            return b""

    def give(self, token: bytes) -> None:
        if token and self.fd is not None:
            os.write(self.fd, token)


class _Scheduler:
    """Runs commands as soon as what they wait for is done and there is a slot.

    Everything happens in calls from the build's own thread: `start`, `poke` and `wait`. Between two
    of them running commands run on, and only the next call starts others. The build's own slot is
    that thread's; while it waits, it lends it to one command.
    """

    def __init__(self) -> None:
        self.pending: list[_Command] = []
        self.running: list[_Command] = []
        self.slots = _Slots()
        self.process = os.getpid()

    def start(self, command: _Command) -> None:
        self.pending.append(command)
        self.poke()

    def poke(self, waiting: bool = False) -> None:
        """Takes note of what has ended, and starts what can be started."""
        for command in list(self.running):
            if command.process is not None and command.process.poll() is not None:
                self._end(command)
        for command in list(self.pending):
            if not command.is_ready():
                continue
            if command.is_doomed():
                self._give_up(command)
            elif not self._run(command, waiting):
                return

    def _give_up(self, command: _Command) -> None:
        """What it needs was not made; the command that failed says why."""
        self.pending.remove(command)
        command.failure = next(c.failure for c in command.after if c.failure is not None)
        command.done = True

    def _run(self, command: _Command, waiting: bool) -> bool:
        """False when there is no slot."""
        token = b""
        if not waiting or any(not other.token for other in self.running):
            token = self.slots.take()
            if not token:
                return False
        self.pending.remove(command)
        command.token = token
        try:
            command.process = subprocess.Popen(command.argv, env=command.environ,
                                               cwd=command.directory)
        except OSError as exc:
            command.failure = _Failure(exc)
            self._close(command)
            return True
        self.running.append(command)
        return True

    def _end(self, command: _Command) -> None:
        self.running.remove(command)
        assert command.process is not None
        status = command.process.returncode
        if status != 0:
            command.failure = _Failure(subprocess.CalledProcessError(status, command.argv))
        self._close(command)

    def _close(self, command: _Command) -> None:
        command.done = True
        self.slots.give(command.token)
        command.token = b""

    def wait(self) -> None:
        """Until everything is done."""
        self.poke(waiting=True)
        while self.running or self.pending:
            self._wait_for_event()
            self.poke(waiting=True)

    def _wait_for_event(self) -> None:
        """A command ends, or a byte turns up."""
        poller = select.poll()
        opened = []
        for command in self.running:
            if command.process is None or command.process.poll() is not None:
                break
            fd = os.pidfd_open(command.process.pid)
            opened.append(fd)
            poller.register(fd, select.POLLIN)
        else:
            if self.slots.open() >= 0 and any(command.is_ready() for command in self.pending):
                poller.register(self.slots.open(), select.POLLIN)
            poller.poll()
        for fd in opened:
            os.close(fd)


class _State:
    """What this process has put off."""

    def __init__(self) -> None:
        self.scheduler = _Scheduler()
        self.objects: dict[str, _Command] = {}
        self.readers: dict[str, list[_Command]] = {}
        self.order: list[_Command] = []
        self.waits_at_end = 0  # build_extensions calls that wait for whatever is left behind
        self.may_leave = 0  # build_extension calls that may end before their commands

    def add(self, command: _Command) -> None:
        self.order.append(command)
        self.scheduler.start(command)

    def settle(self) -> None:
        """Waits for everything; raises the failure that would have come first."""
        commands, self.order = self.order, []
        self.scheduler.wait()
        self.readers.clear()
        for command in commands:
            if command.failure is not None:
                self.objects.clear()
                raise command.failure.error


_state: _State | None = None


def _get_state() -> _State:
    global _state
    if _state is None or _state.scheduler.process != os.getpid():
        _state = _State()  # a fork has none of its parent's children
    return _state


def _is_wanted() -> bool:
    """Not without a way to wait for several processes at once (3.8), nor when somebody said so."""
    return hasattr(os, "pidfd_open") and "TRUEWHEEL_SERIAL_OBJECTS" not in os.environ


def _is_stock(instance: Any, names: Sequence[str]) -> bool:
    """Whether these methods are distutils' own, on the instance and on its class."""
    for name in names:
        if name in vars(instance):
            return False
        function = getattr(type(instance), name, None)
        if function is not None and not _STOCK.match(getattr(function, "__module__", "") or ""):
            return False
    return True


class _Recorder:
    """Stands in for a compiler's spawn and call while it works out its commands."""

    def __init__(self, on_command: Callable[[list[str], dict[str, str] | None], None]) -> None:
        self.on_command = on_command

    def __call__(self, cmd: list[str], **kwargs: Any) -> None:
        self.on_command(list(cmd), kwargs.get("env"))


def _is_dry(compiler: Any) -> bool:
    return bool(getattr(compiler, "dry_run", False))


def _recorded(compiler: Any, recorder: _Recorder, function: Callable[[], Any]) -> Any:
    names = [name for name in ("spawn", "call") if hasattr(type(compiler), name)]
    for name in names:
        setattr(compiler, name, recorder)
    try:
        return function()
    finally:
        for name in names:
            delattr(compiler, name)


def _print(cmd: Sequence[str]) -> None:
    print(subprocess.list2cmdline([os.fspath(word) for word in cmd]), flush=True)


def _put_off_object(obj: str, cmd: list[str], environ: dict[str, str] | None) -> None:
    state = _get_state()
    path = os.path.abspath(obj)
    earlier = state.objects.get(path)
    after = [earlier] if earlier is not None else []
    command = _Command(cmd, environ, after + state.readers.get(path, []))
    if earlier is not None and earlier.failure is None and earlier.signature == command.signature:
        return  # these very bytes are there already, or will be
    _print(cmd)
    state.objects[path] = command
    state.readers.pop(path, None)
    state.add(command)


def _compile(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
    """CCompiler.compile. Each object is one call of _compile, which runs one command."""
    if _is_dry(self):
        return original(self, *args, **kwargs)
    state = _get_state()
    current: list[str] = []
    inner = type(self)._compile

    def note(obj: str, *rest: Any, **named: Any) -> Any:
        current[:] = [obj]
        return inner(self, obj, *rest, **named)

    self._compile = note
    try:
        objects = _recorded(
            self, _Recorder(lambda cmd, env: _put_off_object(current[0], cmd, env)),
            lambda: original(self, *args, **kwargs))
    finally:
        del self._compile
    if not state.may_leave:
        _settle_as(self, "CompileError")
    return objects


def _link(original: Callable[..., Any], self: Any, target_desc: Any, objects: Any,
          output_filename: Any, *args: Any, **kwargs: Any) -> Any:
    """CCompiler.link, of objects of which some may not be there yet."""
    state = _get_state()
    if _is_dry(self) or os.path.exists(output_filename):  # then the objects' times decide
        _settle_as(self, "CompileError")
        return original(self, target_desc, objects, output_filename, *args, **kwargs)
    paths = [os.path.abspath(obj) for obj in objects]

    def put_off(cmd: list[str], environ: dict[str, str] | None) -> None:
        _print(cmd)
        command = _Command(cmd, environ,
                           [state.objects[path] for path in paths if path in state.objects])
        for path in paths:
            state.readers.setdefault(path, []).append(command)
        state.add(command)

    result = _recorded(self, _Recorder(put_off),
                       lambda: original(self, target_desc, objects, output_filename,
                                        *args, **kwargs))
    if not state.may_leave:
        _settle_as(self, "LinkError")
    return result


def _settle_as(compiler: Any, name: str) -> None:
    """A failure in the words and the class that distutils would have given it."""
    try:
        _get_state().settle()
    except subprocess.CalledProcessError as exc:
        text = "command %r failed with exit code %s" % (exc.cmd[0], exc.returncode)
        raise _error_class(type(compiler), name)(text) from exc
    except OSError as exc:
        raise _error_class(type(compiler), name)(str(exc)) from exc


def _error_class(owner: type, name: str) -> type[Exception]:
    for base in owner.__mro__:
        found = getattr(sys.modules.get(base.__module__), name, None)
        if isinstance(found, type) and issubclass(found, Exception):
            return found
    return RuntimeError


def _may_leave(command: Any, extension: Any) -> bool:
    """Whether build_extension may end before its compiler and linker have."""
    builder = getattr(type(command).build_extension, "__module__", "") or ""
    return (_get_state().waits_at_end > 0
            and _KNOWN_BUILDERS.match(builder) is not None
            and not getattr(extension, "optional", False)
            and not getattr(extension, "export_symbol_file", None)
            and not getattr(command, "shlibs", None)
            and _is_stock(command.compiler, _COMPILER_METHODS))


def _build_extension(original: Callable[..., Any], self: Any, ext: Any) -> Any:
    state = _get_state()
    if not _may_leave(self, ext):
        return original(self, ext)
    state.may_leave += 1
    try:
        return original(self, ext)
    finally:
        state.may_leave -= 1


def _build_extensions_without_threads(original: Callable[..., Any], self: Any, *args: Any) -> Any:
    if getattr(self, "parallel", None):
        print("truewheel: build_ext --parallel is not used: its threads overwrite objects that"
              " extensions share", flush=True)
        self.parallel = None
    return original(self, *args)


def _build_extensions(original: Callable[..., Any], self: Any, *args: Any) -> Any:
    state = _get_state()
    state.waits_at_end += 1
    try:
        result = _build_extensions_without_threads(original, self, *args)
    except BaseException:
        state.scheduler.wait()  # nothing may go on writing behind the error's back
        raise
    finally:
        state.waits_at_end -= 1
    _settle_as(self.compiler, "CompileError")
    return result


_COMPILER_METHODS = ("compile", "_compile", "link", "spawn", "call", "link_shared_object")


def _wrap(owner: type, name: str, around: Callable[..., Any],
          methods: Sequence[str] = ()) -> None:
    original = vars(owner).get(name)
    if original is None or getattr(original, "truewheel", False):
        return

    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        if methods and not _is_stock(self, methods):
            return original(self, *args, **kwargs)
        return around(original, self, *args, **kwargs)

    wrapper.__name__ = wrapper.__qualname__ = name
    wrapper.__module__ = original.__module__
    wrapper.__doc__ = original.__doc__
    wrapper.truewheel = True  # type: ignore[attr-defined]
    setattr(owner, name, wrapper)


def patch_compiler(module: Any) -> None:
    """distutils' compiler module, whichever of its names and ages it has."""
    if not _is_wanted():
        return
    for name in ("Compiler", "CCompiler", "UnixCCompiler"):
        owner = vars(module).get(name)
        if not isinstance(owner, type) or owner.__module__ != module.__name__:
            continue
        if not module.__name__.endswith(("unixccompiler", ".unix")):
            _wrap(owner, "compile", _compile, _COMPILER_METHODS)
        else:
            _wrap(owner, "link", _link, _COMPILER_METHODS)


def patch_build_ext(module: Any) -> None:
    owner = vars(module).get("build_ext")
    if not isinstance(owner, type):
        return
    if not _is_wanted():
        _wrap(owner, "build_extensions", _build_extensions_without_threads)
        return
    _wrap(owner, "build_extension", _build_extension)
    _wrap(owner, "build_extensions", _build_extensions)
