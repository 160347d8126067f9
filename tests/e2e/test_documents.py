"""Bills of materials and provenance: judged by the standards' own validators, stable, and true."""

import json
import os
from pathlib import Path
from typing import Any, Dict, List

import pytest

from fixtures import samples
from fixtures.repositories import commit
from fixtures.runner import Truewheel, read_json
from fixtures.sdist import Sdist, write_all
from fixtures.wheels import Wheel


@pytest.fixture
def sources(links: Path) -> Path:
    """`top-one[more]` needs base-dep, linux-dep, extra-dep[deep] and so deep-dep."""
    write_all(links, *samples.extras_and_markers(), samples.pure(),
              Sdist("asking-one", build_requires=["some-tool"]))
    samples.write_wheel(links, "some-tool")
    samples.write_wheel(links, "some-wheel", requires=("base-dep",))
    return links


def sbom_problems(path: Path) -> str:
    """What CycloneDX's own validator says; "" when it is satisfied."""
    validation = pytest.importorskip("cyclonedx.validation.json")
    version = pytest.importorskip("cyclonedx.schema").SchemaVersion.V1_6
    found = validation.JsonStrictValidator(version).validate_str(path.read_text(encoding="utf-8"))
    return "" if found is None else str(found)


def by_name(components: List[Dict[str, Any]]) -> Dict[str, Dict[str, Any]]:
    return {component["name"]: component for component in components}


def needs(bom: Any) -> Dict[str, List[str]]:
    """Projects by project."""
    return {entry["ref"].split("-")[0]: [ref.split("-")[0] for ref in entry["dependsOn"]]
            for entry in bom["dependencies"]}


def aggregates(bom: Any) -> Dict[str, List[str]]:
    return {entry["aggregate"]: [ref.split("-")[0] for ref in entry["dependencies"]]
            for entry in bom["compositions"]}


def test_sbom_has_wheels_and_how_they_were_made(truewheel: Truewheel, sources: Path) -> None:
    path = truewheel.world.cwd / "sbom.json"
    result = truewheel.wheel("asking-one", "some-wheel", "--sbom", path)
    assert sbom_problems(path) == ""
    bom = read_json(path)
    components = by_name(bom["components"])
    assert sorted(components) == ["asking-one", "base-dep", "some-wheel"]
    assert {c["bom-ref"]: c["hashes"][0]["content"] for c in bom["components"]} == result.hashes
    assert components["base-dep"]["purl"] == "pkg:pypi/base-dep@1.5"
    assert {"name": "truewheel:from", "value": "index"} in components["some-wheel"]["properties"]
    assert needs(bom) == {"asking_one": [], "base_dep": [], "some_wheel": ["base_dep"]}
    formula = bom["formulation"][0]
    used = by_name(formula["components"])
    assert {"asking-one", "some-tool", "python", "pip"} <= set(used)
    assert "some-wheel" not in used
    workflows = {flow["name"]: flow for flow in formula["workflows"]}
    assert len(workflows) == 2
    inputs = [entry["resource"]["ref"] for entry in
              workflows["asking_one-1.0-py3-none-any.whl"]["inputs"]]
    assert used["some-tool"]["bom-ref"] in inputs and used["asking-one"]["bom-ref"] in inputs
    assert used["some-tool"]["bom-ref"] not in [
        entry["resource"]["ref"] for entry in
        workflows["base_dep-1.5-py3-none-any.whl"]["inputs"]]


def test_sbom_follows_extras_that_were_asked_for(truewheel: Truewheel, sources: Path) -> None:
    path = truewheel.world.cwd / "sbom.json"
    truewheel.wheel("top-one[more]", "other-dep", "--sbom", path)
    assert sbom_problems(path) == ""
    found = needs(read_json(path))
    assert found["top_one"] == ["base_dep", "extra_dep", "linux_dep"]
    assert found["extra_dep"] == ["deep_dep"]
    truewheel.wheel("top-one", "extra-dep", "deep-dep", "--sbom", path)
    found = needs(read_json(path))
    assert (found["top_one"], found["extra_dep"]) == (["base_dep", "linux_dep"], [])


def test_sbom_says_what_it_does_not_know(truewheel: Truewheel, sources: Path) -> None:
    path = truewheel.world.cwd / "sbom.json"
    samples.write_wheel(sources, "odd-one", requires=("base-dep; platform_version != '1'",))
    truewheel.wheel("--no-deps", "top-one", "odd-one", "base-dep", "--sbom", path)
    assert sbom_problems(path) == ""
    bom = read_json(path)
    assert aggregates(bom) == {
        "complete": ["base_dep"], "incomplete": ["top_one"], "unknown": ["odd_one"]}
    assert needs(bom)["odd_one"] == ["base_dep"]


def test_sbom_has_declared_licences(truewheel: Truewheel, links: Path) -> None:
    for name, lines in {
        "expressed": "License-Expression: MIT OR Apache-2.0",
        "classified": "Classifier: License :: OSI Approved :: MIT License",
        "hostile": 'License: </script>"; \\',
    }.items():
        Wheel(name, headers=[lines]).write(links)
    path = truewheel.world.cwd / "sbom.json"
    truewheel.wheel("expressed", "classified", "hostile", "--sbom", path)
    assert sbom_problems(path) == ""
    found = {name: c["licenses"][0] for name, c in by_name(read_json(path)["components"]).items()}
    assert found["expressed"]["expression"] == "MIT OR Apache-2.0"
    assert found["classified"]["license"]["id"] == "MIT"


def test_sbom_of_a_directory(truewheel: Truewheel, tmp_path: Path) -> None:
    """No index knows it, no file has its digest, and where it lay is nobody's business."""
    tree = samples.pure().write_tree(tmp_path / "tree")
    path = truewheel.world.cwd / "sbom.json"
    truewheel.wheel(tree, "--sbom", path)
    assert sbom_problems(path) == ""
    bom = read_json(path)
    source = by_name(bom["formulation"][0]["components"])["pure-one"]
    for component in (bom["components"][0], source):
        assert "purl" not in component and "externalReferences" not in component
    assert "hashes" not in source
    assert [entry["name"] for entry in source["properties"]] == ["truewheel:tree-sha256"]
    assert str(tmp_path) not in path.read_text()


def test_sbom_beside_each_wheel(truewheel: Truewheel, sources: Path) -> None:
    result = truewheel.wheel("some-wheel", "asking-one", "--sbom-beside")
    wheels = truewheel.world.wheels
    for name, sha256 in result.hashes.items():
        path = wheels / f"{name}.cdx.json"
        assert sbom_problems(path) == ""
        about = read_json(path)["metadata"]["component"]
        assert (about["bom-ref"], about["hashes"][0]["content"]) == (name, sha256)
    names = [c["name"] for c in
             read_json(wheels / "some_wheel-1.0-py3-none-any.whl.cdx.json")["components"]]
    assert names == ["base-dep"]


def test_documents_are_stable(truewheel: Truewheel, sources: Path, tmp_path: Path) -> None:
    """Built, from the store, or remembered: the same bytes, and the files are left alone."""
    env = {"TRUEWHEEL_NO_CACHE": None, "TRUEWHEEL_CACHE_DIR": str(tmp_path / "store")}
    cwd = truewheel.world.cwd
    seen = []
    for number, more in enumerate(([], ["--ask-again"], [])):
        truewheel.wheel("asking-one", "some-wheel", "--sbom", cwd / "sbom.json", "--provenance",
                        cwd / "provenance.jsonl", "--json", cwd / "record.json", *more, env=env)
        origins = {wheel["from"] for wheel in read_json(cwd / "record.json")["wheels"]}
        assert ("built" in origins) == (number == 0)
        seen.append([((cwd / name).read_bytes(), os.stat(cwd / name).st_mtime_ns)
                     for name in ("sbom.json", "provenance.jsonl")])
    assert seen[0] == seen[1] == seen[2]


def test_serial_numbers_tell_documents_apart(truewheel: Truewheel, sources: Path) -> None:
    path, serials = truewheel.world.cwd / "sbom.json", set()
    for name in ("pure-one", "asking-one", "some-wheel"):
        truewheel.wheel(name, "--sbom", path)
        serials.add(read_json(path)["serialNumber"])
    assert len(serials) == 3


# ------------------------------------------------------------------------------------- provenance


def read_statements(path: Path) -> List[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def check_statement(statement: Any) -> None:
    """By in-toto's own package: the statement, and its predicate strictly against SLSA's model."""
    model = pytest.importorskip("in_toto_attestation.v1.statement")
    provenance = pytest.importorskip("in_toto_attestation.predicates.provenance.v1.provenance_pb2")
    formats = pytest.importorskip("google.protobuf.json_format")
    model.Statement.copy_from_pb(
        formats.ParseDict(statement, model.Statement([], "", {}).pb.__class__())).validate()
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    formats.ParseDict(statement["predicate"], provenance.Provenance())


def provenance_of(truewheel: Truewheel, *arguments: object, **more: Any) -> List[Any]:
    path = truewheel.world.cwd / "provenance.jsonl"
    truewheel.wheel("--provenance", path, *arguments, **more)
    statements = read_statements(path)
    for statement in statements:
        check_statement(statement)
    return statements


def test_provenance_of_what_was_built(truewheel: Truewheel, sources: Path) -> None:
    path = truewheel.world.cwd / "provenance.jsonl"
    result = truewheel.wheel("asking-one", "some-wheel", "--provenance", path)
    statements = {s["subject"][0]["name"]: s for s in read_statements(path)}
    assert sorted(statements) == [
        "asking_one-1.0-py3-none-any.whl", "base_dep-1.5-py3-none-any.whl"]
    for name, statement in statements.items():
        check_statement(statement)
        assert statement["subject"] == [{"name": name, "digest": {"sha256": result.hashes[name]}}]
    definition = statements["asking_one-1.0-py3-none-any.whl"]["predicate"]["buildDefinition"]
    used = {entry["name"]: entry for entry in definition["resolvedDependencies"]}
    assert {"asking_one-1.0.tar.gz", "some_tool-1.0-py3-none-any.whl", "python"} <= set(used)
    assert len(used["asking_one-1.0.tar.gz"]["digest"]["sha256"]) == 64
    assert "asking-one" in definition["externalParameters"]["arguments"]


@pytest.mark.parametrize("change", ["subject", "digest", "unknown"])
def test_the_validator_refuses(truewheel: Truewheel, sources: Path, change: str) -> None:
    """The control."""
    statement = provenance_of(truewheel, "pure-one")[0]
    if change == "subject":
        statement["subject"] = []
    elif change == "digest":
        del statement["subject"][0]["digest"]
    else:
        statement["predicate"]["buildDefinition"]["unknown"] = 1
    with pytest.raises(Exception):
        check_statement(statement)


def test_provenance_names_a_commit(truewheel: Truewheel, tmp_path: Path) -> None:
    tree = tmp_path / "around" / "tree"
    samples.pure().write_tree(tree)
    done = commit(tree)
    for dirty in (False, True):
        if dirty:
            (tree / "pyproject.toml").open("a").write("# more\n")
        predicate = provenance_of(truewheel, tree)[0]["predicate"]
        source = predicate["buildDefinition"]["resolvedDependencies"][0]
        assert source["name"] == "pure-one" and "uri" not in source
        assert source["digest"].get("gitCommit") == (None if dirty else done)
        assert "sha256" not in source["digest"] and len(source["digest"]["truewheelTree"]) == 64
        assert source["annotations"]["repository"]["commit"] == done


def test_provenance_has_no_credentials(truewheel: Truewheel, sources: Path) -> None:
    statements = provenance_of(
        truewheel, "pure-one", "--extra-index-url", "https://me:hidden@localhost:1/simple",
        "--proxy", "me:hidden@localhost:2", "--env", "MY_TOKEN=hidden", "--env", "OTHER=shown")
    text = json.dumps(statements)
    assert "hidden" not in text and "localhost:2" not in text
    external = statements[0]["predicate"]["buildDefinition"]["externalParameters"]
    assert "https://localhost:1/simple" in external["arguments"]
    assert external["variables"] == {"MY_TOKEN": None, "OTHER": "shown"}


def test_provenance_of_nothing_is_empty_and_said(truewheel: Truewheel, sources: Path) -> None:
    samples.write_wheel(sources, "lone-wheel")
    path = truewheel.world.cwd / "provenance.jsonl"
    result = truewheel.wheel("lone-wheel", "--provenance", path)
    assert path.read_bytes() == b""
    assert "no wheel was built here" in result.err


# ----------------------------------------------------------------------------------------- places


@pytest.mark.parametrize("option", ["--sbom", "--provenance"])
def test_unwritable_files_are_said_first(
    truewheel: Truewheel, sources: Path, option: str, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    result = truewheel.wheel("pure-one", option, tmp_path / "there", code=3)
    assert option in result.err and "it is a directory" in result.err
    assert "built" not in result.err and not list(truewheel.world.wheels.glob("*"))


@pytest.mark.parametrize("option", ["--sbom", "--provenance", "--json", "--report", "--depfile"])
def test_directories_that_the_run_makes_may_be_missing(
    truewheel: Truewheel, sources: Path, option: str, tmp_path: Path
) -> None:
    missing = tmp_path / "missing"
    result = truewheel.wheel("pure-one", option, missing / "file", code=3)
    assert option in result.err and "built" not in result.err
    truewheel.wheel("pure-one", option, missing / "file", wheels=missing)
    assert (missing / "file").stat().st_size


@pytest.mark.parametrize("option", ["--sbom", "--provenance"])
def test_documents_may_lie_in_a_new_index(
    truewheel: Truewheel, sources: Path, option: str, tmp_path: Path
) -> None:
    public = tmp_path / "public"
    truewheel.wheel("pure-one", option, public / "file", "--index", public)
    assert (public / "file").stat().st_size


def test_what_failed_is_in_no_document(truewheel: Truewheel, sources: Path) -> None:
    write_all(sources, samples.failing())
    cwd = truewheel.world.cwd
    truewheel.wheel("-k", "failing-one", "pure-one", "--sbom", cwd / "sbom.json", "--provenance",
                    cwd / "provenance.jsonl", "--index", cwd / "public", code=1)
    assert list(by_name(read_json(cwd / "sbom.json")["components"])) == ["pure-one"]
    assert len(read_statements(cwd / "provenance.jsonl")) == 1
    assert read_json(cwd / "public/simple/index.json")["projects"] == [{"name": "pure-one"}]


@pytest.mark.parametrize("option", ["--sbom", "--provenance"])
def test_stdout_is_the_documents_alone(
    truewheel: Truewheel, sources: Path, option: str
) -> None:
    result = truewheel.wheel("pure-one", option, "-")
    json.loads(result.out)
