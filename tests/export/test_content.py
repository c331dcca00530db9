"""What is exported of several people, and what of a cohort is withheld."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from tests.export.known_bodies import known_body
from tests.small_predictions import make_predictions

from neuropose.data import Assumption, MarkerRecording, Measure, Report, ReportProvenance, Table
from neuropose.data.metadata import Source
from neuropose.errors import FileFormatError
from neuropose.export import Kind, Movement, content_of, export
from neuropose.export.options import ExportOptions
from neuropose.export.report_frames import report_frames


def cohort() -> Report:
    trials = {
        "trial": (None, [1, 2, 3]),
        "subject": (None, ["Quackenbush", "Ann", "quackenbush"]),
        "reason": (
            None,
            ["/data/Quackenbush/walk.c3d cannot be read", "no segment", "x.trc is empty"],
        ),
    }
    features = {"subject": (None, ["Ann", "Quackenbush"]), "speed": ("m/s", [1.1, 0.9])}
    return Report(
        task="pipeline_cohort",
        measures={"trials": Measure(value=3.0, unit="1", n=3)},
        tables={
            "trials": Table.from_columns(trials),
            "trial_features": Table.from_columns(features),
        },
        warnings=(
            "Quackenbush.json was left out",
            "subjects 'Quackenbush' and 'quackenbush' differ only in upper and lower case",
        ),
        provenance=ReportProvenance(neuropose_version="0.1.0"),
    )


def test_subjects_of_a_cohort_are_numbered_alike_in_all_tables() -> None:
    frames = report_frames({"study": cohort()}, ExportOptions())
    assert frames["trials"]["subject"].tolist() == ["subject_01", "subject_02", "subject_03"]
    assert frames["trial_features"]["subject"].tolist() == ["subject_02", "subject_01"]
    assert frames["trials"]["reason"].tolist()[1] == "no segment"


def test_a_unit_with_a_slash_names_no_file() -> None:
    speed = {"walking_speed": Measure(value=1.2, unit="m/s", n=3)}
    frames = report_frames(
        {"walk": cohort().model_copy(update={"measures": speed})}, ExportOptions()
    )
    assert frames["measures"]["unit"].tolist() == ["m/s"]


@pytest.mark.parametrize(
    "reason",
    [
        "a stride is one period: a frequency is known to 1 / its duration only",
        "its error is above 4 %, of 100 steps/min",
        "the hand moves at 30 mm/s, the pelvis turns by 95°/s",
        "3 of 10 strides/side and 2 N/kg, i.e. too few",
        "the setting preparation.cutoff_hz is above 1/2 of the rate (12.5 frames/s)",
    ],
)
def test_a_reason_with_a_unit_names_no_file(reason: str) -> None:
    missing = {"cadence": Measure(value=None, unit="steps/min", n=0, reason=reason)}
    report = cohort().model_copy(update={"measures": missing})
    frames = report_frames({"walk": report}, ExportOptions())
    assert frames["measures"]["reason"].tolist() == [reason]


@pytest.mark.parametrize(
    "reason",
    ["/data/Ann", r"C:\Ann\walk", "C:/Ann", "~/Ann: is a folder", '"/data/Ann"', "Ann.walk.JSON"],
)
def test_a_reason_that_names_a_file_is_withheld(reason: str) -> None:
    missing = {"cadence": Measure(value=None, unit="steps/min", n=0, reason=reason)}
    report = cohort().model_copy(update={"measures": missing})
    frames = report_frames({"walk": report}, ExportOptions())
    assert "Ann" not in frames["measures"]["reason"].tolist()[0]


def test_a_rate_names_no_file() -> None:
    rates = {"rate": Assumption(source=Source.FILE, value="30 frames/s", detail="/data/Ann")}
    frames = report_frames(
        {"walk": cohort().model_copy(update={"assumptions": rates})}, ExportOptions()
    )
    assert frames["assumptions"]["value"].tolist() == ["30 frames/s"]
    assert "Ann" not in frames["assumptions"]["detail"].tolist()[0]


def test_nobodys_name_is_in_the_tables_of_a_cohort(tmp_path: Path) -> None:
    for name in ("csv", "matlab"):
        export(cohort(), tmp_path / name, name)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 4
    for path in files:
        assert b"quackenbush" not in path.read_bytes().lower(), path


@pytest.mark.parametrize(
    ("axes", "cameras", "first_number"),
    [("lab", (), 124), ("lab", ("side", "front"), 125), ("camera", (), 125)],
)
def test_frames_keep_the_numbers_of_their_recording(
    axes: str, cameras: tuple[str, ...], first_number: int
) -> None:
    """Files of markers count from 1, videos from 0: a C3D file of either is on the same clock."""
    changes = {"first_frame": 124, "axes": axes, "cameras": cameras, "up": (0.0, -1.0, 0.0)}
    body = known_body(4).model_copy(update=changes)
    assert Movement.from_reconstruction(body).first_number == first_number


def test_labels_of_a_cohort_are_kept_if_they_are_wanted(tmp_path: Path) -> None:
    export(cohort(), tmp_path / "tables", "csv", subject_label="own")
    with (tmp_path / "tables" / "trials.csv").open() as lines:
        assert [row["subject"] for row in csv.DictReader(lines)][1] == "Ann"


def test_one_person_of_several() -> None:
    predictions = make_predictions(track_ids=[0, 1, 1, 1, 0, 1], segmentations={})
    tracks = sorted(set(predictions.track_ids.tolist()))
    assert len(tracks) > 1
    content = content_of(predictions, subject=f"track:{tracks[1]}")
    assert content.predictions is not None
    alone = content.predictions
    assert set(alone.track_ids.tolist()) == {tracks[1]}
    assert len(alone.time_s) == len(predictions.time_s)
    rows = predictions.track_ids == tracks[1]
    np.testing.assert_array_equal(alone.poses3d, predictions.poses3d[rows])
    np.testing.assert_array_equal(alone.frame_index, predictions.frame_index[rows])


def test_kinds() -> None:
    assert content_of(known_body()).kinds == {Kind.MOVEMENT, Kind.BODY}
    assert content_of(cohort()).kinds == {Kind.REPORTS}
    with pytest.raises(FileFormatError, match="int"):
        content_of(3)


def test_names_in_warnings_of_marker_files_are_numbered() -> None:
    recording = MarkerRecording(
        format="c3d",
        names=("Ann:LKNE", "Bob:LKNE"),
        time_s=np.arange(3.0),
        positions_mm=np.ones((3, 2, 3)),
        rate_hz=1.0,
        subjects=("Ann", "Bob"),
        warnings=("2 markers are called Ann:LKNE",),
    )
    movement = Movement.from_recording(recording)
    assert movement.names == ("1:LKNE", "2:LKNE")
    assert "2 markers are called 1:LKNE" in movement.warnings


def test_sides_that_are_not_settled_are_missing() -> None:
    from neuropose.data import Exchange, Limbs

    doubt = Exchange(first=3, last=6, limbs=Limbs.LEGS, probability=0.5, settled=False)
    movement = Movement.from_reconstruction(known_body().model_copy(update={"exchanges": (doubt,)}))
    knee = movement.point("left_knee")
    assert knee is not None
    assert np.isnan(knee[3:7]).all()
    assert np.isfinite(knee[7:]).all()
