"""Real patients through the pipeline: cycles against a healthy adult's, twice the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.gait_recordings import PATIENTS, UP, patient
from tests.trc_files import write_trc

from neuropose.analyzer.pipeline import load_pipeline, run_pipeline, save_result
from neuropose.io import Report, load_report

pytestmark = pytest.mark.real

PIPELINE = """\
version: 1
inputs:
  primary: {{file: {who}.trc, up: {up}}}
  reference: {{file: healthy.trc, up: [0, 1, 0]}}
segmentation: {{kind: bilateral}}
analysis:
  measures: [{{task: gait}}]
  dtw: {{names: [hip_flexion, knee_flexion]}}
output: {{report: {who}.json, features: {who}.csv}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patients")
    for who in PATIENTS:
        walk, _ = patient(who)
        write_trc(folder / f"{who}.trc", walk.time_s, walk.positions_mm, list(walk.joints))
        (folder / f"{who}.yaml").write_text(PIPELINE.format(who=who, up=list(UP[who])))
    return folder


def run(path: Path) -> Report:
    pipeline = load_pipeline(path)
    save_result(pipeline, run_pipeline(pipeline))
    return load_report(pipeline.output.report)


@pytest.mark.parametrize("who", PATIENTS)
def test_twice_the_same_with_cycles_and_features(folder: Path, who: str) -> None:
    report = run(folder / f"{who}.yaml")
    files = [folder / f"{who}.json", folder / f"{who}.csv"]
    first = [file.read_bytes() for file in files]
    run(folder / f"{who}.yaml")
    assert [file.read_bytes() for file in files] == first
    features = report.tables["features"]
    assert len(features.rows) == report.measures["segments"].value
    assert len(report.tables["dtw"].rows) >= 1
    ranges = [features.column(f"knee_flexion_range_{side}_deg") for side in ("left", "right")]
    known = np.concatenate(ranges)[np.isfinite(np.concatenate(ranges))]
    assert len(known)
    assert (known > 10.0).all()
    assert (known < 90.0).all()


def test_patients_are_farther_from_a_healthy_walk_than_itself(folder: Path) -> None:
    distances = {
        who: run(folder / f"{who}.yaml").tables["dtw"].column("distance") for who in PATIENTS
    }
    assert (distances["healthy"] == 0.0).all()
    for who in ("parkinson", "stroke"):
        known = distances[who][np.isfinite(distances[who])]
        assert len(known)
        assert (known > 1.0).all()
