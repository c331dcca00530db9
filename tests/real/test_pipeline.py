"""Real patients through the pipeline: cycles against a healthy adult's, twice the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.gait_recordings import PATIENTS, UP, patient
from tests.trc_files import write_trc

from neuropose.data import Report
from neuropose.io import load_report
from neuropose.study import load_pipeline, run_pipeline, save_result

pytestmark = pytest.mark.real

PIPELINE = """\
version: 1
inputs:
  primary: {{file: {who}.trc, up: {up}}}
  reference: {{file: healthy.trc, up: [0, 1, 0]}}
segmentation: {{kind: bilateral}}
analysis:
  measures: [{{task: gait}}]
  dtw: {{names: [hip_flexion, knee_flexion], per_joint: true}}
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


def run(path: Path, *assignments: str) -> Report:
    pipeline = load_pipeline(path, assignments)
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


@pytest.mark.parametrize(
    ("how", "unit", "least", "most"),
    [
        ("{}", "deg", 5.0, 30.0),
        ("{points: null}", "deg", 5.0, 30.0),
        ("{representation: coords, names: [knee, ankle, heel, toe]}", "mm", 50.0, 500.0),
        ("{representation: coords, names: [knee, ankle], scale: true}", "mm", 20.0, 500.0),
        ("{representation: coords, names: [hip, knee, ankle], align: sequence}", "mm", 20.0, 300.0),
        ("{representation: velocities, names: [ankle]}", "mm/s", 100.0, 1500.0),
        ("{representation: velocities, names: [ankle], points: null}", "mm/s", 100.0, 1500.0),
        ("{representation: coords, relation: [hip, ankle]}", "mm", 10.0, 300.0),
    ],
)
def test_patients_are_farther_from_a_healthy_walk_than_itself(
    folder: Path, how: str, unit: str, least: float, most: float
) -> None:
    """Every cycle against the healthy reference; what a person's own strides differ by is less."""
    found = {}
    for who in PATIENTS:
        report = run(folder / f"{who}.yaml", f"analysis.dtw={how}")
        if who == "stroke":
            assert report == run(folder / f"{who}.yaml", f"analysis.dtw={how}")
        table = report.tables["dtw"]
        assert {column.name: column.unit for column in table.columns}["distance"] == unit
        assert all(row[-2] is None for row in table.rows)  # no pair without a number
        found[who] = table.column("normalized_distance")
        assert (table.column("timing_difference") >= 0.0).all()
        for side in ("left", "right"):
            pairs = int((table.column("side") == side).sum())
            counted = report.measures[f"unpaired_cycles_{side}"]
            assert counted.n - counted.value == 2 * pairs
    assert (found["healthy"] < 1e-9).all()
    for who in ("parkinson", "stroke"):
        assert len(found[who]) >= 2
        assert (found[who] > least).all()
        assert (found[who] < most).all()


def test_joint_by_joint_and_what_a_reader_should_know(folder: Path) -> None:
    report = run(folder / "parkinson.yaml")
    table, joints = report.tables["dtw"], report.tables["dtw_per_joint"]
    assert len(joints.rows) == 2 * len(table.rows)
    assert {"numba", "llvmlite", "numpy", "scipy"} <= set(report.provenance.versions)
    whole = run(folder / "parkinson.yaml", "analysis.dtw={representation: coords}")
    assert any(
        "all of the reference" in (each or "") for each in whole.tables["dtw"].column("reason")
    )
