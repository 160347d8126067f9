"""Everything that touches pip's internals, each place ("seam") in one function.

pip's version number does not count here, only what a pip has. Its modules are imported by name and
untyped, because the pip in use is not known before. Patches are made in forked children only, so
nothing undoes them.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import inspect
import os
import shutil
import sys
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pyshim.errors import ShimError, UsageError

_MODULES = (
    "commands", "commands.wheel", "cli.req_command", "cache", "distributions.sdist",
    "exceptions", "network.auth", "network.session", "operations.install.wheel",
    "operations.prepare", "req.req_install", "resolution.resolvelib.resolver",
    "models.installation_report", "models.scheme", "models.format_control", "models.wheel",
    "utils.misc", "utils.logging", "vcs",
)

# pip imports these late, in every resolver. Not every pip has all of them.
_VENDORED = (
    "rich.progress", "packaging.markers", "packaging.metadata", "packaging.requirements",
    "packaging.tags", "truststore", "requests.adapters", "cachecontrol.caches", "distlib.scripts",
)

_NEEDED = (
    ("commands", "create_command"),
    ("commands.wheel", "build"),
    ("cache", "WheelCache.get_cache_entry"),
    ("distributions.sdist", "SourceDistribution.prepare_distribution_metadata"),
    ("operations.install.wheel", "install_wheel"),
    ("operations.prepare", "unpack_file"),
    ("operations.prepare", "RequirementPreparer.prepare_linked_requirement"),
    ("req.req_install", "InstallRequirement.assert_source_matches_version"),
)


def internal(name: str) -> Any:
    return importlib.import_module(f"pip._internal.{name}")


def optional(name: str) -> Any:
    try:
        return internal(name)
    except ImportError:
        return None


def import_all() -> None:
    """Imports what the jobs need and checks that this pip has every seam."""
    for name in _MODULES:
        optional(name)
    for name in _VENDORED:
        with contextlib.suppress(ImportError):
            importlib.import_module(f"pip._vendor.{name}")
    _check_metadata()
    for name, path in _NEEDED:
        found: Any = optional(name)
        for part in path.split("."):
            found = getattr(found, part, None)
        if found is None:
            raise ShimError(f"pip {pip_version()} cannot be used: it has no {name}.{path}")


def _check_metadata() -> None:
    """Loads pip's metadata backend. A pip that is too old for its Python fails here."""
    try:
        internal("metadata").get_default_environment().get_distribution("setuptools")
    except Exception as exc:
        raise ShimError(f"pip {pip_version()} does not work with Python"
                        f" {sys.version_info[0]}.{sys.version_info[1]}: {exc}") from exc


def pip_version() -> str:
    return str(importlib.import_module("pip").__version__)


def first_tag() -> Any:
    return next(iter(importlib.import_module("pip._vendor.packaging.tags").sys_tags()))


def markers() -> dict[str, str]:
    """The values of environment markers for this interpreter."""
    module = importlib.import_module("pip._vendor.packaging.markers")
    return {str(name): str(value) for name, value in module.default_environment().items()}


# The command and its options


def wheel_command(args: Iterable[str] = ()) -> Any:
    """A new `pip wheel` command, with --build-constraint also where pip has no such option.

    pip's parser is made with or without --isolated, so it is looked for in `args` before they are
    parsed, as pip's own main does.
    """
    command = internal("commands").create_command("wheel", isolated="--isolated" in args)
    if command.parser.get_option("--build-constraint") is None:
        command.cmd_opts.add_option(
            "--build-constraint", dest="build_constraints", action="append", type="str",
            default=[], metavar="file",
            help="Constrain build dependencies using the given constraints file.")
    return command


_TARGET_OPTIONS = ("--platform", "--python-version", "--implementation", "--abi")


def names_target(args: Iterable[str]) -> bool:
    """Whether wheels are wanted for another interpreter, by the options of `pip download`."""
    return any(arg.partition("=")[0] in _TARGET_OPTIONS for arg in args)


def add_target_options(command: Any) -> None:
    """Gives `pip wheel` the target options of `pip download`, and lets them have effect."""
    cmdoptions = internal("cli.cmdoptions")
    cmdoptions.add_target_python_options(command.cmd_opts)

    def finder(original: Callable[..., Any], options: Any, *args: Any, **kwargs: Any) -> Any:
        target = cmdoptions.make_target_python(options)
        return original(options, *args, **{**kwargs, "target_python": target})

    def resolver(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        version = kwargs["options"].python_version
        return original(*args, **{**kwargs, "py_version_info": version})

    wrap(command, "_build_package_finder", finder)
    wrap(command, "make_resolver", resolver)


def patch_parser(command: Any, ignored_keys: Iterable[str]) -> None:
    """Makes the option parser raise UsageError, and ignore configured values of `ignored_keys`.

    To the parser, PIP_* variables and configuration files are both configuration.
    """
    parser, ignored = command.parser, frozenset(ignored_keys)
    parser.set_defaults(src_dir=None)  # pip's default does not show whether the user named it
    original = parser._get_ordered_configuration_items

    def error(message: str) -> None:
        raise UsageError(str(message).strip())

    def leave(status: int = 0, message: str | None = None) -> None:
        raise UsageError(str(message or f"pip's option parser ended with {status}").strip())

    def items() -> Any:
        return ((key, value) for key, value in original()
                if key.rpartition(".")[2].lower().replace("_", "-") not in ignored)

    parser.error, parser.exit = error, leave
    parser._get_ordered_configuration_items = items


# What is for the user's requirements, and not for finding files.
_NOT_FINDING = ("constraint", "build-constraint", "requirement", "requirements-from-script",
                "group", "editable", "wheel-dir", "python", "require-virtualenv")


def parse_finding(command: Any, args: list[str]) -> Any:
    """pip's options, of which only those count that say where files are found, and how."""
    patch_parser(command, _NOT_FINDING)
    options, rest = command.parse_args(args)
    if rest:
        raise UsageError(f"no requirements are taken here: '{rest[0]}'")
    return options


def requirement_texts(args: list[str]) -> list[str]:
    """The requirements of a command line of `pip wheel`, and those of the files that it names."""
    command = wheel_command(args)
    patch_parser(command, ())
    options, texts = command.parse_args(args)
    parse = internal("req.req_file").parse_requirements
    with session(command, options) as opened:
        for name in options.requirements:
            texts += [one.requirement for one in parse(name, session=opened, options=options)
                      if not one.constraint]
    return list(texts)


@contextlib.contextmanager
def session(command: Any, options: Any) -> Iterator[Any]:
    """pip's own way to the network: proxies, certificates, credentials, its cache."""
    with command.main_context():
        yield command.get_default_session(options)


def package_finder(command: Any, options: Any, session: Any) -> Any:
    """pip's finder of files, whatever Python they say that they require."""
    return command._build_package_finder(options, session, ignore_requires_python=True)


def other_finder(command: Any, options: Any, session: Any, place: str) -> Any:
    """The same for one place alone: a directory of files, or the URL of an index."""
    changed = copy.copy(options)
    is_url = "://" in place and not place.startswith("file:")
    changed.find_links = [] if is_url else [absolute(place)]
    changed.index_url, changed.extra_index_urls = place, []
    changed.no_index = not is_url
    return package_finder(command, changed, session)


def read_requirements(name: str, session: Any, finder: Any, options: Any) -> list[str]:
    """The requirements in a file that count here; its options are then the finder's too."""
    parse = internal("req.req_file").parse_requirements
    texts = [str(parsed.requirement)
             for parsed in parse(name, session, finder=finder, options=options)]
    return [text for text in texts
            if not (marker := requirement(text).marker) or marker.evaluate()]


def requirement(text: str) -> Any:
    """One with a name and perhaps a version; UsageError for URLs and for what is none."""
    module = importlib.import_module("pip._vendor.packaging.requirements")
    try:
        found = module.Requirement(text)
    except module.InvalidRequirement as exc:
        raise UsageError(f"'{text}' is not a requirement: {exc}") from exc
    if found.url:
        raise UsageError(f"'{text}' is from a URL, and nothing is published of it")
    return found


def download(session: Any, link: Any, path: str) -> None:
    """Writes what a link leads to. Through pip's cache; OSError for what fails."""
    if link.is_file:
        shutil.copyfile(link.file_path, path)
        return
    headers = {"Accept-Encoding": "identity"}
    with session.get(link.url_without_fragment, headers=headers, stream=True) as response:
        response.raise_for_status()
        with open(path, "xb") as out:
            for block in response.iter_content(1 << 18):
                out.write(block)


def replace_file_names(name_of: Callable[[str], str]) -> None:
    """pip reads the file `name_of(name)` where it was to read the requirements file `name`."""

    def around(original: Callable[..., Any], name: str, *args: Any, **kwargs: Any) -> Any:
        _, content = original(name_of(name), *args, **kwargs)
        return name, content

    for module in ("req.req_file", "cli.req_command"):
        if hasattr(optional(module), "get_file_content"):
            wrap(optional(module), "get_file_content", around)


def configuration_files(options: Any) -> list[str]:
    """Every file that pip's configuration would be in, whether it is there or not."""
    module = internal("configuration")
    configuration = module.Configuration(isolated=bool(getattr(options, "isolated_mode", False)))
    return [path for _kind, paths in configuration.iter_config_files() for path in paths]


def note_configured(command: Any, key: str, note: Callable[[str], None]) -> None:
    """Calls `note` with each value that pip's configuration has for `key`, as pip reads it."""
    parser = command.parser
    original = parser._get_ordered_configuration_items

    def items() -> Any:
        for name, value in original():
            if name.rpartition(".")[2].lower() == key and value:
                note(str(value))
            yield name, value

    parser._get_ordered_configuration_items = items


def wrap(owner: Any, name: str, around: Callable[..., Any]) -> None:
    """Calls of `owner.name(...)` become `around(original, ...)`. `owner` may be an instance."""
    original = getattr(owner, name)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return around(original, *args, **kwargs)

    setattr(owner, name, wrapper)


# Sources


def replace_build(note: Callable[[list[Any]], None]) -> None:
    """pip builds nothing: it calls `note` with the chosen sdists, and takes them for built."""

    def build(requirements: Iterable[Any], *_args: Any, **_kwargs: Any) -> tuple[Any, Any]:
        note(list(requirements))
        return [], []

    internal("commands.wheel").build = build


def replace_metadata(prepare: Callable[[Any], None]) -> None:
    """pip calls `prepare(requirement)` instead of preparing a source's metadata."""

    def prepare_distribution_metadata(self: Any, *_args: Any, **_kwargs: Any) -> None:
        prepare(self.req)

    internal("distributions.sdist").SourceDistribution.prepare_distribution_metadata = (
        prepare_distribution_metadata)


def wrap_preparation(around: Callable[..., Any]) -> None:
    """Every fetch for a requirement becomes `around(original, preparer, requirement, …)`."""
    wrap(internal("operations.prepare").RequirementPreparer, "prepare_linked_requirement", around)


def wrap_requirements(around: Callable[..., Any]) -> None:
    """Making a requirement of something becomes `around(original, something, …)`."""
    module = internal("cli.req_command")
    for name in ("line", "editable", "req_string", "parsed_requirement"):
        if hasattr(module, f"install_req_from_{name}"):
            wrap(module, f"install_req_from_{name}", around)


def wrap_wheel_metadata(around: Callable[..., Any]) -> None:
    """pip's reading of the metadata in a wheel becomes `around(original, distribution)`."""
    wheel = internal("distributions.wheel").WheelDistribution
    for name in ("get_metadata_distribution", "get_pkg_resources_distribution"):
        if hasattr(wheel, name):
            wrap(wheel, name, around)


def requires_dist(dist: Any) -> list[str]:
    """The Requires-Dist of a distribution, as they are written."""
    if hasattr(dist, "metadata"):
        return [str(text) for text in dist.metadata.get_all("Requires-Dist", [])]
    return [str(requirement) for requirement in dist.requires(dist.extras)]  # pip before 21.2


def replace_unpack(note: Callable[[str, str], None]) -> None:
    """pip calls `note(archive, location)` instead of unpacking an archive."""

    def unpack_file(filename: str, location: str, *_args: Any, **_kwargs: Any) -> None:
        note(filename, location)

    for name in ("operations.prepare", "req.req_install"):
        module = internal(name)
        if hasattr(module, "unpack_file"):
            module.unpack_file = unpack_file


def accept_metadata(requirement: Any, directory: str) -> None:
    """Gives a requirement its metadata, and checks it as pip does after its own hooks."""
    requirement.metadata_directory = directory
    if not requirement.name:
        requirement._set_requirement()
    else:
        requirement.warn_on_mismatching_name()
    requirement.assert_source_matches_version()
    requirement.get_dist().version  # raises if invalid; in pip the error would not name the package


def disable_wheel_cache() -> None:
    """Lookups in pip's cache of built wheels find nothing: those depend on who built them."""
    cache = internal("cache").WheelCache
    cache.get_cache_entry = lambda *_args, **_kwargs: None


def disable_prompts() -> None:
    """pip asks nobody: nobody sees its questions. An index that wants credentials is an error.

    --no-input would also forbid keyrings, and overrule the user's GIT_SSH_COMMAND.
    """

    def refuse(question: str) -> None:
        raise installation_error("usage", f"pip would have to ask: {question.strip()}"
                                 " (--exists-action answers for a checkout)")

    misc = internal("utils.misc")
    if hasattr(misc, "_check_no_input"):
        misc._check_no_input = refuse
    auth = getattr(optional("network.auth"), "MultiDomainBasicAuth", None)
    if hasattr(auth, "_prompt_for_password"):
        auth._prompt_for_password = lambda *_args: (None, None, False)  # type: ignore[union-attr]


def report_index_failures(note: Callable[[str, str], None]) -> None:
    """pip calls `note(url, reason)` for each index page that it could not get. It goes on."""
    collector = optional("index.collector")
    if not hasattr(collector, "_handle_get_simple_fail"):
        return

    def around(original: Callable[..., Any], link: Any, reason: Any, *args: Any, **kw: Any) -> Any:
        note(redact(link.url), str(reason))
        return original(link, reason, *args, **kw)

    wrap(collector, "_handle_get_simple_fail", around)


# Options for the resolver of build requirements


def prefer_sources(finder: Any) -> None:
    """Like --no-binary :all:, but not for packages that the user named with --only-binary."""
    finder.format_control = _sources_of(finder.format_control)


def choose_format(finder: Any, name: str, wheel: bool) -> None:
    """Only wheels, or none, of a project (or of ":all:") that the user named in neither option."""
    control = finder.format_control
    if name not in control.only_binary | control.no_binary:
        binary = control.only_binary | ({name} if wheel else set())
        source = control.no_binary | (set() if wheel else {name})
        finder.format_control = internal("models.format_control").FormatControl(source, binary)


def replace_candidates(finder: Any, name: str, version: str, url: str) -> None:
    """Of one version of a project there is the sdist at `url`, and nothing else."""
    link = internal("models.link").Link(url)
    candidate = internal("models.candidate").InstallationCandidate(name, version, link)

    def around(original: Callable[..., Any], project_name: str, *args: Any, **kwargs: Any) -> Any:
        found = original(project_name, *args, **kwargs)
        canonical = importlib.import_module("pip._vendor.packaging.utils").canonicalize_name
        formats = finder.format_control.get_allowed_formats(canonical(project_name))
        if canonical(project_name) != name or "source" not in formats:
            return found
        return [*(one for one in found if one.version != candidate.version), candidate]

    wrap(finder, "find_all_candidates", around)


def prefer_locked_sources() -> None:
    """The same for lock files, out of which pip takes a wheel or an sdist as it reads them.

    A pip that takes wheels whenever there are any (before 26.3) then refuses them.
    """

    def around(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if "format_control" in kwargs:
            kwargs["format_control"] = _sources_of(kwargs["format_control"])
        return original(*args, **kwargs)

    module = optional("cli.req_command")
    if hasattr(module, "select_from_pylock_path_or_url"):
        wrap(module, "select_from_pylock_path_or_url", around)


def _sources_of(format_control: Any) -> Any:
    control = internal("models.format_control").FormatControl
    named = {name for name in format_control.only_binary if name != ":all:"}
    return control({":all:"}, named)


def format_args(finder: Any) -> list[str]:
    args = []
    for option in ("no_binary", "only_binary"):
        formats = getattr(finder.format_control, option)
        args += ["--" + option.replace("_", "-"), ",".join(sorted(formats or {":none:"}))]
    return args


def finder_args(finder: Any, options: Any) -> list[str]:
    """The options that pip would give to the child that installs build requirements.

    The resolver that gets them reads the same configuration as this one, and pip appends options to
    configured values. So each value is here only once: otherwise the list would grow from build to
    build.
    """
    return [*finding_args(finder, options), *_constraint_args(options)]


def finding_args(finder: Any, options: Any) -> list[str]:
    """Those of them that say where files are found, and how."""
    return [*_release_args(finder), *_index_args(finder), *_network_args(finder, options)]


def _release_args(finder: Any) -> list[str]:
    args: list[str] = []
    control = getattr(finder, "release_control", None)
    if control is not None:
        ordered = [tuple(pair) for pair in control.get_ordered_args()]
        # Of equal pairs the last one stays, because it decides.
        for name, value in reversed(dict.fromkeys(reversed(ordered))):
            args += ["--" + name.replace("_", "-"), value]
    elif getattr(finder, "allow_all_prereleases", False):
        args.append("--pre")
    if finder.prefer_binary:
        args.append("--prefer-binary")
    until = getattr(finder, "uploaded_prior_to", None)
    if until:
        args += ["--uploaded-prior-to", until.isoformat()]
    return args


def _index_args(finder: Any) -> list[str]:
    args: list[str] = []
    urls = list(dict.fromkeys(finder.index_urls))
    if urls:
        args += ["-i", urls[0]]
        for url in urls[1:]:
            args += ["--extra-index-url", url]
    else:
        args.append("--no-index")
    for link in dict.fromkeys(absolute(link) for link in finder.find_links):
        args += ["--find-links", link]
    return args


def _network_args(finder: Any, options: Any) -> list[str]:
    args: list[str] = []
    for host in dict.fromkeys(finder.trusted_hosts):
        args += ["--trusted-host", host]
    for option in ("proxy", "cert", "client_cert", "timeout", "retries", "keyring_provider"):
        value = getattr(options, option, None)
        if value is not None and (value != "" or option == "proxy" and _has_no_proxy_env(options)):
            args += ["--" + option.replace("_", "-"), str(value)]
    if getattr(options, "no_proxy_env", False):
        args.append("--no-proxy-env")
    refresh = getattr(finder, "refresh_package", None)
    if refresh:
        args += ["--refresh-package", ",".join(sorted(refresh))]
    cache = getattr(options, "cache_dir", None)
    args += ["--cache-dir", cache] if cache else ["--no-cache-dir"]
    if getattr(options, "isolated_mode", False):
        args.append("--isolated")
    return args


def _has_no_proxy_env(options: Any) -> bool:
    """Whether to this pip `--proxy ""`, which means none, is another thing than no --proxy."""
    return hasattr(options, "no_proxy_env")


def _constraint_args(options: Any) -> list[str]:
    """Build constraints apply to build requirements (-c), and to the builds of those in turn."""
    args: list[str] = []
    names = getattr(options, "build_constraints", None) or []
    for name in dict.fromkeys(absolute(name) for name in names):
        args += ["-c", name, "--build-constraint", name]
    return args


def absolute(name: str) -> str:
    """The absolute path of a file or directory; a URL as it is."""
    return os.path.abspath(name) if os.path.exists(name) else name


# Results


def redact(url: str) -> str:
    """Without credentials. As it is where there are none: pip changes git+file:///x as well."""
    if "@" not in urllib.parse.urlsplit(url).netloc:
        return url
    return str(internal("utils.misc").redact_auth_from_url(url))


def plain(text: object) -> str:
    """A text of pip's without its markup, which is rich's: "[magenta]host[/]" is "host"."""
    try:
        module = importlib.import_module("pip._vendor.rich.text")
    except ImportError:
        return str(text)
    if isinstance(text, module.Text):
        return str(text.plain)
    try:
        return str(module.Text.from_markup(str(text), emoji=False).plain)
    except Exception:  # MarkupError: it only looks like markup
        return str(text)


def report(requirements: list[Any]) -> dict[str, Any]:
    """pip's installation report; {} where this pip has none, or fails to make one."""
    module = optional("models.installation_report")
    if module is None:
        return {}
    try:
        result: dict[str, Any] = module.InstallationReport(requirements).to_dict()
    except (AssertionError, AttributeError, OSError, ValueError) as exc:
        print(f"pip's installation report could not be made: {exc}", flush=True)
        return {}
    return result


def wheel_identity(filename: str) -> tuple[str, str]:
    """(name, version) of a wheel file name, as pip reads it."""
    wheel = internal("models.wheel").Wheel(filename)
    return str(wheel.name), str(wheel.version)


def installation_error(kind: str, message: str, job_id: int | None = None) -> Exception:
    """An error that pip does not catch, with the kind and id for the `error` frame."""
    error: Exception = internal("exceptions").InstallationError(message)
    error.truewheel_kind = kind  # type: ignore[attr-defined]
    error.truewheel_id = job_id  # type: ignore[attr-defined]
    return error


def pip_error() -> type[Exception]:
    """What pip's own errors are."""
    found: type[Exception] = internal("exceptions").PipError
    return found


def installation_error_type() -> type[Exception]:
    found: type[Exception] = internal("exceptions").InstallationError
    return found


def pip_error_type() -> type[Exception]:
    found: type[Exception] = internal("exceptions").PipError
    return found


# Installing a wheel


def install_wheel(name: str, wheel: str, paths: dict[str, str]) -> None:
    """Installs one wheel with pip's own function; `paths` are the fields of pip's Scheme."""
    function = internal("operations.install.wheel").install_wheel
    wanted = {
        "name": name,
        "wheel_path": wheel,
        "scheme": internal("models.scheme").Scheme(**paths),
        "req_description": os.path.basename(wheel),
        "pycompile": False,
        "warn_script_location": False,
        "direct_url": None,
        "requested": False,
    }
    known = inspect.signature(function).parameters
    function(**{key: value for key, value in wanted.items() if key in known})
