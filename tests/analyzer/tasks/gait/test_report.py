"""The report: complete, with reasons, and the same bytes every time."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks
from tests.analyzer.tasks.gait.test_turns import TestWalk

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.signals.turns import TurnSettings
from neuropose.analyzer.tasks.gait import (
    STRIDE_MEASURES,
    GaitSettings,
    analyze_gait,
    gait_report,
)
from neuropose.analyzer.tasks.gait.analysis import LEG_ANGLES
from neuropose.analyzer.tasks.gait.definitions import (
    ANGLE_MEASURES,
    COMPARED,
    COUNTS,
    SYMMETRY_MEASURES,
    Definition,
)
from neuropose.data import InputFile, Provenance, Report
from neuropose.io import load_report, save_report
from neuropose.sequence.position_error import ONE_CAMERA
from neuropose.testing import CameraView, reconstructed, synthetic_predictions, walker_sequence

PAGE = (Path(__file__).parents[4] / "docs" / "reference" / "measures.md").read_text("utf-8")
SIDES = ("left", "right")
WALK = walks.sequence(duration_s=8.0, step_length_asymmetry_percent=20.0)
REPORT = gait_report(analyze_gait(WALK, affected_side="right"))
EXPECTED = {
    *STRIDE_MEASURES,
    *(f"{name}_{side}" for name in STRIDE_MEASURES for side in SIDES),
    *(f"{name}_{comparison}" for name in COMPARED for comparison in SYMMETRY_MEASURES),
    *(f"{a}_{kind}_{side}" for a in LEG_ANGLES for kind in ANGLE_MEASURES for side in SIDES),
    *COUNTS,
}


def value(name: str, report: Report = REPORT) -> float:
    found = report.measures[name].value
    assert found is not None, report.measures[name].reason
    return found


@pytest.mark.parametrize(
    "walk",
    [WALK, WALK.slice(0.0, 0.5), WALK.slice(0.0, 0.0), walks.sequence(fps=8.0)],
    ids=["walk", "short", "one frame", "slow camera"],
)
def test_all_measures_are_there_each_with_a_value_or_a_reason(walk: PoseSequence) -> None:
    report = gait_report(analyze_gait(walk))
    assert set(report.measures) == EXPECTED
    assert report.task == "gait"
    for measure in report.measures.values():
        assert (measure.value is None) is (measure.reason is not None)


def test_no_stride_means_every_measure_says_why() -> None:
    report = gait_report(analyze_gait(WALK.slice(0.0, 0.5)))
    empty = {name for name, measure in report.measures.items() if measure.value is None}
    assert empty == EXPECTED - set(COUNTS)
    assert "needs two contacts" in str(report.measures["cadence"].reason)
    assert "needs two contacts" in str(report.measures["knee_flexion_range_left"].reason)
    assert report.tables["strides"].rows == ()


def test_values_are_means_over_strides() -> None:
    analysis = analyze_gait(WALK)
    for name in STRIDE_MEASURES:
        for side in (None, *SIDES):
            measure = REPORT.measures[name if side is None else f"{name}_{side}"]
            values = analysis.values(name, side)  # type: ignore[arg-type]
            values = values[np.isfinite(values)]
            assert measure.value == pytest.approx(values.mean())
            assert measure.sd == pytest.approx(values.std(ddof=1))
            assert measure.n == len(values)
            assert measure.unit == STRIDE_MEASURES[name].unit


def test_symmetry_is_signed_and_the_ratio_is_of_the_affected_side() -> None:
    assert value("step_length_symmetry_index") == pytest.approx(20.0, abs=0.1)
    assert value("step_length_symmetry_ratio") == pytest.approx(0.9 / 1.1, rel=1e-3)
    assert value("step_length_log_ratio") == pytest.approx(np.log(0.9 / 1.1), abs=1e-3)
    assert value("step_time_symmetry_index") == pytest.approx(0.0, abs=0.2)


def test_without_an_affected_side_there_is_no_ratio_but_a_log_ratio() -> None:
    report = gait_report(analyze_gait(WALK))
    ratio = report.measures["step_length_symmetry_ratio"]
    assert ratio.reason == "it was not said which side is affected"
    assert value("step_length_log_ratio", report) == pytest.approx(np.log(1.1 / 0.9), abs=1e-3)


def test_confidence_of_lengths_is_that_of_the_frames_too() -> None:
    level = gait_report(analyze_gait(WALK))
    assert value("stride_length", level) == pytest.approx(value("stride_length"))
    trial = walks.trial(duration_s=8.0, step_length_asymmetry_percent=20.0)
    seen = gait_report(analyze_gait(walker_sequence(trial, CameraView(tilt_deg=10.0))))
    vertical = seen.choices["vertical"].confidence
    assert vertical is not None
    for name, factor in (("stride_time", 1.0), ("stride_length", vertical)):
        one, other = level.measures[name].confidence, seen.measures[name].confidence
        assert other == pytest.approx(factor * (one or 0.0), rel=0.01)


@pytest.mark.parametrize(
    ("heading_deg", "expected"), [(0.0, "side"), (90.0, "front or behind"), (45.0, "obliquely")]
)
def test_one_camera_says_from_where_it_sees(heading_deg: float, expected: str) -> None:
    view = CameraView(heading_deg=heading_deg, distance_mm=20_000.0)
    sequence = replace(walker_sequence(walks.trial(), view), position_error=ONE_CAMERA)
    report = gait_report(analyze_gait(sequence))
    assert expected in report.choices["view"].method
    assert report.choices["view"].warnings
    assert "view" not in REPORT.choices


def test_the_stride_table_has_every_stride_and_why_it_is_left_out() -> None:
    analysis = analyze_gait(TestWalk.WALK)
    report = gait_report(analysis)
    table = report.tables["strides"]
    assert len(table.rows) == len(analysis.strides) > len(analysis.chosen())
    np.testing.assert_allclose(
        table.column("stride_time").astype(float), analysis.values("stride_time", straight=False)
    )
    excluded = table.column("excluded").tolist()
    assert excluded.count("turning") + excluded.count("next to a turn") == value(
        "turning_strides", report
    )
    assert value("turns", report) == 1.0
    assert any("strides are not summarised: turning" in each for each in report.warnings)


def test_on_a_treadmill_lengths_and_speed_have_the_error_of_its_speed() -> None:
    truth = walks.trial(duration_s=8.0)
    belt = gait_report(analyze_gait(walker_sequence(truth.on_treadmill()))).measures
    floor = gait_report(analyze_gait(walker_sequence(truth))).measures
    for name in ("stride_length", "step_length", "walking_speed"):
        error = belt[name].standard_error
        assert error is not None
        assert error == pytest.approx(0.013 * belt[name].value, rel=0.1), name
        assert belt[f"{name}_left"].standard_error == pytest.approx(error, rel=0.05)
        assert floor[name].standard_error is None  # what places are off by is not known
    assert belt["step_width"].standard_error is None
    assert (
        belt["step_length_symmetry_index"].standard_error is None
    )  # how sides differ, it does not say


def test_a_stride_is_as_sure_as_the_least_sure_value_that_it_has() -> None:
    analysis = analyze_gait(WALK)
    first, *others = analysis.strides
    # Without the foot off of the other foot, as on a plate that only one foot met.
    lacks = ("initial_double_support", "single_support")
    part = replace(
        first,
        values={**first.values, **dict.fromkeys(lacks, np.nan)},
        confidence={**first.confidence, **dict.fromkeys(lacks, 0.0)},
    )
    table = gait_report(replace(analysis, strides=(part, *others))).tables["strides"]
    sure = table.column("confidence").astype(float)
    assert sure[0] == pytest.approx(sure[1], abs=0.05)
    measures = gait_report(replace(analysis, strides=(first,))).measures
    given = [measures[f"{name}_{first.side}"].confidence for name in STRIDE_MEASURES]
    assert sure[0] == pytest.approx(min(each for each in given if each is not None))


def test_the_stride_table_has_the_standard_error_of_every_time() -> None:
    table = gait_report(analyze_gait(WALK)).tables["strides"]
    names = [column.name for column in table.columns]
    assert names[names.index("stance") + 1] == "stance_standard_error"
    assert (table.column("stance_standard_error") > 0.0).all()
    assert "stride_length_standard_error" not in names  # it is not known without draws


def test_a_single_stride_is_known_worse_than_the_mean_of_all() -> None:
    walk = reconstructed(WALK, 10.0, draws=4)
    report = gait_report(analyze_gait(PoseSequence.from_reconstruction(walk)))
    table = report.tables["strides"]
    for name in ("stride_time", "stride_length"):
        own = table.column(f"{name}_standard_error")
        mean = report.measures[name].standard_error
        assert mean is not None
        assert np.sqrt(np.nanmean(own**2)) > mean
        assert (np.isfinite(own) == np.isfinite(table.column(name))).all()


def test_no_surface_is_named_where_no_stride_can_be_measured() -> None:
    assert REPORT.choices["surface"].method == "floor"
    walk = reconstructed(WALK, 400.0, draws=4)
    report = gait_report(analyze_gait(PoseSequence.from_reconstruction(walk)))
    assert report.tables["strides"].rows
    assert all(report.measures[name].value is None for name in STRIDE_MEASURES)
    assert "surface" not in report.choices


def test_one_stride_is_no_plural() -> None:
    analysis = analyze_gait(TestWalk.WALK)
    turned = next(stride for stride in analysis.strides if stride.excluded == "turning")
    only = [*analysis.chosen(), turned]
    warnings = gait_report(replace(analysis, strides=tuple(only))).warnings
    assert "1 stride is not summarised: turning" in warnings


def test_a_walk_that_only_turns_says_so() -> None:
    walk = walks.bent(walks.sequence(duration_s=5.0), -2500.0, 540.0, 500.0)
    report = gait_report(analyze_gait(walk))
    assert re.fullmatch(
        r"none of \d+ strides is summarised: turning \(\d+\)",
        str(report.measures["stride_length"].reason),
    )
    assert value("turning_strides", report) == len(report.tables["strides"].rows) > 0


def test_implausible_values_are_told_where_they_are_used() -> None:
    report = gait_report(analyze_gait(walks.changed(WALK, 0.05 * WALK.positions_mm)))
    if report.measures["stride_length"].value is not None:
        assert "implausible" in " ".join(report.measures["stride_length"].warnings)
    tiny = walks.changed(WALK, 0.09 * WALK.positions_mm)
    warned = gait_report(analyze_gait(tiny)).measures["stride_length"].warnings
    assert any(re.match(r"implausible stride length in \d+ of \d+ strides", w) for w in warned)


def test_curves_over_the_cycle() -> None:
    analysis = analyze_gait(WALK)
    assert analysis.angles is not None
    table = REPORT.tables["cycles"]
    assert table.column("percent").tolist() == list(range(101))
    for side in SIDES:
        angle = analysis.angles[f"{side}_knee_flexion"].values_deg
        cycles = analysis.cycles(angle, side)
        np.testing.assert_allclose(table.column(f"knee_flexion_mean_{side}"), cycles.mean)
        np.testing.assert_allclose(table.column(f"knee_flexion_sd_{side}"), cycles.sd)
        assert value(f"knee_flexion_peak_{side}") == pytest.approx(cycles.peak.mean())
        assert value(f"knee_flexion_range_{side}") == pytest.approx(cycles.range.mean())


def test_a_refused_angle_has_its_reason() -> None:
    joints = [f"{s}_{j}" for s in SIDES for j in ("hip", "knee", "ankle")]
    report = gait_report(analyze_gait(WALK.select("pelvis", "neck", *joints)))
    assert "has no left_heel, left_toe" in str(
        report.measures["ankle_dorsiflexion_range_left"].reason
    )
    assert report.measures["knee_flexion_range_left"].value is not None
    assert report.choices["left_knee_flexion"].method.startswith("inclusive")


def test_gaps_in_a_knee_are_counted() -> None:
    positions = WALK.positions_mm.copy()
    positions[155:180, WALK.joints.index("left_knee")] = np.nan
    report = gait_report(analyze_gait(walks.changed(WALK, positions)))
    measure = report.measures["knee_flexion_range_left"]
    assert measure.n == REPORT.measures["knee_flexion_range_left"].n - 1
    assert any("1 of" in each and "have gaps" in each for each in measure.warnings)
    assert report.measures["stride_time_left"].n == REPORT.measures["stride_time_left"].n


def test_events_of_the_report_are_those_of_the_analysis() -> None:
    events = analyze_gait(WALK).events
    assert [(e.name, e.side, e.time_s) for e in REPORT.events] == [
        (e.kind, e.side, e.time_s) for e in events
    ]


def test_every_setting_and_step_is_in_it() -> None:
    settings = GaitSettings(surface="floor", turning=TurnSettings(least_deg=30.0))
    report = gait_report(analyze_gait(WALK, settings, affected_side="left"))
    assert report.parameters["affected_side"] == "left"
    assert {**report.parameters, "affected_side": None} == {
        **settings.model_dump(mode="json"),
        "affected_side": None,
    }
    assert report.preparation[0]["settings"]["cutoff_hz"] == 6.0
    assert report.preparation[1]["settings"]["cutoff_hz"] == 20.0
    assert report.choices["surface"].method == "floor"


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        analysis = analyze_gait(WALK, affected_side="right")
        save_report(tmp_path / name, gait_report(analysis))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert load_report(tmp_path / "a") == REPORT


def test_where_it_comes_from() -> None:
    predictions = synthetic_predictions(frame_count=90)
    walk = PoseSequence.from_predictions(predictions)
    made = Provenance(neuropose_version="1", model="m", input_sha256="0" * 64)
    inputs = (InputFile(kind="predictions", sha256="1" * 64),)
    report = gait_report(analyze_gait(walk), inputs=inputs, predictions=made)
    assert report.subject == walk.subject
    assert report.provenance.inputs == inputs
    assert report.provenance.predictions == made
    assert "numpy" in report.provenance.versions


class TestPage:
    @pytest.mark.parametrize(
        ("name", "definition"),
        [
            *STRIDE_MEASURES.items(),
            *SYMMETRY_MEASURES.items(),
            *COUNTS.items(),
            *ANGLE_MEASURES.items(),
        ],
    )
    def test_definition_unit_and_source_are_those_of_the_code(
        self, name: str, definition: Definition
    ) -> None:
        [row] = re.findall(rf"^\| `(?:…_)?{name}`[^|]*\|(.*)$", PAGE, re.MULTILINE)
        text, unit, source, _ = (cell.strip() for cell in row.split("|")[:4])
        assert text == definition.text
        assert unit == definition.unit
        assert source == definition.source
