"""The body that is played stands on its floor, as it was filmed or from its side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.prepared import PreparedRecording, prepare_recording
from neuropose.data import FrameGap
from neuropose.filters import Preparation
from neuropose.page.movement import in_picture, sticks
from neuropose.testing import (
    CameraView,
    simulate_sway,
    simulate_walk,
    synthetic_predictions,
    walker_sequence,
)
from neuropose.viz.bones import body_bones


def prepared(sequence: PoseSequence) -> PreparedRecording:
    return prepare_recording(sequence, Preparation())


class TestSticks:
    def test_it_walks_to_the_right_over_the_floor(self, walk: PoseSequence) -> None:
        body = sticks(prepared(walk))
        heels = [body.joints.index(f"{side}_heel") for side in ("left", "right")]
        head, pelvis = body.joints.index("head"), body.joints.index("pelvis")
        assert abs(np.nanmin(body.positions_mm[:, heels, 1])) < 60.0
        assert np.nanmin(body.positions_mm[:, head, 1]) > 1400.0
        assert body.positions_mm[-1, pelvis, 0] > body.positions_mm[0, pelvis, 0] + 2000.0
        assert body.seen_from == "from the side"

    def test_from_its_side_the_right_leg_is_nearer(self, walk: PoseSequence) -> None:
        body = sticks(prepared(walk))
        left, right = (body.joints.index(f"{side}_hip") for side in ("left", "right"))
        assert (body.positions_mm[:, right, 2] > body.positions_mm[:, left, 2]).all()

    def test_lengths_are_kept(self, walk: PoseSequence) -> None:
        body = sticks(prepared(walk))
        for first, last, _ in body.bones:
            there, here = (walk.joint(body.joints[end]) for end in (first, last))
            turned = body.positions_mm[:, first] - body.positions_mm[:, last]
            assert np.linalg.norm(turned, axis=1) == pytest.approx(
                np.linalg.norm(there - here, axis=1)
            )

    def test_somebody_who_stands_is_seen_from_the_front(self) -> None:
        body = sticks(prepared(simulate_sway().sequence))
        left, right = (body.joints.index(f"{side}_hip") for side in ("left", "right"))
        assert (body.positions_mm[:, left, 0] > body.positions_mm[:, right, 0]).all()
        assert body.seen_from == "from the front"

    def test_what_a_camera_saw_is_seen_as_it_was_filmed(self) -> None:
        trial = simulate_walk()
        filmed = walker_sequence(trial, CameraView(heading_deg=180.0))
        body = sticks(prepared(filmed))
        pelvis, head = body.joints.index("pelvis"), body.joints.index("head")
        assert body.seen_from == "as filmed"
        assert np.sign(np.diff(body.positions_mm[[0, -1], pelvis, 0])) == np.sign(
            np.diff(filmed.joint("pelvis")[[0, -1], 0])
        )
        assert (body.positions_mm[:, head, 1] > body.positions_mm[:, pelvis, 1]).all()

    def test_what_is_missing_stays_missing(self, walk: PoseSequence) -> None:
        positions_mm = walk.positions_mm.copy()
        positions_mm[30:40] = np.nan
        body = sticks(prepared(walk.with_positions(positions_mm)))
        assert np.isnan(body.positions_mm[30:40]).all()
        assert np.isfinite(body.positions_mm[:30]).all()


class TestBones:
    def test_without_a_trunk_sides_are_joined(self, walk: PoseSequence) -> None:
        limbs = walk.select(*[name for name in walk.joints if name not in ("neck", "pelvis")])
        joined = {
            frozenset((limbs.joints[first], limbs.joints[last]))
            for first, last, _ in body_bones(limbs)
        }
        assert {"left_shoulder", "right_shoulder"} in joined
        assert {"left_shoulder", "left_hip"} in joined

    def test_sides(self, walk: PoseSequence) -> None:
        for first, last, side in body_bones(walk):
            names = walk.joints[first], walk.joints[last]
            assert side == "middle" or all(
                name.startswith(side) or name in ("neck", "pelvis") for name in names
            )


class TestInPicture:
    def test_it_is_the_subject_frame_by_frame(self) -> None:
        gap = FrameGap(first_frame=0, last_frame=3, reason="the data is lost")
        predictions = synthetic_predictions(20, people=2, gaps=[gap])
        sequence = PoseSequence.from_predictions(predictions, "track:1")
        picture = in_picture(predictions, sequence)
        assert picture is not None
        assert sequence.first_frame == 4
        assert len(picture.points_px) == len(sequence) == 16
        frame = predictions.frames["frame_000009"]
        row = frame.track_ids.tolist().index(1)
        assert picture.points_px[5] == pytest.approx(frame.poses2d[row])
        assert {side for _, _, side in picture.bones} == {"left", "right", "middle"}

    def test_rows_that_are_not_frames_have_no_picture(self) -> None:
        predictions = synthetic_predictions(20)
        sequence = PoseSequence.from_predictions(predictions)
        assert in_picture(predictions, replace(sequence, first_frame=None)) is None
