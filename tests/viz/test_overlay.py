"""Overlays: every frame, its time, the people, and the predictions untouched."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange, VideoReformatter
from numpy.typing import NDArray

from neuropose.data import FrameGap, VideoPredictions
from neuropose.errors import OutputError, VideoError, VideoNotFoundError
from neuropose.study.contract.session import Session
from neuropose.testing import read_number, synthetic_predictions, write_numbered_video
from neuropose.video.conversion import ColorTags
from neuropose.video.reader import VideoReader
from neuropose.viz import VideoWriter, overlay, write_overlay
from neuropose.viz.colors import LEFT, RIGHT, confidence_color, track_color
from neuropose.viz.layer import SUBPIXEL_BITS, Layer
from neuropose.viz.overlay import LONGER_SIDE_PX, shown_size
from neuropose.viz.people import draw_skeletons, draw_track_ids
from neuropose.viz.stored_canvas import StoredCanvas, stored_color
from neuropose.viz.video_writer import matrix_of

WIDTH, HEIGHT = 640, 480
TIMES_S = [0.0, 0.02, 0.1, 0.11, 0.5, 0.9]


def near(picture: NDArray[np.uint8], color: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Pixels of a colour, as far as compression leaves it."""
    return np.asarray((np.abs(picture.astype(int) - color) < 45).all(axis=2))


@pytest.fixture(scope="module")
def predictions() -> VideoPredictions:
    return synthetic_predictions(len(TIMES_S), people=2, width=WIDTH, height=HEIGHT)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    return write_numbered_video(path, len(TIMES_S), times_s=TIMES_S, width=WIDTH, height=HEIGHT)


@pytest.fixture(scope="module")
def drawn(
    video: Path, predictions: VideoPredictions, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[float, NDArray[np.uint8]]]:
    path = tmp_path_factory.mktemp("overlay") / "overlay.mp4"
    write_overlay(video, predictions, path)
    with VideoReader(path) as reader:
        return [(f.time_s, f.picture) for f in reader if f.picture is not None]


def test_every_frame_keeps_its_place_and_time(drawn: list[tuple[float, NDArray[np.uint8]]]) -> None:
    assert [time_s for time_s, _ in drawn] == pytest.approx(TIMES_S, abs=1e-4)
    assert [read_number(picture) for _, picture in drawn] == list(range(len(TIMES_S)))


def test_joints_and_bones_are_drawn_where_they_are(
    drawn: list[tuple[float, NDArray[np.uint8]]], predictions: VideoPredictions
) -> None:
    joint = predictions.skeleton.index
    for (_, picture), found in zip(drawn, predictions.frames.values(), strict=True):
        yellow = near(picture, confidence_color(0.9))
        for pose in found.poses2d:
            for name in ("left_ankle", "right_ankle", "left_shoulder", "right_shoulder"):
                x, y = np.rint(pose[joint(name)]).astype(int)
                assert yellow[y - 2 : y + 3, x - 2 : x + 3].any(), name
            for side, color in (("left", LEFT), ("right", RIGHT)):
                ends = pose[[joint(f"{side}_hip"), joint(f"{side}_shoulder")]]
                x, y = np.rint(ends.mean(axis=0)).astype(int)
                assert near(picture, color)[y - 3 : y + 4, x - 3 : x + 4].any(), side


def test_every_person_carries_a_track_id(
    drawn: list[tuple[float, NDArray[np.uint8]]], predictions: VideoPredictions
) -> None:
    for (_, picture), found in zip(drawn, predictions.frames.values(), strict=True):
        for box, track in zip(found.boxes, found.track_ids, strict=True):
            x, y, width = box[:3].astype(int)
            above = picture[max(0, y - 40) : y, x : x + width]
            assert near(above, track_color(int(track))).sum() > 50


def test_a_legend_stands_below_the_picture(drawn: list[tuple[float, NDArray[np.uint8]]]) -> None:
    band = drawn[0][1][HEIGHT:]
    assert 10 < len(band) < 0.1 * HEIGHT
    for color in (LEFT, RIGHT, confidence_color(0.05), confidence_color(0.95)):
        assert near(band[:, WIDTH // 2 :], color).any()
    assert (band[:, : WIDTH // 4] > 180).any()  # the time, in words


def test_predictions_are_not_changed(
    video: Path, predictions: VideoPredictions, tmp_path: Path
) -> None:
    fresh = synthetic_predictions(len(TIMES_S), people=2, width=WIDTH, height=HEIGHT)
    write_overlay(video, predictions, tmp_path / "overlay.mp4")
    for name in ("boxes", "poses2d", "poses3d", "confidence", "track_ids"):
        assert getattr(predictions, name).tobytes() == getattr(fresh, name).tobytes()


def test_the_same_input_gives_the_same_bits(
    video: Path, predictions: VideoPredictions, tmp_path: Path
) -> None:
    for name in ("one.mp4", "other.mp4"):
        write_overlay(video, predictions, tmp_path / name)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "other.mp4").read_bytes()


def test_progress_is_reported(video: Path, predictions: VideoPredictions, tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    write_overlay(
        video,
        predictions,
        tmp_path / "overlay.mp4",
        lambda done, total: calls.append((done, total)),
    )
    assert calls == [(done, len(TIMES_S)) for done in range(1, len(TIMES_S) + 1)]


def test_an_interrupt_leaves_nothing(
    video: Path, predictions: VideoPredictions, tmp_path: Path
) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_overlay(video, predictions, tmp_path / "overlay.mp4", interrupt)
    assert list(tmp_path.iterdir()) == []


def test_gaps_show_the_last_picture_and_the_reason(
    gappy_reader: type, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(overlay, "VideoReader", gappy_reader)
    gap = FrameGap(first_frame=1, last_frame=2, reason="the data is lost")
    predictions = synthetic_predictions(
        4, width=gappy_reader.width, height=gappy_reader.height, gaps=[gap]
    )
    write_overlay("video.mp4", predictions, tmp_path / "overlay.mp4")
    with VideoReader(tmp_path / "overlay.mp4") as reader:
        frames = [
            (f.time_s, f.picture[: gappy_reader.height]) for f in reader if f.picture is not None
        ]
    times_s, pictures = zip(*frames, strict=True)
    assert times_s == pytest.approx([0.0, 0.04, 0.04, 0.3], abs=1e-3)
    assert (np.diff(times_s) > 0).all()  # two frames cannot be shown at the same time
    for picture in pictures[1:3]:
        assert np.median(picture) == pytest.approx(0.35 * 200, abs=4)
        middle = picture[80:160]
        assert (middle > 180).sum() > 200  # the words
        assert (picture[:60] < 100).all()
    assert np.median(pictures[3]) == pytest.approx(200, abs=4)


@pytest.mark.parametrize("changed", [{"frame_count": 5}, {"width": 480}, {"height": 360}])
def test_another_video_is_refused(changed: dict[str, int], video: Path, tmp_path: Path) -> None:
    size = {"frame_count": len(TIMES_S), "width": WIDTH, "height": HEIGHT, **changed}
    with pytest.raises(VideoError, match="another video") as caught:
        write_overlay(video, synthetic_predictions(**size), tmp_path / "overlay.mp4")
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_missing_files_and_folders_are_typed_errors(
    video: Path, predictions: VideoPredictions, tmp_path: Path
) -> None:
    with pytest.raises(VideoNotFoundError):
        write_overlay(tmp_path / "missing.mp4", predictions, tmp_path / "overlay.mp4")
    with pytest.raises(OutputError):
        write_overlay(video, predictions, tmp_path / "missing" / "overlay.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("size", "longer_side_px", "shown"),
    [
        ((96, 16), 1280, (96, 16)),
        ((240, 426), 1280, (240, 426)),
        ((3840, 2160), 1280, (1280, 720)),
        ((3840, 2160), None, (3840, 2160)),
        ((1080, 1920), 1280, (720, 1280)),
        ((1768, 994), 1280, (1280, 720)),
        ((1768, 994), 641, (640, 360)),
        ((640, 480), 640, (640, 480)),
    ],
)
def test_any_size_can_be_drawn_on(
    size: tuple[int, int], longer_side_px: int | None, shown: tuple[int, int], tmp_path: Path
) -> None:
    video = write_numbered_video(tmp_path / "clip.mp4", 2, width=size[0], height=size[1])
    predictions = synthetic_predictions(2, width=size[0], height=size[1])
    write_overlay(video, predictions, tmp_path / "overlay.mp4", longer_side_px=longer_side_px)
    with VideoReader(tmp_path / "overlay.mp4") as reader:
        assert (reader.width, reader.expected_frame_count) == (shown[0], 2)
        assert shown[1] < reader.height < shown[1] + max(40, 0.1 * shown[1])


def test_a_size_of_nothing_is_refused(
    video: Path, predictions: VideoPredictions, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        write_overlay(video, predictions, tmp_path / "overlay.mp4", longer_side_px=1)
    assert list(tmp_path.iterdir()) == []


def test_the_daemon_draws_as_large_as_python_does() -> None:
    assert Session(tasks=("gait",)).overlay_px == LONGER_SIDE_PX


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize(("width", "height"), [(1768, 994), (1001, 1501)])
def test_a_joint_lies_on_the_joint_when_scaled(
    stored: bool, width: int, height: int, tmp_path: Path
) -> None:
    """White spots under the knees, on black: each within 1 px of what is drawn."""
    predictions = synthetic_predictions(1, width=width, height=height, people=1)
    pose = predictions.poses2d[0]
    joints = [predictions.skeleton.index(f"{side}_knee") for side in ("left", "right")]
    picture = np.zeros((height, width, 3), np.uint8)
    for x, y in pose[joints]:
        corner = round(float(x)), round(float(y))
        cv2.circle(picture, corner, 9, (255, 255, 255), -1, cv2.LINE_AA)
    path = tmp_path / "spots.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv420p" if stored else "bgr0"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    write_overlay(path, predictions, tmp_path / "drawn.mp4", longer_side_px=900)
    write_overlay(
        path,
        _nobody(predictions),
        tmp_path / "bare.mp4",
        longer_side_px=900,
    )
    with VideoReader(tmp_path / "drawn.mp4") as drawn, VideoReader(tmp_path / "bare.mp4") as bare:
        seen, spots = (next(iter(reader)).picture for reader in (drawn, bare))
    assert seen is not None
    assert spots is not None
    scale = np.array(shown_size(width, height, 900)) / (width + width % 2, height + height % 2)
    for x, y in np.rint(pose[joints] * scale).astype(int):
        window = slice(y - 8, y + 9), slice(x - 8, x + 9)
        yellow = near(seen, confidence_color(0.9))[window]
        white = spots[window].min(axis=2) > 128
        assert np.abs(_centre(yellow) - _centre(white)).max() < 1.0


def _nobody(predictions: VideoPredictions) -> VideoPredictions:
    return predictions.model_copy(
        update={"poses2d": np.full_like(predictions.poses2d, np.nan), "track_ids": -np.ones(1, int)}
    )


def _centre(marked: NDArray[np.bool_]) -> NDArray[np.float64]:
    assert marked.any()
    return np.argwhere(marked).mean(axis=0)


def test_a_scaled_picture_keeps_its_colours(tmp_path: Path) -> None:
    for color in ((200, 40, 30), (30, 60, 210), (120, 130, 40)):
        path = tmp_path / "plain.mp4"
        with VideoWriter(path, options={"qp": "10"}) as writer:
            writer.write(np.full((480, 800, 3), color, np.uint8), 0.0)
        predictions = _nobody(synthetic_predictions(1, width=800, height=480))
        write_overlay(path, predictions, tmp_path / "overlay.mp4", longer_side_px=320)
        with VideoReader(tmp_path / "overlay.mp4") as reader:
            picture = next(iter(reader)).picture
        assert picture is not None
        assert np.abs(picture[:192].astype(int) - color).max() <= 4


def test_lines_keep_their_share_of_the_picture(tmp_path: Path) -> None:
    video = write_numbered_video(tmp_path / "clip.mp4", 1, width=1920, height=1080)
    predictions = synthetic_predictions(1, width=1920, height=1080, people=1)
    shares = []
    for longer_side_px in (640, 1280, None):
        write_overlay(video, predictions, tmp_path / "out.mp4", longer_side_px=longer_side_px)
        with VideoReader(tmp_path / "out.mp4") as reader:
            picture = next(iter(reader)).picture
        assert picture is not None
        shares.append(near(picture[: len(picture) * 9 // 10], LEFT).mean())
    assert max(shares) < 1.4 * min(shares)


def test_odd_sizes_gain_a_row_and_a_column(tmp_path: Path) -> None:
    with av.open(tmp_path / "odd.mkv", "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 161, 121, "bgr0"
        for shade in (50, 200):
            picture = np.full((121, 161, 3), shade, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    predictions = synthetic_predictions(2, width=161, height=121)
    write_overlay(tmp_path / "odd.mkv", predictions, tmp_path / "overlay.mp4")
    with VideoReader(tmp_path / "overlay.mp4") as reader:
        assert (reader.width, reader.height % 2, reader.expected_frame_count) == (162, 0, 2)


def test_what_is_not_drawn_on_stays_as_it_was_stored(
    video: Path, predictions: VideoPredictions, tmp_path: Path
) -> None:
    """Not converted to RGB and back: the numbers, and what they mean, are those of the video."""
    write_overlay(video, predictions, tmp_path / "overlay.mp4")
    with av.open(video) as source, av.open(tmp_path / "overlay.mp4") as drawn:
        pairs = zip(source.decode(video=0), drawn.decode(video=0), strict=True)
        for number, (stored, overlay_frame) in enumerate(pairs):
            found = predictions.frames[f"frame_{number:06d}"]
            layer = Layer((stored.height, stored.width))
            draw_skeletons(layer, found, predictions.skeleton)
            draw_track_ids(layer, found)
            is_drawn = layer.pixels[..., 3] > 0
            apart = np.abs(
                stored.to_ndarray()[: stored.height].astype(int)
                - overlay_frame.to_ndarray()[: stored.height].astype(int)
            )
            beside = cv2.dilate(is_drawn.astype(np.uint8), np.ones((65, 65), np.uint8)) == 0
            assert beside.mean() > 0.3
            assert np.percentile(apart[beside], 99.9) <= 6  # what the encoder loses
            assert (apart[is_drawn] > 40).any()
            tags = [
                (each.colorspace, each.color_primaries, each.color_trc)
                for each in (stored, overlay_frame)
            ]
            assert tags[0] == tags[1]


@pytest.mark.parametrize("tags", [ColorTags(), ColorTags(6, 6, 6), ColorTags(2, 2, 2)])
def test_drawing_on_stored_pictures_is_drawing_on_rgb(tags: ColorTags) -> None:
    rng = np.random.default_rng(0)
    rgb = cv2.resize(rng.integers(0, 256, (6, 8, 3), np.uint8), (320, 240))
    with_matrix = {"dst_colorspace": matrix_of(tags), "dst_color_range": ColorRange.MPEG}
    stored = VideoReformatter().reformat(
        av.VideoFrame.from_ndarray(rgb, "rgb24"), format="yuv420p", **with_matrix
    )
    band = np.full((20, 320, 3), 60, np.uint8)

    def draw(layer: Layer) -> None:
        layer.mark(119, 69, 181, 131)
        layer.disc((150 << SUBPIXEL_BITS, 100 << SUBPIXEL_BITS), 30.0, layer.shade((250, 20, 20)))
        layer.rectangle((20, 180, 41, 31), (40, 200, 90))

    canvas = StoredCanvas((240, 320), band, tags)
    draw(canvas.picture)
    page = canvas.page(stored)
    assert not canvas.picture.pixels.any()
    back = VideoReformatter().reformat(
        page, format="rgb24", src_colorspace=matrix_of(tags), src_color_range=ColorRange.MPEG
    )
    expected, layer = rgb.copy(), Layer((240, 320))
    draw(layer)
    layer.lay_over(expected)
    shown = back.to_ndarray()
    assert shown.shape == (260, 320, 3)
    assert np.median(np.abs(shown[:240].astype(int) - expected)) <= 2
    assert np.abs(shown[100, 150].astype(int) - [250, 20, 20]).max() <= 4
    assert np.abs(shown[195, 40].astype(int) - [40, 200, 90]).max() <= 4
    assert np.abs(shown[250].astype(int) - 60).max() <= 3


@pytest.mark.parametrize("tags", [ColorTags(), ColorTags(6, 6, 6), ColorTags(7, 7, 7)])
def test_colours_are_stored_as_ffmpeg_stores_them(tags: ColorTags) -> None:
    for color in (LEFT, RIGHT, (255, 255, 255), (0, 0, 0), (10, 200, 30)):
        picture = np.full((16, 16, 3), color, np.uint8)
        stored = VideoReformatter().reformat(
            av.VideoFrame.from_ndarray(picture, "rgb24"),
            format="yuv420p",
            dst_colorspace=matrix_of(tags),
            dst_color_range=ColorRange.MPEG,
        )
        y, u, v = (memoryview(plane)[0] for plane in stored.planes)
        assert stored_color(color, tags) == pytest.approx((y, u, v), abs=1.5)
