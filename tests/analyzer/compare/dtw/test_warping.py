"""DTW against the plain algorithm, what its definition implies, and values that are missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from pydantic import ValidationError
from tests.analyzer.compare.dtw.plain import in_band, plain_dtw, plain_path, plain_radius

from neuropose.analyzer.compare.dtw import ComparisonSettings, DtwSettings, dtw, kernels
from neuropose.errors import SignalError
from neuropose.testing import simulate_walk, walker_sequence

Array = NDArray[np.float64]
NAN = np.nan

PAIRS = 1000
WAYS = [
    (cost, pattern) for cost in ("euclidean", "squared") for pattern in ("symmetric1", "symmetric2")
]
SETTINGS = st.builds(
    lambda way, band: DtwSettings(cost=way[0], step_pattern=way[1], **band),
    st.sampled_from(WAYS),
    st.one_of(
        st.just({}),
        st.integers(0, 12).map(lambda frames: {"band_frames": frames}),
        st.floats(0.0, 1.0).map(lambda share: {"band": share}),
    ),
)


def signals(depth: int) -> st.SearchStrategy[Array]:
    return hnp.arrays(np.float64, st.tuples(st.integers(1, 12), st.just(depth)), elements=VALUES)


VALUES = st.floats(-1e6, 1e6)
PAIR = st.integers(1, 5).flatmap(lambda depth: st.tuples(signals(depth), signals(depth)))


def random_pair(number: int) -> tuple[Array, Array, DtwSettings]:
    """Signals of unequal lengths, every other time of whole numbers, in which paths are equal."""
    random = np.random.default_rng(number)
    n, m = random.integers(1, 26, 2)
    depth = random.integers(1, 10)
    a, b = random.normal(size=(n, depth)), random.normal(size=(m, depth))
    if number % 2:
        a, b = np.round(a), np.round(b)
    cost, pattern = WAYS[number // 2 % 4]
    band: dict[str, Any] = [
        {},
        {"band": round(float(random.uniform()), 2)},
        {"band_frames": int(random.integers(0, 9))},
    ][number % 3]
    return a, b, DtwSettings(cost=cost, step_pattern=pattern, **band)


@pytest.mark.parametrize("first", range(0, PAIRS, 100))
def test_distance_and_path_are_those_of_the_plain_algorithm(first: int) -> None:
    for number in range(first, first + 100):
        a, b, settings = random_pair(number)
        totals, came = plain_dtw(a, b, settings)
        wanted = plain_path(came, (len(a) - 1, len(b) - 1))
        result = dtw(a, b, settings)
        assert result.distance == pytest.approx(totals[-1, -1], rel=1e-9, abs=1e-9)
        assert result.path is not None
        assert [tuple(pair) for pair in result.path.tolist()] == wanted, number
        weight = len(wanted) if settings.step_pattern == "symmetric1" else len(a) + len(b)
        assert result.normalized_distance == result.distance / weight
        assert result.frames == (len(a), len(b))
        assert result.band_frames == plain_radius(len(a), len(b), settings)
        alone = dtw(a, b, settings, path=False)
        assert (alone.distance, alone.path) == (result.distance, None)
        assert alone.normalized_distance == result.normalized_distance


@pytest.mark.parametrize("way", WAYS)
def test_longer_movements(way: tuple[Any, Any]) -> None:
    """So long that vectors are full, and of a length that leaves some over."""
    random = np.random.default_rng(7)
    a, b = random.normal(size=(131, 11)).cumsum(axis=0), random.normal(size=(90, 11)).cumsum(axis=0)
    for band in (None, 0.08):
        settings = DtwSettings(cost=way[0], step_pattern=way[1], band=band)
        totals, came = plain_dtw(a, b, settings)
        result = dtw(a, b, settings)
        assert result.distance == pytest.approx(totals[-1, -1], rel=1e-12)
        assert result.path is not None
        assert [tuple(pair) for pair in result.path.tolist()] == plain_path(came, (130, 89))


def test_steps_take_two_bits_for_each_cell_in_the_band() -> None:
    """18,000 frames and a band of 5 % take 8 MB; all the totals would take 260."""
    n, radius = 2000, 100
    movement = np.zeros((n, 4))
    start, stop = kernels.band_limits(n, n, radius)
    _, steps = kernels.path_steps(movement, movement.T.copy(), start, stop, True, 1.0)
    assert steps.nbytes == n * -(-(2 * radius + 1) // 4)


def test_without_a_path_the_numbers_are_the_same() -> None:
    for number in range(200):
        a, b, settings = random_pair(number)
        alone, whole = dtw(a, b, settings, path=False), dtw(a, b, settings)
        assert alone.distance == whole.distance
        assert alone.normalized_distance == whole.normalized_distance


def test_every_kind_of_pair_is_among_them() -> None:
    pairs = [random_pair(number) for number in range(PAIRS)]
    kinds = {
        (each.cost, each.step_pattern, each.band is None, each.band_frames is None)
        for _, _, each in pairs
    }
    assert len(kinds) == 4 * 3
    assert sum(len(a) != len(b) for a, b, _ in pairs) > 900
    assert sum(min(len(a), len(b)) == 1 for a, b, _ in pairs) > 10


@pytest.mark.parametrize("n", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("m", [1, 2, 5, 13, 20, 41])
def test_the_band_is_as_defined_and_always_lets_a_path_through(n: int, m: int) -> None:
    for radius in (0, 1, 2, 5, 50):
        start, stop = kernels.band_limits(n, m, radius)
        for i in range(n):
            inside = [j for j in range(m) if in_band(i, j, n, m, radius)]
            assert inside == list(range(start[i], stop[i])), (i, radius)
        assert (start[0], stop[-1]) == (0, m)
        assert (start < stop).all()
        assert (start[1:] <= stop[:-1]).all(), "a row must touch the next one"
        across = kernels.band_limits(m, n, radius)
        cells = {(i, j) for i in range(n) for j in range(start[i], stop[i])}
        assert cells == {(i, j) for j in range(m) for i in range(across[0][j], across[1][j])}


def test_a_share_of_the_band_is_not_lost_to_rounding() -> None:
    assert dtw(np.zeros(100), np.zeros(100), DtwSettings(band=0.29)).band_frames == 29
    assert dtw(np.zeros(40), np.zeros(60), DtwSettings(band=0.1)).band_frames == 6


@pytest.mark.parametrize("frames", [70, 10**9, 10**18, 10**30])
def test_a_band_wider_than_the_movements_is_none(frames: int) -> None:
    random = np.random.default_rng(1)
    a, b = (random.normal(size=(n, 2)).cumsum(axis=0) for n in (50, 70))
    banded = dtw(a, b, DtwSettings(band_frames=frames))
    assert banded.distance == dtw(a, b).distance
    assert banded.band_frames == 70


@given(PAIR, SETTINGS)
def test_it_is_symmetric_bit_for_bit(pair: tuple[Array, Array], settings: DtwSettings) -> None:
    a, b = pair
    assert dtw(a, b, settings).distance == dtw(b, a, settings).distance
    assert dtw(a, b, settings, path=False).distance == dtw(a, b, settings).distance


@given(PAIR, SETTINGS)
def test_a_signal_is_at_no_distance_from_itself(
    pair: tuple[Array, Array], settings: DtwSettings
) -> None:
    a, _ = pair
    result = dtw(a, a, settings)
    assert result.distance == 0.0
    assert result.path is not None
    assert (result.path == np.arange(len(a))[:, None]).all(), "the diagonal is taken first"


@given(PAIR, st.sampled_from(WAYS))
def test_a_wider_band_never_costs_more(pair: tuple[Array, Array], way: tuple[Any, Any]) -> None:
    a, b = pair
    costs = [
        dtw(a, b, DtwSettings(cost=way[0], step_pattern=way[1], band_frames=frames)).distance
        for frames in (0, 1, 2, 4, 8, 16, None)
    ]
    assert costs == sorted(costs, reverse=True)


@given(PAIR, SETTINGS)
def test_a_path_goes_on_and_its_cost_is_the_distance(
    pair: tuple[Array, Array], settings: DtwSettings
) -> None:
    a, b = pair
    result = dtw(a, b, settings)
    assert result.path is not None
    steps = np.diff(result.path, axis=0)
    assert {tuple(step) for step in steps.tolist()} <= {(1, 1), (1, 0), (0, 1)}
    assert result.path[0].tolist() == [0, 0]
    assert result.path[-1].tolist() == [len(a) - 1, len(b) - 1]
    costs = np.linalg.norm(a[result.path[:, 0]] - b[result.path[:, 1]], axis=1)
    if settings.cost == "squared":
        costs = costs**2
    weights = np.append(2, 1 + (steps.sum(axis=1) == 2))
    if settings.step_pattern == "symmetric1":
        weights[:] = 1
    assert result.distance == pytest.approx(float((weights * costs).sum()))
    if settings.step_pattern == "symmetric2":
        assert weights.sum() == len(a) + len(b)


@given(st.integers(0, 10_000), st.sampled_from(WAYS))
def test_more_perturbation_is_further_away(seed: int, way: tuple[Any, Any]) -> None:
    """An offset along one direction: the distance grows with it, in proportion or to its square."""
    random = np.random.default_rng(seed)
    a = np.cumsum(random.uniform(1.0, 2.0, (30, 1)), axis=0) * [1.0, 0.0]
    offset = np.array([0.0, 1.0])
    settings = DtwSettings(cost=way[0], step_pattern=way[1])
    found = [dtw(a, a + size * offset, settings).normalized_distance for size in range(6)]
    power = 2 if way[0] == "squared" else 1
    assert found == pytest.approx([float(size) ** power for size in range(6)], rel=1e-9)


def test_constant_cost_is_the_normalized_distance() -> None:
    """Of symmetric2 that holds only because the first cell counts twice."""
    for _, pattern in WAYS:
        result = dtw(np.zeros(5), np.full(9, 3.0), DtwSettings(step_pattern=pattern))
        assert result.normalized_distance == 3.0


def test_arrays_of_any_kind_and_shape() -> None:
    random = np.random.default_rng(1)
    a, b = random.normal(size=(7, 33, 3)), random.normal(size=(9, 33, 3))
    wanted = dtw(a.reshape(7, 99), b.reshape(9, 99)).distance
    assert dtw(a, b).distance == wanted
    assert dtw(np.asfortranarray(a), b[::-1][::-1]).distance == wanted
    frozen = a.copy()
    frozen.flags.writeable = False
    assert dtw(frozen, b).distance == wanted
    assert dtw(a.tolist(), b.tolist()).distance == wanted
    assert dtw([1, 2], [1, 2, 3]).distance == 1.0


def test_what_was_given_is_not_changed_and_what_is_got_cannot_be() -> None:
    a = np.array([1.0, NAN, 3.0])
    result = dtw(a, a, DtwSettings(nan_policy="interpolate"))
    assert np.isnan(a[1])
    assert result.path is not None
    with pytest.raises(ValueError, match="read-only"):
        result.path[0] = 5


class TestMissing:
    A = (0.0, 1.0, NAN, 3.0, 4.0)
    B = (0.0, 1.0, 2.0, 3.0, 4.0)

    def test_is_refused(self) -> None:
        with pytest.raises(
            SignalError, match=r"1 of 5 frames of the second .*\(column 0\)"
        ) as raised:
            dtw(self.B, self.A)
        assert raised.value.hint is not None
        assert "interpolate" in raised.value.hint

    def test_is_filled(self) -> None:
        result = dtw(self.A, self.B, DtwSettings(nan_policy="interpolate"))
        assert (result.distance, result.frames) == (0.0, (5, 5))
        assert result.warnings == ("values in 1 of 5 frames of the first movement: filled",)

    def test_is_left_out_and_the_path_counts_in_frames(self) -> None:
        result = dtw(self.A, self.B, DtwSettings(nan_policy="drop"))
        assert result.path is not None
        assert result.path.tolist() == [[0, 0], [1, 1], [1, 2], [3, 3], [4, 4]]
        assert (result.distance, result.frames) == (1.0, (4, 5))
        assert result.warnings == ("values in 1 of 5 frames of the first movement: left out",)

    def test_at_an_end_is_not_filled(self) -> None:
        with pytest.raises(SignalError, match="1 of 3 frames of the first movement: not known"):
            dtw([NAN, 1.0, 2.0], self.B, DtwSettings(nan_policy="interpolate"))

    @pytest.mark.parametrize("policy", ["raise", "interpolate", "drop"])
    def test_altogether_is_refused(self, policy: Any) -> None:
        a = np.ones((4, 2))
        a[:, 1] = NAN
        with pytest.raises(SignalError, match="column 1: missing in all of the first movement"):
            dtw(a, np.ones((4, 2)), DtwSettings(nan_policy=policy))

    def test_in_every_frame_somewhere_is_refused(self) -> None:
        with pytest.raises(SignalError, match="no frame of the first movement is complete"):
            dtw([[1.0, NAN], [NAN, 1.0]], np.ones((2, 2)), DtwSettings(nan_policy="drop"))

    @given(hnp.arrays(np.float64, (12, 2), elements=VALUES | st.just(NAN)))
    def test_left_out_is_as_if_cut_out(self, a: Array) -> None:
        whole = ~np.isnan(a).any(axis=1)
        b = np.arange(16.0).reshape(8, 2)
        if whole.any() and not np.isnan(a).all(axis=0).any():
            result = dtw(a, b, DtwSettings(nan_policy="drop"))
            cut = dtw(a[whole], b)
            assert result.distance == cut.distance
            assert result.path is not None
            assert cut.path is not None
            np.testing.assert_array_equal(result.path[:, 0], np.flatnonzero(whole)[cut.path[:, 0]])


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([], [1.0], "first movement has no frames"),
        ([1.0], np.empty((3, 0)), "second movement has no values"),
        (np.ones((3, 2)), np.ones((3, 4)), "movements with 2 and 4 values a frame"),
        ([np.inf], [1.0], "infinite"),
        (["a"], [1.0], "must be numeric"),
        ([1e200], [-1e200], "overflows"),
        (walker_sequence(simulate_walk()), [1.0], "compares arrays"),
    ],
)
@pytest.mark.parametrize("path", [True, False])
def test_what_cannot_be_compared(a: Any, b: Any, message: str, path: bool) -> None:
    with pytest.raises(SignalError, match=message):
        dtw(a, b, path=path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"band": 0.1, "band_frames": 3},
        {"band": 10},
        {"band": -0.1},
        {"band_frames": -1},
        {"cost": "manhattan"},
        {"step_pattern": "asymmetric"},
        {"nan_policy": "ignore"},
        {"bandwidth": 3},
    ],
)
def test_settings_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DtwSettings(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"representation": "angles", "align": "frame"},
        {"scale": True},
        {"joints": ()},
        {"align": "procrustes"},
    ],
)
def test_comparisons_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ComparisonSettings(**wrong)


def test_settings_can_be_written_down() -> None:
    settings = ComparisonSettings(band=0.1, joints=("neck",), align="frame", scale=True)
    assert ComparisonSettings.model_validate_json(settings.model_dump_json()) == settings
