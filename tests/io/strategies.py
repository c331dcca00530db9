"""Arbitrary predictions, and the check that two are the same to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from neuropose.data import (
    UNTRACKED,
    Camera,
    FrameGap,
    FramePrediction,
    Provenance,
    Repetition,
    Segmentation,
    SegmentSignal,
    VideoMetadata,
    VideoPredictions,
)
from neuropose.skeletons import BLAZEPOSE_33, Skeleton

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | FINITE | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
SETTINGS = st.dictionaries(TEXT, ANYTHING, max_size=3)

_ANY_FLOAT32 = st.floats(width=32, allow_infinity=False)  # NaN, -0, subnormal, huge
_SHARE = st.floats(0.0, 1.0, width=32) | st.just(np.nan)
_POSITIVE = st.floats(0.0, width=32, allow_infinity=False) | st.just(np.nan)

ARRAYS = (
    "time_s",
    "offsets",
    "boxes",
    "poses3d",
    "poses2d",
    "confidence",
    "track_ids",
    "uncertainty_mm",
)


def _float32(shape: tuple[int, ...], elements: st.SearchStrategy[float]) -> Any:
    return hnp.arrays(np.float32, shape, elements=elements)


@st.composite
def skeletons(draw: st.DrawFn) -> Skeleton:
    if draw(st.integers(0, 9)) == 0:
        return BLAZEPOSE_33
    joints = tuple(draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)))
    index = st.integers(0, len(joints) - 1)
    edges = tuple(draw(st.lists(st.tuples(index, index), max_size=3)))
    return Skeleton(name=draw(NAMES), joints=joints, edges=edges)


@st.composite
def times(draw: st.DrawFn, frame_count: int) -> list[float]:
    known = sorted(draw(st.lists(FINITE, min_size=frame_count, max_size=frame_count)))
    lost = draw(st.lists(st.booleans(), min_size=frame_count, max_size=frame_count))
    return [np.nan if gone else time_s for time_s, gone in zip(known, lost, strict=True)]


@st.composite
def track_ids(draw: st.DrawFn, counts: list[int]) -> list[int]:
    ids: list[int] = []
    for count in counts:
        track = st.integers(0, 2**31 - 1) | st.just(UNTRACKED)
        ids += draw(
            st.lists(
                track,
                min_size=count,
                max_size=count,
                unique_by=lambda found: found if found != UNTRACKED else object(),
            )
        )
    return ids


SIGNALS = st.sampled_from(
    [
        SegmentSignal(kind="axis", joints=("left_wrist",), axis="up"),
        SegmentSignal(kind="distance", joints=("a", "b"), inverted=True),
        SegmentSignal(kind="speed", joints=("nose",)),
        SegmentSignal(kind="angle", joints=("a", "b", "c")),
    ]
)


@st.composite
def segmentations(draw: st.DrawFn, frame_count: int) -> Segmentation:
    frames = sorted(draw(st.lists(st.integers(0, frame_count - 1), min_size=3, max_size=3)))
    times_s = sorted(draw(st.lists(FINITE, min_size=3, max_size=3)))
    window = Repetition(
        **dict(zip(("start_frame", "peak_frame", "end_frame"), frames, strict=True)),
        **dict(zip(("start_s", "peak_s", "end_s"), times_s, strict=True)),
        peak=draw(FINITE),
        prominence=abs(draw(FINITE)),
        confidence=draw(st.floats(0.0, 1.0)),
        reasons=tuple(draw(st.lists(TEXT, max_size=2))),
    )
    return Segmentation(
        track_id=draw(st.none() | st.integers(0, 9)),
        signal=draw(SIGNALS),
        settings=draw(SETTINGS),
        windows=draw(st.sampled_from([(), (window,)])),
        warnings=tuple(draw(st.lists(TEXT, max_size=1))),
        neuropose_version=draw(TEXT),
    )


@st.composite
def predictions(draw: st.DrawFn) -> VideoPredictions:
    """Any predictions that the schema allows."""
    counts = draw(st.lists(st.integers(0, 3), max_size=5))
    rows, skeleton = sum(counts), draw(skeletons())
    joints = len(skeleton.joints)
    empty = [frame for frame, count in enumerate(counts) if count == 0]
    boxes = np.concatenate(
        [draw(_float32((rows, 4), _ANY_FLOAT32)), draw(_float32((rows, 1), _SHARE))], axis=1
    )
    gaps = draw(st.lists(st.sampled_from(empty), unique=True)) if empty else []
    uncertain = bool(counts) and draw(st.booleans())
    named = st.dictionaries(TEXT, segmentations(len(counts)), max_size=2) if counts else st.just({})
    return VideoPredictions(
        metadata=VideoMetadata(
            frame_count=len(counts),
            fps=draw(st.floats(1e-3, 1e6)),
            width=draw(st.integers(1, 2**40)),
            height=draw(st.integers(1, 9999)),
            rotation_deg=draw(st.sampled_from([0, 90, 180, 270])),
            variable_frame_rate=draw(st.none() | st.booleans()),
            gaps=tuple(
                FrameGap(first_frame=frame, last_frame=frame, reason=draw(NAMES))
                for frame in sorted(gaps)
            ),
        ),
        camera=draw(st.none() | st.just(Camera.from_fov(640, 480, draw(st.floats(1.0, 179.0))))),
        skeleton=skeleton,
        time_s=draw(times(len(counts))),
        offsets=np.concatenate([[0], np.cumsum(counts, dtype=np.int32)]),
        boxes=boxes,
        poses3d=draw(_float32((rows, joints, 3), _ANY_FLOAT32)),
        poses2d=draw(_float32((rows, joints, 2), _ANY_FLOAT32)),
        confidence=draw(_float32((rows, joints), _SHARE)),
        track_ids=np.array(draw(track_ids(counts)), np.int32),
        uncertainty_mm=draw(_float32((rows, joints), _POSITIVE)) if uncertain else None,
        segmentations=draw(SETTINGS) | draw(named),
        provenance=draw(
            st.none()
            | st.builds(
                Provenance,
                neuropose_version=TEXT,
                model=TEXT,
                model_sha256=st.dictionaries(TEXT, TEXT, max_size=2),
                input_sha256=st.none() | TEXT,
                versions=st.dictionaries(TEXT, TEXT, max_size=2),
                settings=SETTINGS,
            )
        ),
    )


def bits(array: NDArray[Any]) -> NDArray[Any]:
    """The array as integers; every NaN alike, for JSON has one null."""
    if array.dtype.kind != "f":
        return array
    return np.where(np.isnan(array), array.dtype.type(np.nan), array).view(f"u{array.itemsize}")


def assert_identical(one: VideoPredictions, other: VideoPredictions) -> None:
    """Equal, bit by bit, sign of zero included."""
    assert one == other
    for name in ARRAYS:
        mine, yours = getattr(one, name), getattr(other, name)
        assert (mine is None) == (yours is None), name
        if mine is not None:
            assert mine.dtype == yours.dtype
            assert mine.shape == yours.shape
            np.testing.assert_array_equal(bits(mine), bits(yours), err_msg=name)


def frame_lists(frame: FramePrediction) -> dict[str, Any]:
    """A frame as lists, None where it is NaN or untracked: as JSON has it."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(item) for item in value]
        return None if value != value else value

    names = [name for name in ARRAYS[2:] if getattr(frame, name) is not None]
    found = {name: plain(getattr(frame, name).tolist()) for name in names}
    found["track_ids"] = [None if track == UNTRACKED else track for track in found["track_ids"]]
    return {"time_s": plain(frame.time_s), **found}
