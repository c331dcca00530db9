"""The axes of the body that moves: place, direction and, if asked, size do not matter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from neuropose.analyzer import PoseSequence, in_body_frame
from neuropose.analyzer.compare.alignment import SIZED_MM
from neuropose.errors import AlignmentError, MissingJointsError, VerticalError
from neuropose.testing import CameraView, simulate_walk, walker_sequence

WALK = simulate_walk()
LAB = walker_sequence(WALK)


def moved(sequence: PoseSequence, turn_deg: float, size: float = 1.0) -> PoseSequence:
    """The same walk elsewhere in the room, in another direction."""
    turn = Rotation.from_euler("y", turn_deg, degrees=True).as_matrix()
    return sequence.with_positions(size * (sequence.positions_mm @ turn.T + [700.0, 0.0, -900.0]))


def test_axes_are_the_bodys() -> None:
    body = in_body_frame(LAB)
    assert body.sequence.up is not None
    assert body.sequence.up.tolist() == [0.0, 1.0, 0.0]
    left, right, neck, toe, heel = body.sequence.require(
        "left_hip", "right_hip", "neck", "left_toe", "left_heel"
    )
    assert (right[:, 2] > 50.0).all()
    assert (left[:, 2] < -50.0).all()
    assert (neck[:, 1] > 300.0).all()
    assert ((toe - heel)[:, 0] > 0.0).mean() > 0.95
    np.testing.assert_allclose(body.sequence.joint("pelvis"), 0.0, atol=1e-9)
    np.testing.assert_allclose(
        body.axes @ np.swapaxes(body.axes, 1, 2), [np.eye(3)] * 360, atol=1e-9
    )
    assert np.linalg.det(body.axes) == pytest.approx(np.ones(360))


def test_back_in_the_room_it_is_the_recording() -> None:
    body = in_body_frame(LAB, size="leg")
    assert body.size_mm is not None
    sized_mm = body.sequence.positions_mm * (body.size_mm / SIZED_MM)
    back_mm = np.einsum("tij,tpj->tpi", body.axes, sized_mm) + body.origin_mm[:, None]
    np.testing.assert_allclose(back_mm, LAB.positions_mm, atol=1e-8)


@pytest.mark.parametrize("turn_deg", [0.0, 35.0, 90.0, 180.0, -120.0])
@pytest.mark.parametrize("follow", [True, False])
def test_place_and_direction_do_not_matter(turn_deg: float, follow: bool) -> None:
    here, there = (in_body_frame(each, follow=follow) for each in (LAB, moved(LAB, turn_deg)))
    np.testing.assert_allclose(
        here.sequence.positions_mm, there.sequence.positions_mm, rtol=0, atol=1e-6
    )


def test_a_tilted_camera_sees_nearly_the_same() -> None:
    """Its vertical is estimated: within a degree or so."""
    seen = in_body_frame(walker_sequence(WALK, CameraView(heading_deg=70.0, tilt_deg=10.0)))
    truth = in_body_frame(LAB)
    apart_mm = np.linalg.norm(seen.sequence.positions_mm - truth.sequence.positions_mm, axis=2)
    assert np.median(apart_mm) < 20.0


@pytest.mark.parametrize("size", ["leg", "trunk"])
def test_size_does_not_matter_if_asked(size: Any) -> None:
    adult, child = (in_body_frame(each, size=size) for each in (LAB, moved(LAB, 20.0, size=0.55)))
    np.testing.assert_allclose(
        adult.sequence.positions_mm, child.sequence.positions_mm, rtol=0, atol=1e-6
    )
    assert adult.size_mm is not None
    assert child.size_mm == pytest.approx(0.55 * adult.size_mm)
    assert adult.size_of == size


def test_the_length_of_the_leg_is_that_of_the_walker() -> None:
    body = in_body_frame(LAB, size="leg")
    hip, knee, ankle = LAB.require("left_hip", "left_knee", "left_ankle")
    length = np.linalg.norm(hip - knee, axis=1) + np.linalg.norm(knee - ankle, axis=1)
    assert body.size_mm == pytest.approx(np.median(length), rel=1e-6)
    hip, knee, ankle = body.sequence.require("left_hip", "left_knee", "left_ankle")
    length = np.linalg.norm(hip - knee, axis=1) + np.linalg.norm(knee - ankle, axis=1)
    assert np.median(length) == pytest.approx(SIZED_MM, rel=1e-6)


def test_a_length_can_be_given() -> None:
    body = in_body_frame(LAB, size=2000.0)
    assert (body.size_mm, body.size_of) == (2000.0, "given")
    unsized = in_body_frame(LAB)
    assert (unsized.size_mm, unsized.size_of) == (None, None)
    np.testing.assert_allclose(
        body.sequence.positions_mm, 0.5 * unsized.sequence.positions_mm, atol=1e-9
    )


def test_one_leg_is_enough() -> None:
    positions_mm = LAB.positions_mm.copy()
    positions_mm[:, LAB.joints.index("right_ankle")] = np.nan
    one_legged = in_body_frame(LAB.with_positions(positions_mm), size="leg")
    assert one_legged.size_mm == pytest.approx(in_body_frame(LAB, size="leg").size_mm, rel=1e-3)


def test_a_missing_root_makes_the_frame_missing() -> None:
    positions_mm = LAB.positions_mm.copy()
    positions_mm[10, LAB.joints.index("pelvis")] = np.nan
    body = in_body_frame(LAB.with_positions(positions_mm)).sequence
    assert np.flatnonzero(np.isnan(body.positions_mm).all(axis=(1, 2))).tolist() == [10]


def turning() -> PoseSequence:
    """There and back: the second half is the first one turned round."""
    half = len(LAB) // 2
    turned = moved(LAB, 180.0).positions_mm[:half]
    return LAB.with_positions(np.concatenate([LAB.positions_mm[:half], turned]))


def test_who_turns_has_no_one_heading() -> None:
    with pytest.raises(AlignmentError, match="turns"):
        in_body_frame(turning(), follow=False)
    followed = in_body_frame(turning()).sequence
    right = followed.joint("right_hip")[:, 2]
    assert (right[:120] > 50.0).all()
    assert (right[-120:] > 50.0).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": "arm"}, "unknown body length 'arm'"),
        ({"size": -5.0}, "not known: -5"),
        ({"size": float("nan")}, "not known"),
    ],
)
def test_body_lengths_that_cannot_be(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(AlignmentError, match=message):
        in_body_frame(LAB, **wrong)


def test_a_leg_that_is_never_seen_has_no_length() -> None:
    positions_mm = LAB.positions_mm.copy()
    for side in ("left", "right"):
        positions_mm[:, LAB.joints.index(f"{side}_knee")] = np.nan
    with pytest.raises(AlignmentError, match="the body length is not known: leg"):
        in_body_frame(LAB.with_positions(positions_mm), size="leg")


def test_joints_that_are_not_there() -> None:
    with pytest.raises(MissingJointsError, match="left_knee"):
        in_body_frame(LAB.select("pelvis", "neck", "left_hip", "right_hip"), size="leg")
    with pytest.raises(MissingJointsError, match="sternum"):
        in_body_frame(LAB, root="sternum")


def test_doubts_about_vertical_and_heading_are_passed_on() -> None:
    lying = LAB.with_positions(
        LAB.positions_mm @ Rotation.from_euler("z", 90, degrees=True).as_matrix()
    )
    with pytest.raises(VerticalError):
        in_body_frame(lying)
    body = in_body_frame(replace(lying, up_confirmed=True))
    assert body.sequence.warnings == body.facing.warnings
    assert body.sequence.warnings
