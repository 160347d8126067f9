"""What the runs of a survey have found, as far as the page needs it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.corpus.results import Results

HERE = Path(__file__).resolve().parent
LIST = HERE / "projects.txt"
KEPT = HERE / "results.json"

_OF_PUBLISHED = ("verdict", "causes", "but_for", "notes", "why", "generator")
_MOST_NAMES = 6


def read_list(path: Path = LIST) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#")]


@dataclass
class Survey:
    """By requirement: answers of `verify --published`, and verdicts of building twice."""

    published: dict[str, dict[str, Any]] = field(default_factory=dict)
    twice: dict[str, dict[str, str]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def read(state: Path, wanted: list[str]) -> Survey:
        """What the state directory knows of these."""
        survey = Survey()
        answers = state / "published.jsonl"
        for line in answers.read_text("utf-8").splitlines() if answers.exists() else []:
            answer = json.loads(line)
            short = {key: answer[key] for key in _OF_PUBLISHED if answer.get(key)}
            short["but_for"] = short.get("but_for", [])[:_MOST_NAMES]
            survey.published[answer["asked"]] = short
        survey.published = {text: survey.published[text] for text in wanted
                            if text in survey.published}
        built = Results(state / "twice.json").of("truewheel")
        survey.twice = {text: {"verdict": built[text].verdict, "failure": built[text].failure,
                               "notes": built[text].notes} for text in wanted if text in built}
        return survey

    @staticmethod
    def load(path: Path) -> Survey:
        return Survey(**json.loads(path.read_text(encoding="utf-8")))

    def save(self, path: Path) -> None:
        text = json.dumps(asdict(self), indent=1, sort_keys=True)
        path.write_text(text + "\n", encoding="utf-8")

    def verdicts(self) -> Counter[str]:
        return Counter(answer["verdict"] for answer in self.published.values())

    def twice_verdicts(self) -> Counter[str]:
        return Counter(result["verdict"] for result in self.twice.values())

    def causes(self) -> Counter[str]:
        """The most likely one of each that is not equal."""
        return Counter(answer["causes"][0] for answer in self.published.values()
                       if answer.get("causes"))
