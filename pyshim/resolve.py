"""The resolver child: runs pip's own `pip wheel`, and leaves every build to the driver.

pip's command runs unchanged but for two places. Where it would prepare the metadata of a source,
the source is sent to the driver (an `sdist` frame), which answers with the metadata (`want`). Where
it would build the chosen sources, nothing happens. So pip chooses what `pip wheel` would choose.
ahead.py sends sources earlier than pip asks for them.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import logging
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyshim import (
    ahead, basis, conflict, crates, failure, gate, greeting, kept, machine, metadata, patches,
    project, seams, settings, shown, tree,
)
from pyshim.errors import ShimError, SourceError, UsageError, one_line
from pyshim.pip_log import PipLog
from pyshim.requirement import is_named_path, is_path, name_of, shown_place
from pyshim.wire import Channel, FrameTooLong

# Keys of pip's configuration that are for the user's requirements, not for build requirements.
_ROOT_ONLY_KEYS = (
    "constraint", "build-constraint", "requirement", "requirements-from-script", "group",
    "editable", "no-deps", "only-deps", "require-hashes", "no-require-hashes", "wheel-dir",
    "no-build-isolation", "check-build-dependencies", "config-settings", "config-setting",
    "no-clean", "src", "global-option", "build-option",
)

# Keys about the interpreter that pip runs in, which is the engine's whatever they say.
_IRRELEVANT_KEYS = ("python", "require-virtualenv")

_LOCKED_WHEEL = re.compile(r"Could not install locked .*No binaries permitted for (\S+)")


@dataclass
class _Sent:
    """A source that the driver knows by its number, or why there was none to send."""

    number: int
    about: project.Project | None = None
    static: str | None = None
    error: Exception | None = None


class _Job:
    """One resolution: the functions that pip calls instead of its own, and their state."""

    def __init__(self, request: dict[str, Any], channel: Channel, files: kept.KeptFiles) -> None:
        self.channel = channel
        self.files = files
        self.log = PipLog(channel)
        self.staging: str = os.path.abspath(request["staging"])
        self.is_root: bool = request.get("purpose", "root") == "root"
        self.from_source: bool = bool(request.get("from_source"))
        self.python_named: bool = bool(request.get("python_named"))
        self.keep_going: bool = bool(request.get("keep_going"))
        self.binds: list[str] = list(request.get("binds") or [])
        self.args: list[str] = list(request["args"])
        self.for_other_target: bool = seams.names_target(self.args)
        self.error: BaseException | None = None
        self.index_failure = ""
        self.options: Any = None
        self.finder: Any = None
        self.format_args: list[str] = []
        self.result: Any = None
        self.archives: dict[str, str] = {}
        self.constraints = conflict.Constraints(
            "the constraint" if self.is_root else "the build constraint")
        self.gate = gate.Gate(
            frozenset(map(project.canonical_name, request.get("allow_urls") or [])),
            lambda name: channel.send({"t": "url", "name": name}))
        self.basis = basis.Basis()
        self.settings = settings.Settings(request.get("settings"), os.path.abspath(request["kept"]))
        self.toolchain: list[dict[str, str] | None] = []
        self.last_id = 0
        self.sent_ahead: dict[tuple[str, ...], _Sent] = {}
        self.identities: dict[int, tuple[str, str]] = {}  # by which settings were looked for
        self.wanted: dict[int, Any] = {}  # requirements whose metadata is to come, by number
        self.answers: dict[int, dict[str, Any]] = {}
        self.ahead = ahead.Ahead(self._send_ahead) if request.get("ahead") else None
        self.done: dict[str, Any] | None = None

    def run(self) -> dict[str, Any]:
        """Resolves; returns the final frame."""
        logging.getLogger("pip").addHandler(self.log)  # first: pip's option parser logs as well
        command = seams.wheel_command(self.args)
        self._patch(command)
        try:
            status = command.main(
                ["--disable-pip-version-check", "--progress-bar", "off", *self.args])
        except Exception as exc:  # with --debug pip does not catch its own
            self.error, status = self.error or exc, 1
        except SystemExit as exc:  # pip logs what is wrong with an option, then exits
            said = self.log.last_error() or f"pip ended with status {exc.code}"
            self.error, status = self.error or UsageError(said), 1
        if self.error is not None:
            return self._make_error(self.error)
        if status != 0 or self.done is None:
            return {"t": "error", "kind": "other", "detail": "",
                    "message": f"pip ended with status {status} and no explanation"}
        return self.done

    def _make_error(self, error: BaseException) -> dict[str, Any]:
        frame = {"t": "error", **(
            machine.explain(error, self.args, self.staging)
            or failure.describe(error, list(self.log.output), self.constraints))}
        for text in ("message", "detail"):
            frame[text] = self.settings.shown(self.files.shown(frame.get(text, "")))
        if frame["kind"] == "not-found" and self.index_failure:  # pip went on without that index
            frame["kind"] = "network"
            frame["message"] = f"{frame['message']} ({self.index_failure})"
        elif self.from_source and (match := _LOCKED_WHEEL.search(frame["message"])):
            frame["message"] += f" (its sdist is not in the lock file, or this pip does not take" \
                f" it from there; --only-binary {match[1]} takes the wheel)"
        elif frame["kind"] == "not-found":
            why = self.log.why_not_found(self.from_source)
            frame["message"] += f" ({why})" if why else ""
        return frame

    def _note_index_failure(self, url: str, reason: str) -> None:
        if not reason.startswith("404 "):  # 404: this index does not have the project
            self.index_failure = f"could not fetch {url}: {one_line(reason, 200)}"

    def _patch(self, command: Any) -> None:
        if self.for_other_target:
            seams.add_target_options(command)
        if self.is_root and not self.python_named:
            seams.note_configured(command, "python", self._check_python)
        ignored = _IRRELEVANT_KEYS if self.is_root else _IRRELEVANT_KEYS + _ROOT_ONLY_KEYS
        seams.patch_parser(command, ignored)
        seams.wrap(command, "run", self._run)
        seams.wrap(command, "_build_package_finder", self._build_finder)
        seams.wrap(command, "get_requirements", self._get_requirements)
        seams.wrap(command, "make_resolver", self._make_resolver)
        seams.replace_build(lambda _requirements: None)
        seams.replace_unpack(self._note_archive)
        seams.replace_metadata(self._hand_over)
        self.gate.install()
        if self.ahead:
            self.ahead.install()
        if self.from_source:
            seams.prefer_locked_sources()
        seams.disable_wheel_cache()
        seams.disable_prompts()
        seams.replace_file_names(self._file_to_read)
        seams.report_index_failures(self._note_index_failure)

    # Around pip's command

    def _run(self, original: Callable[..., int], options: Any, args: list[str]) -> int:
        self.options = options
        try:
            self._change_options(options)
            status = original(options, args)
            if status == 0:
                self.done = self._make_done()
            return status
        except BaseException as exc:
            self.error = exc
            raise

    def _change_options(self, options: Any) -> None:
        for name in ("build_options", "global_options"):
            if getattr(options, name, None):
                raise UsageError(f"--{name[:-1].replace('_', '-')} is not supported: builds go"
                                 " through build hooks only; use --config-settings")
        if self.is_root:
            wheel_dir = os.path.abspath(os.path.expanduser(options.wheel_dir))
            self.channel.send({"t": "options", "wheel_dir": wheel_dir})
            for name in getattr(options, "build_constraints", None) or []:
                self.basis.add_requirements(name)
                self.files.keep(name)
            for name in ("cert", "client_cert"):
                if getattr(options, name, None):
                    setattr(options, name, self.files.keep(getattr(options, name)))
        options.wheel_dir = self.staging
        options.src_dir = os.path.abspath(options.src_dir or os.path.join(self.staging, "src"))
        options.no_clean = False

    def _check_python(self, configured: str) -> None:
        """pip would start anew in the interpreter that its configuration names."""
        ours = {greeting.base_executable(), os.path.realpath(sys.prefix)}
        if os.path.realpath(configured) not in ours:
            raise UsageError(f"pip's configuration says python = {configured}, which is not"
                             f" {greeting.base_executable()}: --python {configured} builds for it")

    def _file_to_read(self, name: str) -> str:
        if self.files.is_lost(name) and self.files.find(name) == name:
            raise seams.installation_error(
                "file", f"'{name}' is another file for every process, and cannot be read where"
                " build requirements are resolved: give it a name of its own")
        if self.settings.is_made(name):
            return name
        self.basis.add_requirements(name)
        return self.files.find(name)

    def _build_finder(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.finder = original(*args, **kwargs)
        return self.finder

    def _get_requirements(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Requirements files may have options for the finder: it is complete only after them."""
        requirements = original(*args, **kwargs)
        self.constraints.requirements = [r for r in requirements if r.constraint]
        self.gate.add_written(r.link.url for r in requirements if r.link)
        self.format_args = seams.format_args(self.finder)
        if self.from_source:
            seams.prefer_sources(self.finder)
        self.settings.change_formats(self.finder)
        self.settings.change_candidates(self.finder)
        return requirements

    def _make_resolver(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        resolver = original(*args, **kwargs)

        def resolve(original: Callable[..., Any], requirements: Any, *args: Any, **kw: Any) -> Any:
            if self.ahead:
                self.ahead.start_named(resolver, requirements)
            return self._resolve(original, requirements, *args, **kw)

        seams.wrap(resolver, "resolve", resolve)
        return resolver

    def _resolve(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.result = original(*args, **kwargs)
        return self.result

    # The result

    def _make_done(self) -> dict[str, Any]:
        chosen = [r for r in self.result.requirements.values() if not r.constraint]
        items = [self._item(requirement) for requirement in chosen]
        self.basis.add_options(self.options, self.finder)
        for requirement in filter(is_path, chosen):
            self.basis.add_file(requirement.original_link.url_without_fragment)
        for path in self.settings.files:
            self.basis.add_file(path)
        return {"t": "done", "items": items, "report": seams.report(chosen),
                "basis": self.basis.describe(self.options, self.finder)}

    def _item(self, requirement: Any) -> dict[str, Any]:
        if self.from_source and requirement.is_wheel and requirement.original_link:
            self.channel.send({"t": "warning", "text": f"--from-source: {requirement.name} was"
                               " asked for as a wheel, which is taken as it is"})
        if not requirement.is_wheel:
            return {
                "name": project.canonical_name(requirement.name),
                "version": str(requirement.metadata["Version"]),
                "kind": "sdist",
                "id": requirement.truewheel_id,
                **_about(requirement),
            }
        filename = requirement.link.filename
        path = os.path.join(self.staging, os.path.basename(filename))
        name, version = seams.wheel_identity(filename)
        return {
            "name": project.canonical_name(name),
            "version": version,
            "kind": "wheel",
            "file": path,
            "sha256": tree.file_sha256(path),
            "url": seams.redact(requirement.link.url_without_fragment),
            **_about(requirement),
        }

    # Sources

    def _note_archive(self, filename: str, location: str) -> None:
        """Instead of unpacking. `_hand_over` looks into the archive."""
        self.archives[os.path.realpath(location)] = filename

    def _hand_over(self, requirement: Any) -> None:
        """Instead of preparing metadata: sends the source, and gives pip the metadata."""
        sent = self.sent_ahead.get(_source_key(requirement)) or self._send(requirement)
        if sent.error:
            raise sent.error
        number = requirement.truewheel_id = sent.number
        text = sent.static if sent.static is not None else self._await_metadata(number)
        if sent.about is not None:
            self.gate.note_metadata(sent.about, text, requirement)
            self._check_identity(number, text, requirement)
        directory = self._write_metadata(number, text)
        try:
            seams.accept_metadata(requirement, directory)
        except ValueError as exc:  # InvalidVersion and others, which do not name the package
            subject = one_line(str(requirement), 200)
            raise seams.installation_error(
                "metadata", f"{subject}: its metadata is invalid: {exc}", number) from exc

    def _check_identity(self, number: int, text: str, requirement: Any) -> None:
        said = metadata.parse(text)
        now = project.canonical_name(said.name), project.normal_version(said.version)
        try:
            self.settings.check_identity(self.identities[number], now)
        except SourceError as exc:
            subject = one_line(str(requirement), 200)
            raise seams.installation_error("metadata", f"{subject}: {exc}", number) from exc

    def _send(self, requirement: Any) -> _Sent:
        self.last_id += 1
        number = self.last_id
        try:
            frame, about, static = self._describe_source(requirement, number)
        except SourceError as exc:
            if not self.keep_going:
                subject = one_line(str(requirement), 200)
                raise seams.installation_error("sdist", f"{subject}: {exc}") from exc
            frame, about, static = _describe_broken(requirement, number, str(exc)), None, None
        self._send_source(frame, requirement)
        self.wanted[number] = requirement
        self.identities[number] = frame["name"], frame["version"]
        if static is not None:
            self._look_ahead(number, static)
        return _Sent(number, about, static)

    def _send_ahead(self, requirement: Any) -> None:
        """Once. An error waits until pip comes to it."""
        key = _source_key(requirement)
        if key in self.sent_ahead:
            return
        try:
            self.sent_ahead[key] = self._send(requirement)
        except seams.installation_error_type() as exc:
            self.sent_ahead[key] = _Sent(self.last_id, error=exc)

    def _look_ahead(self, number: int, text: str) -> None:
        """The metadata of a source is known, perhaps before pip asks."""
        requirement, said = self.wanted.pop(number), metadata.parse(text)
        if not self.ahead:
            return
        name, version = project.canonical_name(said.name), project.normal_version(said.version)
        if name == name_of(requirement) and project.is_readable(said) \
                and (not self.settings or self.identities[number] == (name, version)) \
                and self.ahead.is_certain(name, version):
            self.channel.send({"t": "certain", "id": number})
        self.ahead.note_metadata(requirement, said.requires_dist)

    def _send_source(self, frame: dict[str, Any], requirement: Any) -> None:
        try:
            self.channel.send(frame)
        except FrameTooLong as exc:
            subject = one_line(str(requirement), 200)
            raise seams.installation_error(
                "sdist", f"{subject}: its pyproject.toml and PKG-INFO are too long") from exc

    def _describe_source(self, requirement: Any, number: int
                         ) -> tuple[dict[str, Any], project.Project | None, str | None]:
        if self.for_other_target:
            raise SourceError("no wheel of it is there for the target that was asked for, and an"
                              " sdist can only be built for the interpreter that builds it")
        link = requirement.link
        subdirectory = str(link.subdirectory_fragment or "") if link else ""
        found = self.archives.pop(os.path.realpath(requirement.source_dir), None)
        if found is not None:
            place, about = self._copy_archive(found, link.filename, subdirectory, number)
        else:
            place, about = self._keep_tree(requirement, subdirectory, number)
        name, version = about.identity()
        by_file = project.identity_of_file(link.filename) if found is not None else ("", "")
        if not version and by_file[0]:
            name, version = by_file
        if not version and link:
            version = self.settings.version_at(link.url_without_fragment)
        applied = self.settings.of(name_of(requirement) or name, version)
        if applied and applied.change:
            about = self._read_changed(requirement, place, subdirectory, about, applied.change)
        static = about.static_metadata(by_file)
        frame = {
            "t": "sdist", "id": number, "name": name_of(requirement) or name, "version": version,
            "dir": project.stable_dir(name, version, place["sha256"]),
            **place,
            "place": shown_place(link),
            "url": seams.redact(link.url) if link else "",
            "requires": about.requires,
            "urls": gate.urls_for_hook(about, is_named_path(requirement)),
            "backend": about.backend,
            "backend_path": about.backend_path,
            "config_settings": getattr(requirement, "config_settings", None) or {},
            "isolated": bool(self.options.build_isolation),
            "check_requires": bool(getattr(self.options, "check_build_deps", False)),
            "finder_args": self.format_args + seams.finder_args(self.finder, self.options),
            "local": is_named_path(requirement),
        }
        if applied:
            self._apply(applied, frame)
        if static is not None:
            frame["metadata"] = static
        if about.has_crates and self._toolchain():
            frame["crates"] = self._toolchain()
        return frame, about, static

    def _read_changed(self, requirement: Any, place: dict[str, Any], subdirectory: str,
                      about: project.Project, change: patches.Change) -> project.Project:
        """What a source says of itself after a change."""

        def changed(files: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
            return patches.changed_files(change, files, self.staging)

        if "archive" in place:
            result = project.from_archive(place["archive"], subdirectory, changed)
        else:
            root = os.path.realpath(requirement.source_dir)
            result = project.from_tree(project.inside(root, subdirectory), "", changed)
        added = {os.path.basename(one.place) for one in change.files}
        result.has_crates = about.has_crates or crates.MANIFEST in added
        return result

    def _apply(self, applied: settings.Applied, frame: dict[str, Any]) -> None:
        """Puts what the settings say into the frame of a source."""
        frame["settings"] = applied.frame()
        frame["requires"] = applied.requires(frame["requires"])
        frame["config_settings"] = applied.config_settings(frame["config_settings"])
        frame["finder_args"] += self.settings.constraint_args(applied)
        if applied.change:
            frame["change"] = applied.change.frame()
        if not frame["isolated"] and applied.has_requires():
            self.channel.send({"t": "warning", "text": f"{frame['name']}: build requirements and"
                               " constraints of settings have no effect without build isolation"})

    def _toolchain(self) -> dict[str, str] | None:
        """The user's Rust toolchain; looked for once, at the first source that has crates."""
        if not self.toolchain:
            self.toolchain.append(crates.find_toolchain())
        return self.toolchain[0]

    def _copy_archive(self, source: str, filename: str, subdirectory: str, number: int
                      ) -> tuple[dict[str, Any], project.Project]:
        """Puts the archive below staging, where nobody changes it after it was hashed."""
        directory = os.path.join(self.staging, f"sdist-{number}")
        os.mkdir(directory, 0o700)
        name = os.path.basename(filename)
        target = os.path.join(directory, "archive" if name in ("", ".", "..") else name)
        _link_or_copy(source, target, self.staging)
        about = project.from_archive(target, subdirectory)
        return {"archive": target, "sha256": tree.file_sha256(target),
                "subdirectory": subdirectory}, about

    def _keep_tree(self, requirement: Any, subdirectory: str, number: int
                   ) -> tuple[dict[str, Any], project.Project]:
        directory = os.path.join(self.staging, f"sdist-{number}")
        os.mkdir(directory, 0o700)
        root = os.path.realpath(requirement.source_dir)
        if requirement.link and requirement.link.is_vcs:
            # pip deletes its checkouts at the end; the build needs this one
            kept = os.path.join(directory, "tree")
            if root.startswith(os.path.realpath(self.staging) + os.sep):
                os.rename(root, kept)
            else:  # --src: the checkout is the user's
                shutil.copytree(root, kept, symlinks=True)
            tree.set_times(kept)
            requirement.source_dir = root = kept
            path = project.inside(root, subdirectory)
            seen = shown.look_at_checkout(root, path, directory)
        else:
            path = project.inside(root, subdirectory)
            seen = shown.look(path, directory, self.binds, os.path.dirname(self.staging))
        for warning in seen.warnings:
            self.channel.send({"t": "warning", "text": f"{one_line(str(requirement))}: {warning}"})
        about = project.from_tree(path, "")
        about.has_crates = seen.has(crates.MANIFEST)
        return _tree_fields(seen, directory), about

    def _await_metadata(self, number: int) -> str:
        while number not in self.answers:
            self.channel.send({"t": "want", "id": number})
            self._take_answer()
        answer = self.answers[number]
        if answer["t"] == "failed":
            raise seams.installation_error("metadata", str(answer.get("message", "")), number)
        return str(answer["text"])

    def _take_answer(self) -> None:
        """The answer that is wanted, or before it one about another source."""
        answer = self.channel.receive()
        if answer is None:
            raise ShimError("the driver closed the connection")
        number = answer.get("id")
        if number not in self.wanted or answer.get("t") not in ("metadata", "failed"):
            raise ShimError(f"the driver answered {answer.get('t')!r} for {number!r}, whose"
                            " metadata is not awaited")
        self.answers[number] = answer
        if answer["t"] == "metadata":
            self._look_ahead(number, str(answer["text"]))

    def _write_metadata(self, number: int, text: str) -> str:
        said = metadata.parse(text)
        if said.lacks():
            raise seams.installation_error(
                "metadata", f"the metadata of the source lacks {said.lacks()}", number)
        stem = f"{project.canonical_name(said.name).replace('-', '_')}-{said.version}"
        directory = os.path.join(
            tempfile.mkdtemp(prefix="metadata-"), f"{os.path.basename(stem)}.dist-info")
        os.mkdir(directory)
        path = os.path.join(directory, "METADATA")
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as out:
            out.write(text)
        return directory


def _about(requirement: Any) -> dict[str, Any]:
    """What there is to say of a choice only sometimes."""
    said: dict[str, Any] = {}
    if requirement.extras:
        said["extras"] = sorted({project.canonical_name(extra) for extra in requirement.extras})
    reason = getattr(requirement.link, "yanked_reason", None)
    if reason is not None:
        said["yanked"] = one_line(str(reason))
    return said


def _source_key(requirement: Any) -> tuple[str, ...]:
    """What a source and its build are told by, in one resolution."""
    settings = getattr(requirement, "config_settings", None) or {}
    return (str(requirement.link.url) if requirement.link else "", name_of(requirement),
            str(is_named_path(requirement)), json.dumps(settings, sort_keys=True))


def _describe_broken(requirement: Any, number: int, why: str) -> dict[str, Any]:
    """The frame of a source that no build can start from, so that the others can be built."""
    link = requirement.link
    place = os.path.realpath(requirement.local_file_path or requirement.source_dir)
    digest = hashlib.sha256(os.fsencode(place)).hexdigest()
    return {
        "t": "sdist", "id": number, "name": name_of(requirement),
        "version": project.identity_of_file(link.filename)[1], "broken": why,
        "dir": project.stable_dir("", "", digest), "archive": place, "sha256": digest,
        "place": shown_place(link), "url": seams.redact(link.url), "subdirectory": "",
        "requires": [], "urls": [], "backend": "", "backend_path": [], "config_settings": {},
        "isolated": True, "check_requires": False, "finder_args": [], "local": False,
    }


def _tree_fields(seen: shown.Shown, directory: str) -> dict[str, Any]:
    """The fields of an `sdist` frame that say what is shown of a tree."""
    trees = []
    for number, one in enumerate(seen.trees):
        fields = {"host": os.fsdecode(one.host), "place": os.fsdecode(one.place)}
        if one.omit:
            fields["omit"] = os.path.join(directory, f"omit-{number}")
            with open(fields["omit"], "wb") as out:
                out.write(b"".join(name + b"\0" for name in one.omit))
        trees.append(fields)
    result: dict[str, Any] = {
        "trees": trees, "sha256": seen.sha256, "subdirectory": seen.subdirectory,
        "expect": seen.expect,
    }
    if seen.unchanged is not None:
        result["unchanged"] = seen.unchanged
    if seen.repository is not None:
        result["repository"] = seen.repository
    return result


def _link_or_copy(source: str, target: str, staging: str) -> None:
    """A link to what pip downloaded; a copy of a user's file, which the user may change."""
    if os.path.realpath(source).startswith(os.path.realpath(staging) + os.sep):
        os.link(source, target)
        return
    with open(source, "rb") as opened, open(target, "xb") as out:
        while block := opened.read(1 << 20):
            out.write(block)


def enter_prefix(prefix: str) -> None:
    """Lets pip see the virtual environment that it is run for: its pip.conf is one of pip's."""
    if prefix:
        sys.prefix = sys.exec_prefix = prefix


def _set_environment(request: dict[str, Any], temporary: str) -> None:
    for name, value in (request.get("environ") or {}).items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    os.environ["TMPDIR"] = temporary
    tempfile.tempdir = temporary


def resolve(request: dict[str, Any], channel: Channel) -> int:
    """Does one `resolve` request, and sends its final frame. Returns 0 when that is `done`."""
    temporary = os.path.join(os.path.abspath(request["staging"]), "tmp")
    os.makedirs(temporary, 0o700, exist_ok=True)
    if request.get("cwd"):
        os.chdir(request["cwd"])
    _set_environment(request, temporary)
    enter_prefix(request.get("prefix") or "")
    files = kept.KeptFiles(request["kept"], request.get("purpose", "root") == "root")
    files.keep_variables()
    final = _Job(copy.deepcopy(request), channel, files).run()
    _send_final(channel, final)
    return 0 if final["t"] == "done" else 1


def _send_final(channel: Channel, final: dict[str, Any]) -> None:
    """Without the packages' long descriptions, and at last without pip's report, it fits."""
    with contextlib.suppress(FrameTooLong):
        return channel.send(final)
    for entry in final["report"].get("install", []):
        entry.get("metadata", {}).pop("description", None)
    with contextlib.suppress(FrameTooLong):
        return channel.send(final)
    channel.send({"t": "warning", "text": "pip's installation report is too long, and left out"})
    channel.send({**final, "report": {}})
