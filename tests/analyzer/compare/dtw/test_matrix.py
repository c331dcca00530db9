"""All pairs of many movements: the same as one by one, on any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropose.analyzer import ComparisonSettings, PoseSequence, dtw_all, dtw_matrix
from neuropose.analyzer.compare.dtw import DtwSettings, dtw, matrix
from neuropose.errors import SequenceError, SignalError
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

Array = NDArray[np.float64]


def cycles(count: int, seed: int = 0, depth: int = 4) -> list[Array]:
    random = np.random.default_rng(seed)
    return [
        random.normal(size=(random.integers(5, 40), depth)).cumsum(axis=0) for _ in range(count)
    ]


def walks() -> list[PoseSequence]:
    speeds = (0.6, 0.9, 1.2)
    return [
        walker_sequence(simulate_walk(WalkerParameters(speed_m_s=speed))).slice(
            1.0, 1.5 + speed / 4
        )
        for speed in speeds
    ]


ALL = [
    DtwSettings(),
    DtwSettings(cost="squared", step_pattern="symmetric2", band=0.1),
    DtwSettings(band_frames=0),
    DtwSettings(step_pattern="symmetric2"),
]


@pytest.mark.parametrize("settings", ALL)
@pytest.mark.parametrize("normalized", [True, False])
def test_every_pair_is_as_if_compared_alone(settings: DtwSettings, normalized: bool) -> None:
    movements = cycles(9)
    found = dtw_matrix(movements, settings=settings, normalized=normalized)
    for i, one in enumerate(movements):
        for j, other in enumerate(movements):
            alone = dtw(one, other, settings)
            wanted = alone.normalized_distance if normalized else alone.distance
            assert found.distances[i, j] == wanted
    np.testing.assert_array_equal(found.distances, found.distances.T)
    assert found.frames == tuple(len(each) for each in movements)
    assert (found.normalized, found.settings, found.warnings) == (normalized, settings, {})
    with pytest.raises(ValueError, match="read-only"):
        found.distances[0, 0] = 1.0


@pytest.mark.parametrize("settings", ALL)
def test_others_are_columns(settings: DtwSettings) -> None:
    movements, others = cycles(5), cycles(3, seed=1)
    found = dtw_matrix(movements, others, settings)
    assert found.distances.shape == (5, 3)
    assert found.distances[4, 1] == dtw(movements[4], others[1], settings).distance
    assert found.distances[0, 2] == dtw(movements[0], others[2], settings).distance
    np.testing.assert_array_equal(
        found.distances.T, dtw_matrix(others, movements, settings).distances
    )
    np.testing.assert_array_equal(
        dtw_matrix(movements, movements, settings).distances,
        dtw_matrix(movements, settings=settings).distances,
    )


def test_it_does_not_depend_on_the_number_of_threads() -> None:
    movements = cycles(25)
    matrices = [dtw_matrix(movements, workers=workers).distances for workers in (1, 2, 3, 16)]
    for each in matrices[1:]:
        np.testing.assert_array_equal(each, matrices[0])


def test_arrays_of_movements() -> None:
    """All movements of one length, in one array."""
    both = np.random.default_rng(1).normal(size=(7, 9, 2))
    found = dtw_matrix(both[:4], both[4:]).distances
    np.testing.assert_array_equal(found, dtw_matrix(both).distances[:4, 4:])


@pytest.mark.parametrize("count", [1, 2, 30])
def test_progress_goes_on_to_the_end(count: int) -> None:
    seen: list[tuple[int, int]] = []
    dtw_matrix(cycles(count), progress=lambda done, of: seen.append((done, of)), workers=2)
    pairs = count * (count - 1) // 2
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert {of for _, of in seen} <= {pairs}
    assert (seen[-1][0] if seen else 0) == pairs
    assert len(seen) > 20 or count < 30


def test_no_block_is_so_long_that_it_could_not_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(matrix, "_BLOCK_TERMS", 1)
    dtw_matrix(cycles(30), progress=lambda done, _: calls.append(done), workers=1)
    assert len(calls) == 30 * 29 // 2, "one pair at a time"


def test_what_progress_raises_ends_it() -> None:
    calls = []

    def stop(done: int, of: int) -> None:
        calls.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dtw_matrix(cycles(30), progress=stop)
    assert len(calls) == 1


def test_sequences_are_represented_as_for_two_of_them() -> None:
    for settings in (
        ComparisonSettings(align="body"),
        ComparisonSettings(align="body", scale=True, representation="velocities"),
        ComparisonSettings(representation="angles", joints=("left_knee_flexion",)),
        ComparisonSettings(joints=("neck", "left_heel")),
    ):
        found = dtw_matrix(walks(), settings=settings).distances
        for i, one in enumerate(walks()):
            for j, other in enumerate(walks()):
                assert found[i, j] == pytest.approx(
                    dtw_all(one, other, settings).distance, abs=1e-9
                )


def test_frames_are_laid_over_the_first_movement() -> None:
    settings = ComparisonSettings(align="frame")
    found = dtw_matrix(walks(), settings=settings).distances
    assert found[0, 1] == pytest.approx(dtw_all(walks()[0], walks()[1], settings).distance)
    assert found[0, 2] == pytest.approx(dtw_all(walks()[0], walks()[2], settings).distance)


def test_array_settings_do_for_sequences() -> None:
    band = DtwSettings(band=0.2)
    wanted = dtw_matrix(walks(), settings=ComparisonSettings(band=0.2)).distances
    np.testing.assert_array_equal(dtw_matrix(walks(), settings=band).distances, wanted)


def test_warnings_are_by_movement() -> None:
    movements = cycles(4)
    movements[2][1] = np.nan
    found = dtw_matrix(movements, settings=DtwSettings(nan_policy="drop"))
    assert list(found.warnings) == [2]
    assert found.warnings[2][0].endswith("frames of movement 2: left out")
    assert found.frames[2] == len(movements[2]) - 1
    with pytest.raises(SignalError, match="movement 2: not known"):
        dtw_matrix(movements)


@pytest.mark.parametrize(
    ("movements", "options", "message"),
    [
        ([], {}, "no movements"),
        ([np.ones((3, 2)), np.ones((3, 3))], {}, "2 and 3 values a frame"),
        ([np.ones(3), [np.inf, 1.0]], {}, "infinite"),
        ([np.ones(3), []], {}, "movement 1 has no frames"),
        ([[1e200], [-1e200]], {}, "overflows"),
        ([np.ones(3)], {"workers": 0}, "0 workers"),
    ],
)
def test_refusals(movements: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(SignalError, match=message):
        dtw_matrix(movements, **options)


def test_sequences_have_no_one_alignment_as_a_whole_and_do_not_mix_with_arrays() -> None:
    with pytest.raises(SequenceError, match="as a whole"):
        dtw_matrix(walks(), settings=ComparisonSettings(align="sequence"))
    with pytest.raises(SignalError, match="arrays cannot be compared"):
        dtw_matrix([*walks(), np.ones((3, 99))])
