"""The example pipelines, from file to report."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from tests.io.c3d_files import c3d_bytes
from tests.study.rooms import (
    ASSUMED_FOV,
    EXAMPLES,
    example,
    write_assumed,
    write_sequence,
    write_walk,
)

from neuropose.analyzer.tasks.gait import STRIDE_MEASURES
from neuropose.data import Source
from neuropose.errors import FileFormatError, MissingJointsError
from neuropose.features import FEATURES
from neuropose.features.definitions import column_name
from neuropose.io import load_report, save_reconstruction
from neuropose.study import load_pipeline, run_pipeline, save_result
from neuropose.testing import (
    WalkerParameters,
    reconstructed,
    simulate_taps,
    simulate_walk,
    walker_sequence,
)


def run(path: Path, *assignments: str) -> tuple[Path, ...]:
    pipeline = load_pipeline(path, assignments)
    save_result(pipeline, run_pipeline(pipeline, workers=1))
    output = pipeline.output
    return tuple(each for each in (output.report, output.features) if each is not None)


def test_every_example_is_run_here() -> None:
    tested = {"gait.yaml", "reference.yaml", "repetitions.yaml"}
    of_cohorts = {"cohort.yaml", "classification.yaml"}  # test_cohort.py
    assert {path.name for path in EXAMPLES.glob("*.yaml")} == tested | of_cohorts


@pytest.mark.parametrize("name", ["gait.yaml", "reference.yaml", "repetitions.yaml"])
def test_an_example_gives_the_same_bytes_twice(name: str, tmp_path: Path) -> None:
    path = example(name, tmp_path)
    first = [file.read_bytes() for file in run(path)]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for file in tmp_path.glob("*.*"):
        shutil.copy(file, elsewhere)
    assert [file.read_bytes() for file in run(elsewhere / name)] == first


def test_gait(tmp_path: Path) -> None:
    report_file, features_file = run(example("gait.yaml", tmp_path))
    report, features = load_report(report_file), pd.read_csv(features_file)
    assert report.measures["gait_cadence"].value == pytest.approx(110.0, abs=0.2)
    assert report.measures["segments"].value == len(features)
    assert report.measures["dtw_normalized_distance"].value < 0.5
    assert features["stride_time_left_s"].mean() == pytest.approx(120.0 / 110.0, abs=0.005)
    assert features["knee_flexion_range_left_deg"].std() < 0.2
    assert set(features["side"]) == {"left", "right"}
    summary = report.tables["feature_summary"]
    rows = {
        row[0]: dict(zip(("unit", "mean", "sd", "n"), row[1:], strict=True)) for row in summary.rows
    }
    for side in ("left", "right"):
        name, measure = f"knee_flexion_range_{side}_deg", f"gait_knee_flexion_range_{side}"
        own = features.loc[(features["side"] == side) & features["excluded"].isna(), name]
        assert rows[name]["mean"] == pytest.approx(own.mean())
        assert rows[name]["sd"] == pytest.approx(own.std())
        assert rows[name]["n"] == report.measures[measure].n == len(own)
        assert rows[name]["mean"] == pytest.approx(report.measures[measure].value, abs=0.2)
    both = sum(rows[f"stride_time_{side}_s"]["n"] for side in ("left", "right"))
    assert rows["duration_s"]["n"] == both
    assert rows["wrist_velocity_dominant_frequency_left_hz"]["n"] == 0


def test_what_was_assumed_is_in_the_report(tmp_path: Path) -> None:
    path = example("gait.yaml", tmp_path)
    path.write_text(path.read_text().replace("walk.trc", "walk.poses.json"))
    write_assumed(tmp_path / "walk.poses.json")
    report = load_report(run(path)[0])
    assert report.assumptions["camera"].source is Source.ASSUMED
    assert ASSUMED_FOV in report.measures["gait_stride_length"].warnings
    assert ASSUMED_FOV not in report.measures["gait_cadence"].warnings
    assert [each for each in report.warnings if ASSUMED_FOV in each] == [ASSUMED_FOV]


def test_strides_of_one_foot_give_no_mean_of_the_other_leg(tmp_path: Path) -> None:
    kinds = ("segmentation={kind: gait_cycles, side: right}", "analysis.dtw=null")
    report_file, features_file = run(example("gait.yaml", tmp_path), *kinds)
    report, features = load_report(report_file), pd.read_csv(features_file)
    gaps = report.tables["feature_gaps"]
    reasons = dict(zip(gaps.column("feature"), gaps.column("reason"), strict=True))
    summary = report.tables["feature_summary"]
    counts = dict(zip(summary.column("feature"), summary.column("n"), strict=True))
    name = "knee_flexion_range_left_deg"
    assert features[name].notna().all()
    assert reasons[name] == "no stride of the left foot that counts has a number"
    assert "one period" in reasons["ankle_velocity_median_frequency_right_hz"]
    assert set(reasons) == {each for each, count in counts.items() if count == 0}


def test_the_report_can_be_run_again_from_itself_and_names_no_file(tmp_path: Path) -> None:
    path = example("gait.yaml", tmp_path)
    report_file, _ = run(path)
    report = load_report(report_file)
    text = report_file.read_text()
    assert "walk" not in text.replace("walking", "")
    assert str(tmp_path) not in text
    sha256 = report.provenance.inputs[0].sha256
    assert report.parameters["inputs"]["primary"]["file"] == f"sha256:{sha256}"
    assert {"llvmlite", "numba", "numpy", "pandas", "scipy"} <= set(report.provenance.versions)
    configuration = {**report.parameters, "output": {"report": "again.json"}}
    configuration["inputs"]["primary"]["file"] = "walk.trc"
    again = tmp_path / "again.yaml"
    again.write_text(yaml.safe_dump(configuration))
    assert run(again)[0].read_bytes() == report_file.read_bytes()


def test_reference(tmp_path: Path) -> None:
    report = load_report(*run(example("reference.yaml", tmp_path)))
    assert len(report.provenance.inputs) == 2
    assert report.choices["heading"].confidence > 0.8
    distance = report.measures["dtw_normalized_distance_left"]
    assert distance.unit == "mm"
    assert distance.value > 10.0
    assert "dtw_normalized_distance_right" not in report.measures
    table = report.tables["dtw_per_joint"]
    assert len(table.rows) == 2 * distance.n
    assert set(table.column("name")) == {"left_knee", "left_ankle"}
    assert "features" not in report.tables


def test_repetitions(tmp_path: Path) -> None:
    path = example("repetitions.yaml", tmp_path)
    _, features_file = run(path)
    assert len(pd.read_csv(features_file)) == 3
    write_sequence(tmp_path / "taps.trc", simulate_taps([100.0] * 5, periods_s=0.8).sequence)
    _, features_file = run(
        path,
        "inputs.primary.file=taps.trc",
        "segmentation.signal={height: right_heel}",
    )
    features = pd.read_csv(features_file)
    assert features["segment"].to_list() == ["repetition"] * 5
    assert features["ankle_sparc_right"].notna().all()


def test_a_walk_that_is_none_gives_the_reason(tmp_path: Path) -> None:
    path = example("gait.yaml", tmp_path)
    still = walker_sequence(simulate_walk())
    positions = still.positions_mm.copy()
    positions[:] = positions[0]
    write_sequence(tmp_path / "walk.trc", still.with_positions(positions))
    report_file, features_file = run(path)
    report = load_report(report_file)
    assert report.measures["segments"].value is None
    assert report.measures["dtw_normalized_distance"].reason == report.measures["segments"].reason
    assert list(pd.read_csv(features_file).columns)[-1] == list(FEATURES)[-1]


def test_a_vertical_that_the_body_contradicts(tmp_path: Path) -> None:
    """The same walk with Z up, of which a TRC file says nothing."""
    path = example("gait.yaml", tmp_path)
    right = load_report(run(path)[0])
    walk = walker_sequence(simulate_walk(WalkerParameters(duration_s=5.0)))
    write_sequence(tmp_path / "walk.trc", walk.with_positions(walk.positions_mm[..., [2, 0, 1]]))
    found = load_report(run(path)[0])
    assert found.assumptions["vertical"].value == "z"
    assert found.measures["gait_cadence"].value == pytest.approx(
        right.measures["gait_cadence"].value, abs=0.1
    )
    report_file, features_file = run(path, "inputs.primary.up=y")
    report = load_report(report_file)
    why = "the given vertical is y, but the trunk"
    assert report.warnings[0].startswith(why)
    for name in ("segments", "gait_cadence", "dtw_normalized_distance"):
        assert report.measures[name].reason.startswith(why)
    assert pd.read_csv(features_file).empty
    for up in ("z", "[0, 0, 1]"):
        told = load_report(run(path, f"inputs.primary.up={up}")[0])
        assert told.measures["gait_cadence"].value == pytest.approx(
            right.measures["gait_cadence"].value, abs=0.1
        )
    confirmed = load_report(run(path, "inputs.primary.confirm_up=true")[0])
    assert confirmed.choices["vertical"].method == "given"


def test_features_of_a_whole_trial_that_need_no_vertical(tmp_path: Path) -> None:
    path = example("gait.yaml", tmp_path)
    whole = ("segmentation={kind: trial}", "analysis={features: true}", "inputs.primary.up=-y")
    report_file, features_file = run(path, *whole)
    report, features = load_report(report_file), pd.read_csv(features_file)
    assert report.warnings[0].startswith("the given vertical is -y")
    assert features["elbow_flexion_range_left_deg"].notna().all()
    gaps = report.tables["feature_gaps"]
    reasons = dict(zip(gaps.column("feature"), gaps.column("reason"), strict=True))
    assert reasons["trunk_lean_forward_range_deg"].startswith("the given vertical is -y")


def test_what_the_skeleton_lacks_is_refused(tmp_path: Path) -> None:
    path = example("gait.yaml", tmp_path)
    walk = walker_sequence(simulate_walk())
    write_sequence(tmp_path / "walk.trc", walk.select("pelvis", "neck", "left_hip", "right_hip"))
    with pytest.raises(MissingJointsError) as refusal:
        run(path)
    assert "markers: {left_heel: [NAME]}" in str(refusal.value.hint)


def test_markers_of_one_of_two_subjects_in_metres(tmp_path: Path) -> None:
    path = example("gait.yaml", tmp_path)
    right = load_report(run(path)[0])
    walk = walker_sequence(simulate_walk(WalkerParameters(duration_s=5.0)))
    names = [f"{who}:{name}" for who in ("Ann", "Bob") for name in walk.joints]
    metres = np.concatenate([0.0 * walk.positions_mm + 1.0, walk.positions_mm / 1000.0], axis=1)
    (tmp_path / "walk.c3d").write_bytes(
        c3d_bytes(metres, names, rate_hz=walk.sampling_rate_hz, units="au", up="+Y")
    )
    two = ("inputs.primary.file=walk.c3d", "inputs.primary.units=m", "inputs.primary.subject=Bob")
    with pytest.raises(FileFormatError) as refusal:
        run(path, two[0])
    assert "units: mm" in str(refusal.value.hint)
    report_file, _ = run(path, *two)
    report = load_report(report_file)
    assert report.measures["gait_cadence"].value == pytest.approx(
        right.measures["gait_cadence"].value, abs=0.1
    )
    assert report.parameters["inputs"]["primary"]["units"] == "m"
    assert report.parameters["inputs"]["primary"]["subject"].startswith("sha256:")
    assert "Bob" not in report_file.read_text(encoding="utf-8")


def test_another_setting_is_another_report(tmp_path: Path) -> None:
    path = example("gait.yaml", tmp_path)
    write_walk(tmp_path / "walk.trc", speed_m_s=1.1)
    first = run(path)[0].read_bytes()
    assert run(path, "preparation.cutoff_hz=7")[0].read_bytes() != first


def test_what_is_refused_of_a_walk_is_missing_in_its_features_with_the_reason(
    tmp_path: Path,
) -> None:
    walk = walker_sequence(simulate_walk(WalkerParameters(duration_s=5.0)))
    path = example("gait.yaml", tmp_path)
    save_reconstruction(tmp_path / "walk.npz", reconstructed(walk, 60.0, draws=4))
    file = f"inputs.primary.file={tmp_path / 'walk.npz'}"
    settings = (file, "segmentation={kind: bilateral}", "analysis.dtw=null")
    report_file, features_file = run(path, *settings, "analysis.measures=[{task: gait}]")
    report, features = load_report(report_file), pd.read_csv(features_file)
    gaps = report.tables["feature_gaps"]
    reasons = dict(zip(gaps.column("feature"), gaps.column("reason"), strict=True))
    given = set()
    for name, definition in STRIDE_MEASURES.items():
        for side in ("left", "right"):
            measure = report.measures[f"gait_{name}_{side}"]
            column = column_name(name, definition.unit, side)
            assert reasons.get(column) == measure.reason
            assert features[column].isna().all() == (measure.value is None)
            given.add(measure.value is None)
    assert given == {True, False}
    assert "standard error is above 15 mm" in reasons["step_width_left_mm"]
