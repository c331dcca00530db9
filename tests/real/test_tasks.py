"""The tasks on real poses: a woman who walks by, and a man who jumps on a roof."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks.registry import TASKS
from neuropose.cli import main
from neuropose.data import JobResults, Report, VideoPredictions
from neuropose.io import save_job_results

pytestmark = pytest.mark.real

MAN, WOMAN = "track:0", "track:1"
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "analysis.md"


def run(task: str, sample: VideoPredictions, who: str) -> Report:
    return TASKS[task].run(PoseSequence.from_predictions(sample, who))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("who", [MAN, WOMAN])
def test_every_measure_has_a_value_or_a_reason(
    task: str, who: str, sample: VideoPredictions
) -> None:
    report = run(task, sample, who)
    assert report.measures
    assert all(each.value is not None or each.reason for each in report.measures.values())


def test_the_arms_of_the_walking_woman(sample: VideoPredictions) -> None:
    report = run("arm-swing", sample, WOMAN)
    for side in ("left", "right"):
        angle = report.measures[f"angle_{side}"]
        assert angle.value is not None
        assert 40.0 < angle.value < 100.0
        assert angle.n >= 2
        assert angle.confidence is not None
        assert angle.confidence < 0.7  # one camera, from the side
        lag = report.measures[f"lag_behind_leg_{side}"].value
        assert lag is not None
        assert abs(lag) < 10.0
    assert report.measures["lag_of_arms"].value == pytest.approx(50.0, abs=10.0)


def test_most_of_the_jumps_are_no_strides(sample: VideoPredictions) -> None:
    report = run("arm-swing", sample, MAN)
    notes = report.tables["strides"].column("note").tolist()
    assert notes.count(None) <= len(notes) // 2


@pytest.mark.parametrize("who", [MAN, WOMAN])
@pytest.mark.parametrize("task", ["tug", "sway"])
def test_what_is_not_in_the_clip_is_not_measured(
    task: str, who: str, sample: VideoPredictions
) -> None:
    report = run(task, sample, who)
    assert {each.value for each in report.measures.values()} == {None}


def test_the_example_of_the_guide(
    sample: VideoPredictions, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    block = re.search(r"<!-- example: arm swing -->\n```\n\$ neuropose (.*?)\n(.*?)```", text, re.S)
    assert block is not None
    words = block[1].split()
    results = tmp_path / words[1]
    results.parent.mkdir(parents=True)
    save_job_results(results, JobResults(videos={"video_01": sample}))
    words[1] = str(results)
    assert main(words) == 0
    shown = capsys.readouterr().out.split("\nwritten")[0]
    # Another processor gives other last digits: the words must be the same.
    digits = r"[\d.−± ]+"
    assert re.sub(digits, " ", shown).split() == re.sub(digits, " ", block[2]).split()
