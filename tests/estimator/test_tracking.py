"""Identities against people whose identity is known."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from neuropose.data import UNTRACKED, FrameGap
from neuropose.estimator import Tracker, assign_tracks, tracking
from neuropose.testing import synthetic_predictions

HEIGHT_PX = 200.0
WALKING_PX_S = 150.0  # about 1.3 m/s
STRIDE_S = 1.1
FPS = 30.0

Pose = NDArray[np.float64]


def walker(time_s: float, x_px: float, *, y_px: float = 300.0, phase: float = 0.0) -> Pose:
    """Nose, shoulders, wrists, hips and ankles of somebody seen from the side, shape (9, 2)."""
    swing = 0.15 * HEIGHT_PX * np.sin(2.0 * np.pi * (time_s / STRIDE_S + phase))
    across = np.array([0.05, 0.0, 0.0, 0.6, -0.6, 0.0, 0.0, -1.0, 1.0])
    across_px = np.where(np.abs(across) < 0.5, across * HEIGHT_PX, across * swing)
    down_px = HEIGHT_PX * np.array([-0.45, -0.3, -0.3, 0.0, 0.0, 0.0, 0.0, 0.45, 0.45])
    return np.column_stack([x_px + across_px, y_px + down_px])


def track(
    times_s: Sequence[float], people: Sequence[Sequence[Pose | None]], orders: np.random.Generator
) -> list[dict[int, int]]:
    """Track ids by person, frame after frame; the order of detections changes all the time."""
    tracker = Tracker()
    frames = []
    for number, time_s in enumerate(times_s):
        seen = [person for person, poses in enumerate(people) if poses[number] is not None]
        orders.shuffle(seen)
        poses = np.array([people[person][number] for person in seen]).reshape(-1, 9, 2)
        ids = tracker.update(time_s, poses)
        frames.append(dict(zip(seen, ids.tolist(), strict=True)))
    return frames


def identities(frames: list[dict[int, int]], person: int) -> list[int]:
    """The ids that a person had, in order of first appearance."""
    return list(dict.fromkeys(ids[person] for ids in frames if person in ids))


def kept_apart(frames: list[dict[int, int]], people: int) -> bool:
    found = [identities(frames, person) for person in range(people)]
    return sorted(found) == [[track_id] for track_id in range(people)]


seeds = st.integers(0, 2**32 - 1)
phases = st.floats(0.0, 1.0)


class TestTwoPeopleWhoCross:
    @given(
        seed=seeds,
        fps=st.sampled_from([15.0, 24.0, 30.0, 60.0]),
        speed=st.floats(0.6, 1.6),
        phase=phases,
        hidden_s=st.one_of(st.just(0.0), st.floats(0.05, 0.8)),
    )
    @settings(max_examples=80, deadline=None)
    def test_in_opposite_directions(
        self, seed: int, fps: float, speed: float, phase: float, hidden_s: float
    ) -> None:
        times_s = np.arange(0.0, 4.0, 1.0 / fps)
        near = [walker(t, 600.0 + WALKING_PX_S * (t - 2.0)) for t in times_s]
        far = [
            None
            if abs(t - 2.0) < hidden_s / 2.0
            else walker(t, 600.0 - speed * WALKING_PX_S * (t - 2.0), y_px=290.0, phase=phase)
            for t in times_s
        ]
        frames = track(times_s, [near, far], np.random.default_rng(seed))
        assert kept_apart(frames, 2)

    @given(
        seed=seeds,
        fps=st.sampled_from([15.0, 24.0, 30.0, 60.0]),
        faster=st.floats(1.5, 2.0),
        phase=phases,
        hidden_s=st.one_of(st.just(0.0), st.floats(0.05, 0.8)),
    )
    @settings(max_examples=80, deadline=None)
    def test_one_overtakes_the_other(
        self, seed: int, fps: float, faster: float, phase: float, hidden_s: float
    ) -> None:
        times_s = np.arange(0.0, 6.0, 1.0 / fps)
        near = [walker(t, 800.0 + faster * WALKING_PX_S * (t - 3.0)) for t in times_s]
        far = [
            None
            if abs(t - 3.0) < hidden_s / 2.0
            else walker(t, 800.0 + WALKING_PX_S * (t - 3.0), y_px=285.0, phase=phase)
            for t in times_s
        ]
        frames = track(times_s, [near, far], np.random.default_rng(seed))
        assert kept_apart(frames, 2)


class TestOrderOfDetections:
    @given(seed=seeds, people=st.integers(1, 4), data=st.data())
    @settings(max_examples=50, deadline=None)
    def test_any_order_gives_the_same_identities(
        self, seed: int, people: int, data: st.DataObject
    ) -> None:
        times_s = np.arange(20) / FPS
        rng = np.random.default_rng(seed)
        starts = 150.0 * np.arange(people) + rng.uniform(-30.0, 30.0, people)
        speeds = rng.uniform(-200.0, 200.0, people)
        poses = [
            np.array(
                [
                    walker(t, starts[person] + speeds[person] * t) + rng.normal(0.0, 1.0, (9, 2))
                    for t in times_s
                ]
            )
            for person in range(people)
        ]
        sorted_tracker, shuffled_tracker = Tracker(), Tracker()
        same_as: dict[int, int] = {}
        for number, time_s in enumerate(times_s):
            order = data.draw(st.permutations(range(people)))
            frame = np.array([person[number] for person in poses])
            wanted = sorted_tracker.update(time_s, frame)
            shuffled = shuffled_tracker.update(time_s, frame[list(order)])
            for row, person in enumerate(order):
                assert same_as.setdefault(int(shuffled[row]), int(wanted[person])) == wanted[person]
        assert len(set(same_as.values())) == len(same_as)

    def test_ids_are_whole_numbers_from_0_in_order_of_appearance(self) -> None:
        tracker = Tracker()
        first, second, third = (walker(0.0, x_px) for x_px in (100.0, 500.0, 900.0))
        ids = tracker.update(0.0, np.array([first, second]))
        assert ids.dtype == np.int32
        assert ids.tolist() == [0, 1]
        assert tracker.update(0.1, np.array([third, second, first])).tolist() == [2, 1, 0]
        assert tracker.update(0.2, np.empty((0, 9, 2))).tolist() == []
        assert tracker.update(0.3, np.array([second])).tolist() == [1]


class TestComingAndGoing:
    def test_somebody_else_far_away_gets_a_new_id(self) -> None:
        times_s = np.arange(60) / FPS
        leaves = [walker(t, 100.0) if t < 1.0 else None for t in times_s]
        enters = [walker(t, 1500.0) if t >= 1.1 else None for t in times_s]
        frames = track(times_s, [leaves, enters], np.random.default_rng(0))
        assert (identities(frames, 0), identities(frames, 1)) == ([0], [1])

    @pytest.mark.parametrize(("gap_s", "ids"), [(0.5, [0]), (0.9, [0]), (1.1, [0, 1])])
    def test_short_gaps_are_bridged_and_long_ones_are_not(
        self, gap_s: float, ids: list[int]
    ) -> None:
        times_s = np.array([*np.arange(30), *(29.0 + gap_s * FPS + np.arange(30))]) / FPS
        poses = [walker(t, 200.0 + WALKING_PX_S * t) for t in times_s]
        frames = track(times_s, [poses], np.random.default_rng(0))
        assert identities(frames, 0) == ids

    def test_returning_after_a_long_absence_is_a_new_identity_beside_the_others(self) -> None:
        times_s = np.arange(120) / FPS
        stays = [walker(t, 300.0) for t in times_s]
        returns = [walker(t, 900.0) if t < 1.0 or t > 2.5 else None for t in times_s]
        frames = track(times_s, [stays, returns], np.random.default_rng(1))
        assert len(identities(frames, 0)) == 1
        first, second = identities(frames, 1)
        assert second == 2
        assert {*identities(frames, 0), first} == {0, 1}


class TestDifficultInput:
    @given(seed=seeds)
    @settings(max_examples=40, deadline=None)
    def test_missing_joints(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        times_s = np.arange(60) / FPS
        people = []
        for x_px, speed_px_s, y_px in ((200.0, 150.0, 300.0), (500.0, -150.0, 330.0)):
            poses = [walker(t, x_px + speed_px_s * t, y_px=y_px) for t in times_s]
            for pose in poses[1:]:
                pose[rng.permutation(9)[: rng.integers(9)]] = np.nan
            people.append(poses)
        frames = track(times_s, people, rng)
        assert kept_apart(frames, 2)

    def test_nothing_known_but_that_somebody_is_there(self) -> None:
        tracker = Tracker()
        nothing = np.full((2, 9, 2), np.nan)
        assert tracker.update(0.0, nothing).tolist() == [0, 1]
        assert tracker.update(0.1, nothing).tolist() == [2, 3]

    @given(seed=seeds, noise_px=st.floats(0.0, 3.0))
    @settings(max_examples=40, deadline=None)
    def test_variable_frame_rate_and_noise(self, seed: int, noise_px: float) -> None:
        rng = np.random.default_rng(seed)
        times_s = np.cumsum(rng.choice([0.008, 0.033, 0.05, 0.12, 0.3], size=60))
        people = [
            [
                walker(t, 300.0 + WALKING_PX_S * t) + rng.normal(0, noise_px, (9, 2))
                for t in times_s
            ],
            [
                walker(t, 900.0 - 40.0 * t, y_px=330.0) + rng.normal(0, noise_px, (9, 2))
                for t in times_s
            ],
            [walker(t, 600.0, y_px=800.0) + rng.normal(0, noise_px, (9, 2)) for t in times_s],
        ]
        frames = track(times_s, people, rng)
        assert kept_apart(frames, 3)

    def test_two_frames_of_one_time(self) -> None:
        tracker = Tracker()
        pose = walker(0.0, 100.0)[None]
        assert [tracker.update(time_s, pose)[0] for time_s in (0.0, 0.1, 0.1, 0.2)] == [0] * 4

    def test_input_is_left_alone(self) -> None:
        pose = walker(0.0, 100.0)[None].astype(np.float32)
        pose.flags.writeable = False
        tracker = Tracker()
        tracker.update(0.0, pose)
        assert tracker.update(0.1, pose).tolist() == [0]


class TestAssignTracks:
    def test_people_side_by_side(self) -> None:
        known = synthetic_predictions(frame_count=40, people=3)
        untracked = known.model_copy(update={"track_ids": np.full(120, UNTRACKED)})
        assigned = assign_tracks(untracked)
        assert np.array_equal(assigned.track_ids, known.track_ids)
        assert assigned.model_copy(update={"track_ids": untracked.track_ids}) == untracked

    def test_over_a_gap(self) -> None:
        gaps = (FrameGap(first_frame=10, last_frame=20, reason="no picture"),)
        known = synthetic_predictions(frame_count=40, people=2, gaps=gaps)
        assigned = assign_tracks(known.model_copy(update={"track_ids": np.full(58, UNTRACKED)}))
        assert np.array_equal(assigned.track_ids, known.track_ids)

    def test_nobody(self) -> None:
        assert assign_tracks(synthetic_predictions(frame_count=3, people=0)).track_ids.shape == (0,)

    def test_no_frames(self) -> None:
        assert assign_tracks(synthetic_predictions(frame_count=0)).track_ids.shape == (0,)

    def test_times_that_are_not_known(self) -> None:
        known = synthetic_predictions(frame_count=40, people=2)
        timeless = known.model_copy(update={"time_s": np.full(40, np.nan)})
        assert np.array_equal(assign_tracks(timeless).track_ids, known.track_ids)


@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    share=st.floats(0.0, 1.0),
)
def test_pairs_are_as_many_as_possible_and_the_cheapest(
    seed: int, shape: tuple[int, int], share: float
) -> None:
    rng = np.random.default_rng(seed)
    cost, possible = rng.random(shape), rng.random(shape) < share
    pairs = tracking._cheapest(cost, possible)
    assert all(possible[pair] for pair in pairs)
    wide = shape[0] <= shape[1]
    few, many = (cost, possible) if wide else (cost.T, possible.T), max(shape)
    best = min(
        (
            -sum(few[1][row, column] for row, column in enumerate(chosen)),
            sum(few[0][row, column] for row, column in enumerate(chosen) if few[1][row, column]),
        )
        for chosen in itertools.permutations(range(many), min(shape))
    )
    assert len(pairs) == -best[0]
    assert sum(cost[pair] for pair in pairs) == pytest.approx(best[1])
