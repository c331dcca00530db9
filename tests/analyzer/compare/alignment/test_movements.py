"""Movements laid over one another, frame over frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from neuropose.analyzer import (
    Alignment,
    FrameAlignments,
    PoseSequence,
    align_points,
    align_sequence,
)
from neuropose.errors import AlignmentError, MissingJointsError, SequenceError
from neuropose.testing import CameraView, simulate_walk, walker_sequence

WALK = simulate_walk()
LAB = walker_sequence(WALK)
VIEW = CameraView(heading_deg=40.0, tilt_deg=12.0)


def test_a_recording_of_a_camera_is_brought_into_the_room() -> None:
    seen = walker_sequence(WALK, VIEW)
    result = align_sequence(seen, LAB)
    assert isinstance(result.alignment, Alignment)
    np.testing.assert_allclose(result.sequence.positions_mm, LAB.positions_mm, atol=1e-6)
    assert result.sequence.frame is LAB.frame
    assert result.sequence.up is not None
    assert result.sequence.up.tolist() == [0.0, 1.0, 0.0]
    assert result.joints == LAB.counted_once()
    assert result.alignment.points == len(LAB) * 33


def test_frame_by_frame_only_the_shape_is_left() -> None:
    random = np.random.default_rng(1)
    turns = Rotation.random(len(LAB), rng=random).as_matrix()
    tumbling = LAB.with_positions(LAB.positions_mm @ turns + random.normal(size=(len(LAB), 1, 3)))
    result = align_sequence(tumbling, LAB, per="frame")
    assert isinstance(result.alignment, FrameAlignments)
    np.testing.assert_allclose(result.sequence.positions_mm, LAB.positions_mm, atol=1e-8)
    as_a_whole = align_sequence(tumbling, LAB).alignment
    assert isinstance(as_a_whole, Alignment)
    assert as_a_whole.rms_after_mm > 100.0


def test_size_can_be_adapted() -> None:
    child = LAB.with_positions(0.6 * LAB.positions_mm)
    found = align_sequence(child, LAB, scale=True).alignment
    assert found.scale == pytest.approx(1.0 / 0.6)
    assert align_sequence(child, LAB).alignment.scale == 1.0


def test_some_joints_can_determine_it_and_all_are_moved() -> None:
    lifted = LAB.positions_mm @ Rotation.from_euler("y", 25, degrees=True).as_matrix()
    lifted[:, LAB.joints.index("left_wrist")] += 300.0
    joints = ("left_hip", "right_hip", "neck", "left_knee")
    result = align_sequence(LAB.with_positions(lifted), LAB, joints=joints)
    assert result.joints == joints
    off = result.sequence.positions_mm - LAB.positions_mm
    off[:, LAB.joints.index("left_wrist")] = 0.0
    assert np.abs(off).max() < 1e-6


def test_joints_that_are_made_of_others_do_not_weigh_twice() -> None:
    raised = LAB.positions_mm.copy()
    for name in ("left_hip", "pelvis"):  # the pelvis is half way between the hips
        raised[:, LAB.joints.index(name), 1] += 300.0 if name == "left_hip" else 150.0
    bent = LAB.with_positions(raised)
    own = [np.stack(each.require(*LAB.counted_once()), axis=1) for each in (bent, LAB)]
    found = align_sequence(bent, LAB).alignment
    assert isinstance(found, Alignment)
    np.testing.assert_array_equal(found.rotation, align_points(*own).rotation)
    assert found.rms_before_mm == pytest.approx(300.0 / np.sqrt(33))


def test_joints_are_taken_by_name() -> None:
    shuffled = LAB.select(*reversed(LAB.joints[3:]))
    found = align_sequence(shuffled, LAB)
    assert found.joints == shuffled.counted_once()
    assert found.alignment.rms_after_mm == pytest.approx(0.0, abs=1e-8)


def test_frames_that_cannot_be_aligned_are_told() -> None:
    positions_mm = LAB.positions_mm.copy()
    positions_mm[5:8, 1:] = np.nan
    result = align_sequence(LAB.with_positions(positions_mm), LAB, per="frame")
    assert result.sequence.warnings == (f"3 of {len(LAB)} frames cannot be aligned",)
    assert isinstance(result.alignment, FrameAlignments)
    assert [frame for frame, _ in result.alignment.refused] == [5, 6, 7]


def test_a_movement_with_exchanged_sides_is_told() -> None:
    """As a model does it that takes the left for the right: the body is its own mirror image."""
    exchanged = LAB.positions_mm * [1.0, 1.0, -1.0]
    swapped = align_sequence(LAB.with_positions(exchanged), LAB)
    told = "it would fit better mirrored: left and right may be exchanged"
    assert swapped.sequence.warnings == (told,)
    frames = align_sequence(LAB.with_positions(exchanged), LAB, per="frame").sequence.warnings
    assert frames == (f"{len(LAB)} of {len(LAB)} frames" + told[2:],)
    assert align_sequence(LAB, LAB).sequence.warnings == ()


def test_refusals() -> None:
    with pytest.raises(SequenceError, match="359 frames cannot be aligned with 360"):
        align_sequence(LAB.slice(0.01, 10.0), LAB)
    with pytest.raises(MissingJointsError, match="no tail"):
        align_sequence(LAB, LAB, joints=("neck", "tail", "left_hip"))
    with pytest.raises(AlignmentError, match="2 pairs"):
        align_sequence(LAB.slice(0.0, 0.0), LAB.slice(0.0, 0.0), joints=("neck", "left_hip"))
    stranger = replace(LAB, joints=tuple(f"m{n}" for n in range(len(LAB.joints))), aliases={})
    assert isinstance(stranger, PoseSequence)
    with pytest.raises(SequenceError, match="no joint in common"):
        align_sequence(stranger, LAB)
