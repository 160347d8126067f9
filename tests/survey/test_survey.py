"""The survey: its page, and a sample of three (`make check-corpus`)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.survey import __main__ as main
from tests.survey import page
from tests.survey.survey import KEPT, Survey, read_list

_BUILD = Path(os.environ.get("TRUEWHEEL_BUILD_DIR", "build")).resolve()
_PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))

# One of flit, one of setuptools whose version the wheel does not name, and one that differs.
SAMPLE = {"idna==3.6": "equal", "azure-mgmt-eventgrid==10.2.0b2": "equal",
          "boto3==1.33.13": "different"}


def test_the_page_is_that_of_the_results() -> None:
    """docs/SURVEY.md is generated, not typed."""
    assert page.render(Survey.load(KEPT)) == page.PAGE.read_text(encoding="utf-8")


def test_the_list_names_each_project_once() -> None:
    names = [text.split("==")[0] for text in read_list()]
    assert len(names) > 800 and len(set(names)) == len(names)


@pytest.mark.corpus
@pytest.mark.network
@pytest.mark.timeout(1200)
def test_a_sample(tmp_path: Path) -> None:
    if os.environ.get("TRUEWHEEL_NETWORK") == "no":
        pytest.skip("no index can be reached")
    if not (_BUILD / "truewheel").exists():
        pytest.skip(f"{_BUILD}/truewheel has not been built")
    main.main([*SAMPLE, "--state", str(tmp_path), "--build", str(_BUILD), "--python", _PYTHON])
    survey = Survey.read(tmp_path, list(SAMPLE))
    assert {text: answer["verdict"] for text, answer in survey.published.items()} == SAMPLE
    assert {result["verdict"] for result in survey.twice.values()} == {"identical"}
