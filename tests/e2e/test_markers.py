"""Versions, specifiers, markers, requirements: the driver's answers against `packaging`'s own."""

import importlib
import random
import string
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

from fixtures.asking import ask, find_packaging

ROOT = Path(__file__).resolve().parents[2]
SEED = 20190108


PACKAGING = find_packaging()
markers = importlib.import_module(PACKAGING + ".markers")
requirements = importlib.import_module(PACKAGING + ".requirements")
specifiers = importlib.import_module(PACKAGING + ".specifiers")
versions = importlib.import_module(PACKAGING + ".version")

ENVIRONMENTS: List[Dict[str, str]] = [
    {
        "implementation_name": "cpython",
        "implementation_version": "3.11.2",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_release": "6.1.0-18-amd64",
        "platform_system": "Linux",
        "platform_version": "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)",
        "python_full_version": "3.11.2",
        "platform_python_implementation": "CPython",
        "python_version": "3.11",
        "sys_platform": "linux",
    },
    {
        "implementation_name": "pypy",
        "implementation_version": "7.3.13",
        "os_name": "nt",
        "platform_machine": "AMD64",
        "platform_release": "10",
        "platform_system": "Windows",
        "platform_version": "10.0.19041",
        "python_full_version": "3.10.0rc2",
        "platform_python_implementation": "PyPy",
        "python_version": "3.10",
        "sys_platform": "win32",
    },
    {
        "implementation_name": "cpython",
        "implementation_version": "3.15.0a1",
        "os_name": "posix",
        "platform_machine": "arm64",
        "platform_release": "23.1.0",
        "platform_system": "Darwin",
        "platform_version": "",
        "python_full_version": "3.15.0a1+",
        "platform_python_implementation": "CPython",
        "python_version": "3.15",
        "sys_platform": "darwin",
    },
]
EXTRAS = ["", "dev", "foo-bar", "Foo_.Bar", "tests"]


def compare(requests: List[Dict[str, Any]], expect: Callable[[Dict[str, Any]], Any]) -> None:
    answers = ask("pep508", requests)
    wrong = [
        (request, answer, expect(request))
        for request, answer in zip(requests, answers)
        if answer != expect(request)
    ]
    assert not wrong, f"{len(wrong)} of {len(requests)} differ, e.g. {wrong[:5]}"


# What packaging says, in the words of truewheel-test-tool.


def expect_version(request: Dict[str, Any]) -> Any:
    try:
        return str(versions.Version(request["text"]))
    except versions.InvalidVersion:
        return None


def expect_compare(request: Dict[str, Any]) -> Any:
    a, b = versions.Version(request["a"]), versions.Version(request["b"])
    return (a > b) - (a < b)


def expect_contains(kind: Callable[[str], Any], request: Dict[str, Any]) -> Any:
    try:
        spec = kind(request["text"])
    except specifiers.InvalidSpecifier:
        return None
    return spec.contains(request["version"], prereleases=request["pre"])


def expect_marker(request: Dict[str, Any]) -> Any:
    try:
        marker = markers.Marker(request["text"])
    except markers.InvalidMarker:
        return None
    try:
        return marker.evaluate({**request["env"], "extra": request["extra"]})
    except (markers.UndefinedComparison, markers.UndefinedEnvironmentName):
        return "undefined"


def expect_requirement(request: Dict[str, Any]) -> Any:
    try:
        requirement = requirements.Requirement(request["text"])
    except requirements.InvalidRequirement:
        return None
    return {
        "name": requirement.name,
        "extras": sorted(requirement.extras),
        "url": requirement.url,
        "versions": sorted(spec.version for spec in requirement.specifier),
        "marker": requirement.marker is not None,
    }


# Random input, from a fixed seed, so that a failure can be repeated.


def random_version(r: random.Random) -> str:
    def number() -> str:
        return str(r.choice([0, 0, 1, 1, 2, 3, 9, 10, 11, 2026, 10**25]))

    def separator() -> str:
        return r.choice(["", "", ".", "-", "_"])

    text = r.choice(["", "", "", "v", "V", "1!", "0!", "v2!"])
    text += ".".join(number() for _ in range(r.choice([1, 2, 2, 2, 3, 3, 4])))
    if r.random() < 0.3:
        letter = r.choice(["a", "b", "c", "rc", "alpha", "beta", "pre", "preview", "RC", "Alpha"])
        text += separator() + letter + separator() + r.choice(["", number()])
    if r.random() < 0.3:
        letter = separator() + r.choice(["post", "rev", "r", "POST"]) + separator()
        text += r.choice([letter + r.choice(["", number()]), "-" + number()])
    if r.random() < 0.3:
        text += separator() + r.choice(["dev", "DEV"]) + separator() + r.choice(["", number()])
    if r.random() < 0.2:
        words = ["abc", "1", "007", "Ubuntu", "0a", "x1"]
        labels = [r.choice(words) for _ in range(r.choice([1, 2]))]
        text += "+" + r.choice([".", "-", "_"]).join(labels)
    return text


def mutate(r: random.Random, text: str, alphabet: str) -> str:
    """`text` with one character added, removed or changed. It is invalid then, in most cases."""
    at = r.randrange(len(text) + 1)
    return text[:at] + r.choice(["", r.choice(alphabet)]) + text[at + r.choice([0, 1]):]


def random_specifier(r: random.Random) -> str:
    op = r.choice(["==", "!=", "<", ">", "<=", ">=", "~=", "==="])
    text = op + r.choice(["", "", " "]) + random_version(r)
    if r.random() < 0.25 and op in ("==", "!="):
        text = op + ".".join(str(r.randrange(4)) for _ in range(r.choice([1, 2, 3]))) + ".*"
    return text


def random_atom(r: random.Random) -> str:
    names = list(ENVIRONMENTS[0]) + ["extra", "os.name", "sys.platform", "python_implementation"]
    name = r.choice(names + ["python_version", "python_full_version", "extra"] * 4)
    op = r.choice(["==", "!=", "<", ">", "<=", ">=", "~=", "===", "in", "not in", "==", ">=", "<"])
    values = [random_version(r), r.choice(["3.8", "3.11", "3.10", "3.15", "3", "3.11.*", "3.11.2"])]
    if "version" not in name and "release" not in name:
        values += list(r.choice(ENVIRONMENTS).values()) + EXTRAS + ["x y", "dev tests"]
    quote = r.choice("'\"")
    value = quote + r.choice(values) + quote
    left, right = (value, name) if r.random() < 0.2 else (name, value)
    blank = " " if op[0].isalpha() else r.choice(["", " ", "  ", "\t"])
    return left + blank + op + blank + right


def random_marker(r: random.Random, depth: int = 0) -> str:
    parts = []
    for _ in range(r.choice([1, 1, 2, 3])):
        if depth < 3 and r.random() < 0.3:
            parts.append("(" + r.choice(["", " "]) + random_marker(r, depth + 1) + ")")
        else:
            parts.append(random_atom(r))
    text = parts[0]
    for part in parts[1:]:
        text += r.choice([" and ", " or "]) + part
    return text


def random_requirement(r: random.Random) -> str:
    name = r.choice(["foo", "Foo.Bar", "a", "x_y-z", "0install", "foo_", "foo-", "zope.interface"])
    extras = r.choice(["", "", "[a]", "[a,b-c]", "[ a , b ]", "[]", "[a,]", " [a]", "[a b]"])
    specs = ",".join(random_specifier(r) for _ in range(r.choice([0, 1, 1, 2, 3])))
    form = r.choice(["{}", " {}", "({})", " ( {} )", "{},", " {} "])
    if r.random() < 0.2:
        rest = r.choice([" @ ", "@", "@ "]) + r.choice(["https://h/x.whl", "file:///a;b", ""])
    else:
        rest = form.format(specs)
    marker = r.choice(["", "", ";", " ; ", "; "])
    return name + extras + rest + (marker + random_marker(r) if marker else "")


def from_file() -> List[str]:
    lines = (ROOT / "tests" / "data" / "markers.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def marker_requests(texts: Iterator[str]) -> List[Dict[str, Any]]:
    return [
        {"do": "marker", "text": text, "env": env, "extra": extra}
        for text in texts
        for env in ENVIRONMENTS
        for extra in (EXTRAS if "extra" in text else [""])
    ]


# Tests.


def test_versions_have_the_same_normal_form() -> None:
    r = random.Random(SEED)
    texts = [random_version(r) for _ in range(3000)]
    texts += [mutate(r, text, string.digits + ".-_+!*abcdeprtvx ") for text in texts]
    compare([{"do": "version", "text": text} for text in texts], expect_version)


def test_versions_compare_the_same() -> None:
    r = random.Random(SEED + 1)
    pairs = [(random_version(r), random_version(r)) for _ in range(4000)]
    pairs += [(a, a + ".0") for a, _ in pairs if a.replace(".", "").isdigit()]
    requests = [
        {"do": "compare", "a": a, "b": b}
        for a, b in pairs
        if expect_version({"text": a}) and expect_version({"text": b})
    ]
    compare(requests, expect_compare)


def near_version(r: random.Random, spec: str) -> str:
    """A version near one that the specifier names: often just inside or outside."""
    base = spec.lstrip("=<>!~ ").replace(".*", "")
    tail = r.choice(["", "", ".0", ".1", "a1", ".post1", ".dev0", "+x", ".post1+x", ".post0.dev1"])
    return r.choice([base + tail, random_version(r)])


@pytest.mark.parametrize("prereleases", [True, False, None])
def test_specifiers_contain_the_same(prereleases: Any) -> None:
    r = random.Random(SEED + 2)
    requests = []
    for _ in range(4000):
        text = random_specifier(r)
        version = near_version(r, text)
        text = mutate(r, text, string.digits + ".*=<>~! +ab") if r.random() < 0.3 else text
        requests.append({"do": "specifier", "text": text, "version": version, "pre": prereleases})
    # None means "allowed" for a single version: truewheel has no third answer.
    sent = [{**request, "pre": prereleases is not False} for request in requests]
    answers = ask("pep508", sent)
    expected = [expect_contains(specifiers.Specifier, request) for request in requests]
    wrong = [x for x in zip(requests, answers, expected) if x[1] != x[2]]
    assert not wrong, f"{len(wrong)} differ, e.g. {wrong[:5]}"


@pytest.mark.parametrize("prereleases", [True, False])
def test_specifier_sets_contain_the_same(prereleases: bool) -> None:
    r = random.Random(SEED + 3)
    requests = []
    for _ in range(3000):
        specs = [random_specifier(r) for _ in range(r.choice([0, 1, 2, 3]))]
        version = near_version(r, specs[0]) if specs else random_version(r)
        text = r.choice([",", " , ", ",,"]).join(specs)
        requests.append({"do": "specifiers", "text": text, "version": version, "pre": prereleases})
    compare(requests, lambda request: expect_contains(specifiers.SpecifierSet, request))


def test_real_markers_evaluate_the_same() -> None:
    compare(marker_requests(iter(from_file())), expect_marker)


def test_generated_markers_evaluate_the_same() -> None:
    r = random.Random(SEED + 4)
    texts = [random_marker(r) for _ in range(3000)]
    compare(marker_requests(iter(texts)), expect_marker)


def test_broken_markers_are_refused_alike() -> None:
    r = random.Random(SEED + 5)
    alphabet = string.ascii_lowercase + "()'\"<>=!~ \t._3"
    texts = [mutate(r, r.choice(from_file()), alphabet) for _ in range(3000)]
    texts = [text for text in texts if "\\" not in text]
    compare(marker_requests(iter(texts)), expect_marker)


def test_requirements_parse_the_same() -> None:
    r = random.Random(SEED + 6)
    texts = [random_requirement(r) for _ in range(3000)]
    texts += [mutate(r, text, string.ascii_letters + "[](),;@=<> .-_") for text in texts]
    requests = [{"do": "requirement", "text": text} for text in texts]
    answers = ask("pep508", requests)
    for answer in answers:
        if answer:
            answer["extras"] = sorted(set(answer["extras"]))
            answer["versions"].sort()
    expected = [expect_requirement(request) for request in requests]
    wrong = [x for x in zip(texts, answers, expected) if x[1] != x[2]]
    assert not wrong, f"{len(wrong)} of {len(texts)} differ, e.g. {wrong[:5]}"


def test_deep_and_long_markers_do_not_exhaust_the_stack() -> None:
    atom = 'os_name == "posix"'
    long = " and ".join([atom] * 50000)
    deep = "(" * 50000 + atom + ")" * 50000
    requests = [
        {"do": "marker", "text": text, "env": ENVIRONMENTS[0], "extra": ""} for text in (long, deep)
    ]
    assert ask("pep508", requests) == [True, None]
