"""What a pipeline may ask of a cohort is checked before any data is read."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.study.rooms import EXAMPLES

from neuropose.classify import ClassifierSettings
from neuropose.errors import ConfigError
from neuropose.study import load_pipeline

FEATURES = "features: [stride_time_left_s]"
STATISTICS, MODEL = "analysis.statistics", "analysis.classification"


@pytest.fixture
def write(tmp_path: Path):
    (tmp_path / "cohort.csv").write_text("never read")

    def written(**analysis: str) -> Path:
        content = yaml.safe_load((EXAMPLES / "cohort.yaml").read_text())
        content["analysis"] = {name: yaml.safe_load(text) for name, text in analysis.items()}
        content["output"] = {"report": "report.json"}
        path = tmp_path / "p.yaml"
        path.write_text(yaml.safe_dump(content))
        return path

    return written


@pytest.mark.parametrize(
    ("statistics", "message"),
    [
        (
            "{features: [stride_time_left_s]}",
            "give groups, reliability, agreement, sessions or conditions",
        ),
        ("{sessions: [a, a], features: [stride_time_left_s]}", "a session cannot be compared"),
        ("{conditions: [a, a], features: [stride_time_left_s]}", "a condition cannot be compared"),
        ("{sessions: [a, b]}", "features is missing"),
        ("{sessions: [a, b], measures: [gait_cadence]}", "name their tasks"),
        ("{groups: [a, a], features: [stride_time_left_s]}", "a group cannot be compared"),
        ("{agreement: [a, a], features: [stride_time_left_s]}", "a session cannot be compared"),
        ("{agreement: [a, b]}", "features is missing"),
        ("{groups: [a, b]}", "features is missing"),
        ("{groups: [a, b], curves: true, features: [height]}", "there is no feature 'height'"),
        (
            "{groups: [a, b], features: [stride_time_left_s, stride_time_left_s]}",
            "a feature is there twice",
        ),
        ("{reliability: '2,1', curves: true, features: [stride_time_left_s]}", "curves are those"),
        ("{groups: [a, b], curves: true}", "name the angles in analysis.curves"),
    ],
)
def test_statistics_that_make_no_sense(write, statistics: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_pipeline(write(statistics=statistics))


@pytest.mark.parametrize(
    ("classification", "message"),
    [
        ("{}", "classification.model is missing"),
        ("{model: deep}", "classification.model = 'deep'"),
        ("{model: logistic, groups: [a]}", "at least 2"),
        ("{model: logistic, groups: [a, a]}", "a group is there twice"),
        ("{model: logistic, features: [height]}", "there is no feature 'height'"),
        ("{model: forest, features: [stride_time_s]}", "did you mean .*stride_time_left_s"),
        (
            "{model: svm, features: [stride_time_left_s, stride_time_left_s]}",
            "a feature is there twice",
        ),
        ("{model: knn-dtw}", "takes curves: name them in analysis.curves"),
        ("{model: knn-dtw, features: [stride_time_left_s]}", "takes the mean curves"),
        ("{model: logistic, parameters: {depth: 3}}", "parameters: .*depth"),
        ("{model: logistic, parameters: {C: 0}}", "parameters: C is 0; give a number above 0"),
        ("{model: logistic, fold: 3}", "no key 'analysis.classification.fold'"),
    ],
)
def test_classifications_that_make_no_sense(write, classification: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_pipeline(write(classification=classification))


@pytest.mark.parametrize(
    ("curves", "segmentation", "message"),
    [
        ("[knee]", "bilateral", "there is no angle 'knee'"),
        ("[knee_flexion, knee_flexion]", "bilateral", "an angle is there twice"),
        ("[knee_flexion]", "trial", "a whole trial is not a cycle"),
        ("[elbow_flexion]", "{kind: repetitions, height: left_wrist}", "say of which side"),
    ],
)
def test_curves_that_cannot_be_had(write, curves: str, segmentation: str, message: str) -> None:
    kind = segmentation if "{" in segmentation else f"{{kind: {segmentation}}}"
    with pytest.raises(ConfigError, match=message):
        load_pipeline(write(curves=curves), [f"segmentation={kind}"])


def test_a_cohort_s_analyses_need_a_cohort(write, tmp_path: Path) -> None:
    (tmp_path / "walk.trc").write_text("never read")
    one = "inputs={primary: {file: walk.trc}}"
    for analysis in ({"statistics": f"{{groups: [a, b], {FEATURES}}}"},
                     {"classification": "{model: logistic}"}):  # fmt: skip
        with pytest.raises(ConfigError, match=r"inputs\.cohort"):
            load_pipeline(write(**analysis), [one])
    with pytest.raises(ConfigError, match=r"output\.trials is given, but inputs\.cohort"):
        load_pipeline(write(), [one, "output.trials=t.csv"])


@pytest.mark.parametrize("name", ["curves", "model"])
def test_an_output_that_nothing_gives(write, name: str) -> None:
    with pytest.raises(ConfigError, match=rf"output\.{name} is given, but analysis"):
        load_pipeline(write(), [f"output.{name}=x"])


def test_a_reference_that_nothing_is_compared_with(write, tmp_path: Path) -> None:
    (tmp_path / "walk.trc").write_text("never read")
    with pytest.raises(ConfigError, match=r"reference is given, but there is no analysis\.dtw"):
        load_pipeline(write(), ["inputs.reference={file: walk.trc}"])


def test_two_outputs_in_one_place(write) -> None:
    with pytest.raises(ConfigError, match=r"two outputs are written to report\.json"):
        load_pipeline(write(), ["output.features=report.json"])


def test_the_settings_of_the_classifier_are_its_own(write) -> None:
    path = write(classification="{model: forest, folds: 7, groups: [a, b]}")
    how = load_pipeline(path).analysis.classification
    assert how.settings() == ClassifierSettings(model="forest", folds=7)
