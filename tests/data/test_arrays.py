from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest
from tests.small_predictions import make_predictions

from neuropose.data import FrameGap, VideoPredictions
from neuropose.data.arrays import read_only
from neuropose.errors import MissingLibraryError
from neuropose.testing import synthetic_predictions


@pytest.fixture
def tracked() -> VideoPredictions:
    """Tracks 7 and 1 in the two-person frames, 7 alone elsewhere; out of order on purpose."""
    return make_predictions(track_ids=[7, 1, 7, 1, 7, 7])


class TestReadOnly:
    @pytest.mark.parametrize(
        "source",
        [
            [[1.0, 2.0], [3.0, 4.0]],
            np.array([[1, 2], [3, 4]], np.int64),
            np.array([[1, 3], [2, 4]], np.float32).T,
            np.array([[1, 2], [3, 4]], ">f4"),
            np.arange(1.0, 9.0)[::2].reshape(2, 2).astype(np.float16) * 0.5 + 0.5,
        ],
        ids=["list", "integers", "transposed", "big-endian", "half"],
    )
    def test_gives_contiguous_native_arrays(self, source: object) -> None:
        array = read_only(source, np.float32)
        assert array.dtype == np.dtype(np.float32)
        assert array.dtype.isnative
        assert array.flags.c_contiguous
        np.testing.assert_array_equal(array, [[1.0, 2.0], [3.0, 4.0]])

    @pytest.mark.parametrize("shape", [(0,), (0, 33, 3), (2, 0)])
    def test_takes_empty_arrays(self, shape: tuple[int, ...]) -> None:
        array = read_only(np.empty(shape), np.float32)
        assert array.shape == shape
        assert not array.flags.writeable

    def test_a_slice_of_its_result_is_kept(self) -> None:
        row = read_only(np.ones((3, 2)), np.float32)[1:]
        assert read_only(row, np.float32) is row

    @pytest.mark.parametrize("count", [1, 10_000])
    def test_what_was_pickled_is_read_only_again(self, count: int) -> None:
        pickled = pickle.loads(pickle.dumps(read_only(np.ones((count, 3)), np.float64)))
        assert not read_only(pickled, np.float64).flags.writeable

    def test_overflow_is_infinite_and_silent(self) -> None:
        assert np.isinf(read_only([1e39], np.float32)).all()


class TestToArrays:
    def test_lays_people_out_by_ascending_track(self, tracked: VideoPredictions) -> None:
        arrays = tracked.to_arrays()
        assert arrays.track_ids.tolist() == [1, 7]
        assert arrays.poses3d.shape == (6, 2, 3, 3)
        np.testing.assert_array_equal(arrays.poses3d[0, 0], tracked.poses3d[1])
        np.testing.assert_array_equal(arrays.poses3d[0, 1], tracked.poses3d[0])
        np.testing.assert_array_equal(arrays.boxes[4, 0], tracked.boxes[3])
        np.testing.assert_array_equal(arrays.confidence[5, 1], tracked.confidence[5])
        assert arrays.uncertainty_mm is not None
        np.testing.assert_array_equal(arrays.uncertainty_mm[1, 1], tracked.uncertainty_mm[2])

    def test_nobody_is_nan(self, tracked: VideoPredictions) -> None:
        arrays = tracked.to_arrays()
        present = ~np.isnan(arrays.boxes).all(axis=2)
        expected = [[1, 1], [0, 1], [0, 0], [0, 0], [1, 1], [0, 1]]
        assert present.astype(int).tolist() == expected
        assert np.isnan(arrays.poses2d[~present]).all()

    def test_gives_the_caller_arrays_of_his_own(self, tracked: VideoPredictions) -> None:
        arrays = tracked.to_arrays()
        arrays.poses3d[...] = 0.0
        arrays.time_s[...] = 0.0
        assert tracked == make_predictions(track_ids=[7, 1, 7, 1, 7, 7])

    def test_every_detection_is_there_once(self) -> None:
        predictions = synthetic_predictions(frame_count=9, people=3)
        arrays = predictions.to_arrays()
        assert arrays.poses3d.shape == (9, 3, 33, 3)
        np.testing.assert_array_equal(arrays.poses3d.reshape(-1, 33, 3), predictions.poses3d)

    def test_without_uncertainty_there_is_none(self) -> None:
        assert synthetic_predictions(frame_count=2).to_arrays().uncertainty_mm is None


class TestToXarray:
    def test_dimensions_are_those_of_movement(self, tracked: VideoPredictions) -> None:
        dataset = tracked.to_xarray()
        assert dataset.position.dims == ("time", "space", "keypoint", "individual")
        assert dataset.confidence.dims == ("time", "keypoint", "individual")
        assert dataset.position_2d.dims == ("time", "space_2d", "keypoint", "individual")
        assert dataset.uncertainty.dims == ("time", "keypoint", "individual")
        assert dataset.attrs["ds_type"] == "poses"
        assert dataset.attrs["time_unit"] == "seconds"
        assert dataset.attrs["fps"] == 29.97

    def test_values_are_found_by_their_labels(self, tracked: VideoPredictions) -> None:
        dataset = tracked.to_xarray()
        where = {"keypoint": "knee", "individual": "track_1"}
        frame = tracked.frames["frame_000004"]
        position = dataset.position.isel(time=4).sel(space=["z", "x"], **where)
        np.testing.assert_array_equal(position, frame.poses3d[0, 1, [2, 0]])
        np.testing.assert_array_equal(
            dataset.position_2d.isel(time=4).sel(space_2d="y", **where), frame.poses2d[0, 1, 1]
        )
        np.testing.assert_array_equal(
            dataset.confidence.isel(time=4).sel(**where), frame.confidence[0, 1]
        )
        np.testing.assert_array_equal(dataset.time, tracked.time_s)
        assert dataset.position.attrs["units"] == "mm"

    def test_a_gap_is_nan(self) -> None:
        gap = FrameGap(first_frame=1, last_frame=2, reason="cut")
        dataset = synthetic_predictions(frame_count=4, gaps=[gap]).to_xarray()
        missing = dataset.position.isnull().all(("space", "keypoint", "individual"))
        assert missing.values.tolist() == [False, True, True, False]

    def test_without_xarray_the_extra_is_named(
        self, tracked: VideoPredictions, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "xarray", None)
        with pytest.raises(MissingLibraryError, match="needs xarray") as raised:
            tracked.to_xarray()
        assert raised.value.hint == "pip install 'neuropose[xarray]'"
        assert raised.value.exit_code == 13
