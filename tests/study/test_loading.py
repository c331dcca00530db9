"""Pipeline files: what is wrong is said with file and line, before any data is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuropose.errors import ConfigError, UnknownSettingError
from neuropose.study import load_pipeline

GOOD = """\
version: 1
inputs:
  primary:
    file: walk.trc
segmentation:
  kind: bilateral
analysis:
  dtw:
    band: 0.2
output:
  report: out.json
"""


@pytest.fixture
def write(tmp_path: Path):
    (tmp_path / "walk.trc").write_text("never read")

    def written(text: str) -> Path:
        path = tmp_path / "p.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_paths_are_from_the_folder_of_the_file(write, tmp_path: Path) -> None:
    pipeline = load_pipeline(write(GOOD))
    assert pipeline.inputs.primary.file == tmp_path / "walk.trc"
    assert pipeline.output.report == tmp_path / "out.json"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("    band: 0.2", "    bnd: 0.2", 9, "there is no key 'analysis.dtw.bnd'"),
        ("    band: 0.2", "    band: 2", 9, "analysis.dtw.band = 2 is not allowed"),
        ("  report: out.json", "  features: x.csv", 10, "output.report is missing"),
        ("version: 1", "version: 2", 1, "version = 2 is not allowed"),
        ("  kind: bilateral", "  kind: steps", 5, "segmentation.kind = 'steps' is none of trial"),
        ("  kind: bilateral", "  kind: gait_cycles\n  side: up", 7, "segmentation.side = 'up'"),
        ("  kind: bilateral", "  kind: trial", 1, "dtw needs inputs.reference"),
        ("    file: walk.trc", "    file: gone.trc", 4, "there is no file"),
        ("    file: walk.trc", "    file: walk.trc\n    file: b", 5, "file is there twice"),
        ("    file: walk.trc", "    file: [walk.trc", 5, "expected ',' or ']'"),
        ("    band: 0.2", "    names: [knee]", 8, "there is no angle 'knee'"),
        ("    band: 0.2", "    band: 0.2\n    band_frames: 3", 8, "give only one"),
        ("    band: 0.2", "    representation: coord", 9, "representation = 'coord'"),
        ("    band: 0.2", "    representation: coords\n    align: up", 10, "align = 'up'"),
        ("    band: 0.2", "    {representation: coords, names: [knee_flexion]}", 8, "is an angle"),
        ("    band: 0.2", "    align: body", 8, "angles do not depend on where the body is"),
        ("    band: 0.2", "    scale: true", 8, "scale needs an alignment"),
        ("    band: 0.2", "    relation: [knee, hip]", 8, "two joints have no angle"),
        ("    band: 0.2", "    points: 3", 9, "greater than or equal to 11"),
        ("    band: 0.2", "    {representation: coords, align: none}", 1, "must be aligned"),
        (
            "    band: 0.2",
            "    {representation: coords, relation: [knee, hip], per_joint: true}",
            8,
            "takes the place of names and per_joint",
        ),
        ("  dtw:\n    band: 0.2", "  measures: [{task: gate}]", 8, "unknown task 'gate'"),
        (
            "  dtw:\n    band: 0.2",
            "  measures:\n    - task: gait\n      settings: {turn: 1}",
            9,
            "turn",
        ),
        (
            "  dtw:\n    band: 0.2",
            "  statistics: {groups: [a, b], features: [x]}",
            8,
            "feature 'x'",
        ),
    ],
)
def test_file_and_line(write, old: str, new: str, line: int, message: str) -> None:
    assert old in GOOD
    path = write(GOOD.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load_pipeline(path)
    assert caught.value.message.startswith(f"{path}, line {line}: ")
    assert message in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_the_nearest_key_is_named(write) -> None:
    with pytest.raises(UnknownSettingError) as caught:
        load_pipeline(write(GOOD.replace("band", "bnd")))
    assert caught.value.hint == "did you mean band?"
    with pytest.raises(UnknownSettingError) as caught:
        load_pipeline(write(GOOD), ["segmentation.settings.turnng.least_deg=3"])
    assert caught.value.hint == "did you mean segmentation.settings.turning?"


class TestSet:
    def test_takes_the_place_of_what_the_file_says(self, write) -> None:
        pipeline = load_pipeline(
            write(GOOD), ["analysis.dtw.band=null", "preparation.cutoff_hz=8", "output.report=b"]
        )
        assert pipeline.analysis.dtw.band is None
        assert pipeline.preparation.cutoff_hz == 8.0
        assert pipeline.output.report.name == "b"

    @pytest.mark.parametrize(
        ("assignment", "message"),
        [
            ("analysis.dtw.band=7", "--set analysis.dtw.band: 7 is not allowed"),
            (
                "inputs.primary.height_mm=176",
                "--set inputs.primary.height_mm: 176 is not",
            ),
            ("analysis.dtw", "--set takes key=value"),
            ("a.b=[", "--set a.b: "),
            ("inputs.primary.file=x.trc", "--set inputs.primary.file: "),
        ],
    )
    def test_what_is_wrong_is_said_of_it(self, write, assignment: str, message: str) -> None:
        with pytest.raises(ConfigError) as caught:
            load_pipeline(write(GOOD), [assignment])
        assert caught.value.message.startswith(message)

    def test_twice(self, write) -> None:
        with pytest.raises(ConfigError, match="twice"):
            load_pipeline(write(GOOD), ["version=1", "version=1"])


def test_a_whole_trial_and_repetitions_say_what_they_mean(write) -> None:
    trial = ["segmentation.kind=trial", "inputs.reference={file: walk.trc}"]
    with pytest.raises(ConfigError, match="a whole trial is not a cycle that 101"):
        load_pipeline(write(GOOD), trial)
    with pytest.raises(ConfigError, match="say of which side hip_flexion is"):
        load_pipeline(write(GOOD), [*trial, "analysis.dtw.points=null"])
    said = [*trial, "analysis.dtw={points: null, names: [left_hip_flexion], band_frames: 5}"]
    dtw = load_pipeline(write(GOOD), said).analysis.dtw
    assert (dtw.band, dtw.band_frames, dtw.points) == (None, 5, None)


def test_positions_are_of_the_whole_body_from_the_pelvis_unless_said(write) -> None:
    dtw = load_pipeline(write(GOOD), ["analysis.dtw.representation=velocities"]).analysis.dtw
    assert (dtw.align, dtw.names, dtw.band) == ("body", None, 0.2)


@pytest.mark.parametrize("content", [b"", b"- a", b"\xff\xfe", b"a: &x [*x]"])
def test_what_is_no_pipeline(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        load_pipeline(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_pipeline(tmp_path / "none.yaml")
