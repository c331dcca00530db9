"""From the raw file to gait events, without any option, for the marker sets in use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.analyzer.tasks.gait.walks import errors_ms, trial
from tests.io.c3d_files import c3d_bytes
from tests.marker_sets import SETS, dressed
from tests.trc_files import write_trc

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks.gait import analyze_gait
from neuropose.errors import MissingJointsError
from neuropose.testing import walker_sequence

TRUTH = trial()
WALK = walker_sequence(TRUTH)
TO_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
LATEST_MS = {"initial_contact": 40.0, "foot_off": 70.0}
"""Markers beside a joint, and two for one, are elsewhere than what the walker's truth is of."""


def check_events(sequence: PoseSequence) -> None:
    events = analyze_gait(sequence).events
    found = {(event.side, event.kind) for event in events}
    assert len(found) == 4
    for kind, latest_ms in LATEST_MS.items():
        errors = errors_ms(events, TRUTH, kind)
        assert len(errors) > 8
        assert abs(np.median(errors)) < latest_ms


@pytest.mark.parametrize("name", SETS)
def test_trc_of_z_up(tmp_path: Path, name: str) -> None:
    places = dressed(WALK, SETS[name])
    positions_mm = np.stack(list(places.values()), axis=1) @ TO_Z_UP.T
    path = tmp_path / "walk.trc"
    write_trc(path, WALK.time_s, positions_mm, list(places))
    sequence = PoseSequence.from_trc(path)
    assert sequence.up is not None
    assert sequence.up.tolist() == [0.0, 0.0, 1.0]
    check_events(sequence)


@pytest.mark.parametrize("name", SETS)
def test_c3d_that_states_that_down_is_up(tmp_path: Path, name: str) -> None:
    places = dressed(WALK, SETS[name])
    points = np.stack(list(places.values()), axis=1) / 1000.0
    path = tmp_path / "walk.c3d"
    rate_hz = WALK.sampling_rate_hz
    path.write_bytes(
        c3d_bytes(points, list(places), rate_hz=rate_hz, units="mete", up="-Y", first_frame=705)
    )
    check_events(PoseSequence.from_c3d(path))


@pytest.mark.parametrize(("name", "width_mm"), [("Plug-in Gait", np.nan), ("CGM2", 90.0)])
def test_markers_beside_the_ankles_are_no_heels_in_widths(
    tmp_path: Path, name: str, width_mm: float
) -> None:
    """Two of them are as much as 90 mm further apart; the centres of ankles are not."""
    places = {k: place for k, place in dressed(WALK, SETS[name]).items() if "HEE" not in k}
    path = tmp_path / "walk.trc"
    write_trc(path, WALK.time_s, np.stack(list(places.values()), axis=1), list(places))
    analysis = analyze_gait(PoseSequence.from_trc(path))
    np.testing.assert_allclose(analysis.values("step_width"), width_mm, atol=0.5)
    np.testing.assert_allclose(
        analysis.values("stride_length"), TRUTH.parameters.stride_length_mm, rtol=0.01
    )
    assert np.isnan(analysis.values("margin_of_stability_ml")).all() == np.isnan(width_mm)


def test_a_label_without_data_hides_no_other(tmp_path: Path) -> None:
    places = dressed(WALK, SETS["Plug-in Gait"])
    nowhere = np.full((len(WALK), 3), np.nan)
    places |= {"LHJC": nowhere, "RHJC": nowhere, "LHeel": nowhere, "L_FM2": nowhere}
    seldom = nowhere.copy()
    seldom[10:20] = places["LKNE"][10:20]
    places |= {"LKJC": seldom}
    path = tmp_path / "walk.c3d"
    points = np.stack(list(places.values()), axis=1)
    path.write_bytes(c3d_bytes(points, list(places), rate_hz=60.0, up="+Y"))
    sequence = PoseSequence.from_c3d(path)
    assert np.isfinite(sequence.joint("left_knee")).all()
    assert np.isfinite(sequence.joint("left_hip")).all()
    check_events(sequence)


def test_heels_that_were_never_seen_leave_the_ankles(tmp_path: Path) -> None:
    places = dressed(WALK, SETS["Pose2Sim"])
    places["RHeel"] = np.full((len(WALK), 3), np.nan)
    path = tmp_path / "walk.trc"
    write_trc(path, WALK.time_s, np.stack(list(places.values()), axis=1), list(places))
    sequence = PoseSequence.from_trc(path)
    assert not sequence.has("right_heel")
    assert len(analyze_gait(sequence).events) > 8


def test_what_is_missing_is_named_with_what_to_do(tmp_path: Path) -> None:
    places = dressed(WALK, SETS["Plug-in Gait"])
    names = [f"M{number}" for number in range(len(places))]
    path = tmp_path / "walk.trc"
    write_trc(path, WALK.time_s, np.stack(list(places.values()), axis=1), names)
    with pytest.raises(MissingJointsError, match="the TRC file has no left_hip") as refusal:
        analyze_gait(PoseSequence.from_trc(path, up="y"))
    hint = str(refusal.value.hint)
    assert "markers={'left_hip': ['NAME']}" in hint
    assert "the file has M0, M1, M2" in hint
