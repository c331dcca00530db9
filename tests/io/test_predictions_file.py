from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from tests.io.strategies import assert_identical, frame_lists
from tests.small_predictions import make_predictions

from neuropose.data import VideoPredictions
from neuropose.errors import (
    FileFormatError,
    FileMissingError,
    FileReadError,
    NeuroPoseError,
    OutputError,
    SchemaVersionError,
)
from neuropose.io import load_video_predictions, save_video_predictions
from neuropose.skeletons import BLAZEPOSE_33, Skeleton
from neuropose.testing import synthetic_predictions


def refused(path: Path, data: bytes | str) -> FileFormatError:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(FileFormatError) as caught:
        load_video_predictions(path)
    assert "\n" not in caught.value.message
    assert len(caught.value.message) <= 300
    assert caught.value.hint is not None
    return caught.value


class TestOnDisk:
    def test_keys_are_those_of_the_contract(self, saved: bytes) -> None:
        document = json.loads(saved)
        assert list(document) == [
            "schema_version",
            "warnings",
            "metadata",
            "camera",
            "skeleton",
            "frames",
            "segmentations",
            "provenance",
        ]
        assert document["schema_version"] == 1
        assert list(document["skeleton"]) == ["name", "joints", "edges"]
        assert list(document["frames"]) == [f"frame_00000{number}" for number in range(6)]

    def test_frames_hold_what_the_arrays_hold(
        self, predictions: VideoPredictions, saved: bytes
    ) -> None:
        frames = json.loads(saved, parse_float=np.float32)["frames"]
        for key, frame in predictions.frames.items():
            expected = frame_lists(frame)
            expected["time_s"] = frames[key]["time_s"] and np.float32(expected["time_s"])
            assert frames[key] == expected

    def test_missing_is_null(self, saved: bytes) -> None:
        frames = json.loads(saved)["frames"]
        assert frames["frame_000000"]["poses3d"][1][2] == [None, None, None]
        assert frames["frame_000003"]["time_s"] is None
        assert frames["frame_000005"]["track_ids"] == [None]
        assert b"NaN" not in saved

    def test_floats_are_in_shortest_float32_form(self, tmp_path: Path) -> None:
        tenths = synthetic_predictions(frame_count=1).model_copy(
            update={"poses2d": np.full((1, 33, 2), 0.1, np.float32)}
        )
        save_video_predictions(tmp_path / "a.json", tenths)
        assert b'"poses2d":[[[0.1,0.1],' in (tmp_path / "a.json").read_bytes()

    def test_one_frame_a_line(self, saved: bytes) -> None:
        lines = saved.splitlines()
        assert sum(line.startswith(b'"frame_') for line in lines) == 6
        assert saved.endswith(b"}\n")

    def test_uncertainty_is_there_only_if_it_is_given(self, tmp_path: Path) -> None:
        without = make_predictions(uncertainty_mm=None)
        save_video_predictions(tmp_path / "a.json", without)
        assert b"uncertainty" not in (tmp_path / "a.json").read_bytes()
        assert load_video_predictions(tmp_path / "a.json") == without

    def test_unknown_camera_and_provenance_are_null(self, tmp_path: Path) -> None:
        bare = make_predictions(camera=None, provenance=None)
        save_video_predictions(tmp_path / "a.json", bare)
        document = json.loads((tmp_path / "a.json").read_bytes())
        assert document["camera"] is None
        assert document["provenance"] is None
        assert_identical(load_video_predictions(tmp_path / "a.json"), bare)

    def test_same_predictions_same_bytes(self, tmp_path: Path) -> None:
        for name in ("a.json", "b.json"):
            save_video_predictions(tmp_path / name, make_predictions())
        assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()

    def test_no_name_of_a_file_gets_in(self, tmp_path: Path) -> None:
        path = tmp_path / "surname_forename.json"
        save_video_predictions(path, make_predictions())
        assert b"surname" not in path.read_bytes()
        assert str(tmp_path).encode() not in path.read_bytes()


class TestSkeleton:
    def test_a_known_one_brings_its_canonical_joints(self, tmp_path: Path) -> None:
        save_video_predictions(tmp_path / "a.json", synthetic_predictions(frame_count=2))
        assert load_video_predictions(tmp_path / "a.json").skeleton is BLAZEPOSE_33

    def test_one_of_a_plug_in_keeps_its_canonical_joints(self, tmp_path: Path) -> None:
        own = Skeleton(
            name="acme_3",
            joints=("a", "b", "c"),
            edges=((0, 1),),
            canonical={"left_hip": ("a",), "right_hip": ("b",), "pelvis": ("a", "b")},
        )
        save_video_predictions(tmp_path / "a.json", make_predictions(skeleton=own))
        loaded = load_video_predictions(tmp_path / "a.json")
        assert loaded.skeleton == own
        assert loaded.skeleton.canonical == own.canonical

    def test_a_known_name_with_other_joints_stays_as_it_is(self, tmp_path: Path) -> None:
        impostor = Skeleton(name="blazepose_33", joints=("a", "b", "c"))
        save_video_predictions(tmp_path / "a.json", make_predictions(skeleton=impostor))
        assert load_video_predictions(tmp_path / "a.json").skeleton == impostor


Edit = Callable[[dict[str, Any]], object]


def put(*path: str | int, value: object) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        target: Any = document
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = value

    return edit


def drop(*path: str | int) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        target: Any = document
        for key in path[:-1]:
            target = target[key]
        del target[path[-1]]

    return edit


FRAME_0, FRAME_4 = ("frames", "frame_000000"), ("frames", "frame_000004")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (put("file", value="x.mp4"), "object contains unknown field file"),
        (drop("metadata"), "object missing required field metadata"),
        (drop("frames"), "object missing required field frames"),
        (drop("skeleton"), "skeleton: missing"),
        (drop("schema_version"), "schema_version: missing, though there is camera"),
        (put("schema_version", value="1"), "schema_version: expected int, got str"),
        (put("schema_version", value=0), "schema_version: expected 1 to 1, got 0"),
        (put("frames", value=[]), "frames: expected object, got array"),
        (put("metadata", value=[]), "metadata: "),
        (put("metadata", "fps", value="30"), "metadata.fps: input should be a valid number"),
        (put("metadata", "fps", value=0), "metadata.fps: input should be greater than 0"),
        (put("metadata", "width", value=1.5), "metadata.width: input should be a valid int"),
        (put("metadata", "patient", value="x"), "metadata.patient: extra inputs"),
        (drop("metadata", "height"), "metadata.height: field required"),
        (put("metadata", "frame_count", value=7), "frames: 6, but metadata.frame_count is 7"),
        (put("metadata", "gaps", 0, "first_frame", value=9), "metadata.gaps[0]: last_frame is"),
        (
            put("metadata", "gaps", 0, "first_frame", value=1),
            "frames.frame_000001: expected no detections, metadata.gaps holds it",
        ),
        (put("camera", "source", value="guess"), "camera.source: input should be 'given' or"),
        (put("camera", "intrinsic_matrix", 2, 2, value=2), "camera: intrinsic_matrix must be"),
        (put("skeleton", "joints", 1, value="hip"), "skeleton: joint names must be unique"),
        (put("skeleton", "edges", 0, value=[0, 3]), "skeleton: edge (0, 3) points outside"),
        (
            put("skeleton", "canonical", value={"pelvis": ["tail"]}),
            "skeleton: canonical 'pelvis' must name joints of this skeleton",
        ),
        (
            put("skeleton", value={"name": "ab", "joints": ["a", "b"], "edges": []}),
            "frames.frame_000000.poses3d[0]: expected array of length 2",
        ),
        (put("segmentations", value=[]), "segmentations: input should be"),
        (put("provenance", "model", value=None), "provenance.model: input should be a valid str"),
        (drop("frames", "frame_000002"), "frames: 5, but metadata.frame_count is 6"),
        (drop(*FRAME_0, "boxes"), "frames.frame_000000: object missing required field boxes"),
        (put(*FRAME_0, "name", value=1), "frames.frame_000000: object contains unknown field name"),
        (put(*FRAME_0, value=[]), "frames.frame_000000: expected object, got array"),
        (put(*FRAME_0, "time_s", value="0"), "frames.frame_000000.time_s: expected float | null"),
        (put(*FRAME_0, "time_s", value=9.0), "frames.frame_000001.time_s: expected a finite time"),
        (
            put(*FRAME_4, "poses3d", 0, 2, value=[1, 2]),
            "frames.frame_000004.poses3d[0][2]: expected array of length 3",
        ),
        (
            put(*FRAME_4, "poses2d", 1, 0, 1, value=True),
            "frames.frame_000004.poses2d[1][0][1]: expected float | null, got bool",
        ),
        (
            put(*FRAME_4, "confidence", 1, 2, value=1.5),
            "frames.frame_000004.confidence[1][2]: expected a number from 0 to 1",
        ),
        (
            put(*FRAME_4, "boxes", 1, value=[1, 2, 3, 4]),
            "frames.frame_000004.boxes[1]: expected array of length 5",
        ),
        (put(*FRAME_4, "boxes", value=[]), "frames.frame_000004.poses3d: 2 detections, but 0"),
        (drop(*FRAME_4, "confidence", 0), "frames.frame_000004.confidence: 1 detections, but 2"),
        (put(*FRAME_4, "track_ids", value=[0]), "frames.frame_000004.track_ids: 1 detections"),
        (
            put(*FRAME_4, "track_ids", value=[3, 3]),
            "frames.frame_000004.track_ids[1]: expected each track once in a frame",
        ),
        (put(*FRAME_4, "track_ids", 0, value=-1), "frames.frame_000004.track_ids[0]: expected int"),
        (put(*FRAME_4, "track_ids", 0, value=2**31), "frames.frame_000004.track_ids[0]: expected"),
        (put(*FRAME_4, "track_ids", 0, value=2**80), "frames.frame_000004.track_ids[0]: "),
        (put(*FRAME_4, "track_ids", 0, value=0.5), "frames.frame_000004.track_ids[0]: expected"),
        (
            put(*FRAME_4, "poses3d", 1, 2, 0, value=1e39),
            "frames.frame_000004.poses3d[1][2][0]: expected a finite float32 or null",
        ),
        (
            drop(*FRAME_4, "uncertainty_mm"),
            "frames.frame_000004: object missing required field uncertainty_mm",
        ),
        (
            drop(*FRAME_0, "uncertainty_mm"),
            "frames.frame_000001: object contains unknown field uncertainty_mm",
        ),
        (
            put(*FRAME_0, "uncertainty_mm", 0, 1, value=-1.0),
            "frames.frame_000000.uncertainty_mm[0][1]: expected a number from 0",
        ),
    ],
)
@pytest.mark.parametrize("layout", ["ours", "indented"])
def test_the_message_says_where(
    edit: Edit, message: str, layout: str, saved: bytes, tmp_path: Path
) -> None:
    document = json.loads(saved)
    edit(document)
    if layout == "ours":
        frames = document.get("frames")
        text = json.dumps({**document, "frames": {}}, separators=(",", ":"))
        if frames:
            items = (f'"{key}":{json.dumps(frame)}' for key, frame in frames.items())
            text = text.replace('"frames":{}', '"frames":{\n' + ",\n".join(items) + "\n}")
        if not isinstance(frames, dict):
            text = json.dumps(document)
    else:
        text = json.dumps(document, indent=2)
    assert refused(tmp_path / "a.json", text).message.startswith(message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "input data was truncated"),
        (b" \n", "input data was truncated"),
        (b"null", "expected object, got null"),
        (b"[]", "expected object, got array"),
        (b"{}", "object missing required field metadata"),
        (b"\xef\xbb\xbf{}", "JSON is malformed: invalid character (byte 0)"),
        (b"PK\x03\x04", "not a compact predictions file"),
        (b"\x00\x00\x00\x20ftypisom", "this is a video, not predictions"),
        (b'{"frames": {"\xff": 1}}', ""),  # in the words of the decoder
        (b"[" * 200_000, "expected object, got array"),
        (b'{"metadata":{},"frames":{"a":' + b"[" * 200_000, "nested too deeply"),
        (b'{"metadata":' * 200_000, "nested too deeply"),
        (b'{"metadata":{},"frames":{}}x', "JSON is malformed: trailing characters"),
        (b'{"metadata":{},"frames":{}', "input data was truncated"),
        (b'{"metadata":{},"frames":{},"frames":{}}', "a section or a frame occurs twice"),
        (b'{"metadata":{},"frames":{"a":1,"a":2}}', "a section or a frame occurs twice"),
    ],
)
def test_what_is_no_predictions_file(data: bytes, message: str, tmp_path: Path) -> None:
    assert refused(tmp_path / "a.json", data).message.startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"frame_000001":', b'"frame_000000":', "a section or a frame occurs twice"),
        (b'"camera":', b'"camera":null,"camera":', "a section or a frame occurs twice"),
        (b'"fps":', b'"fps":25.0,"fps":', "metadata: the key 'fps' occurs twice"),
        (b'"model":', b'"model":"a","model":', "provenance: the key 'model' occurs twice"),
        (b'"min_s":', b'"min_s":1,"min_s":', "segmentations: the key 'min_s' occurs twice"),
        (b'"boxes":', b'"boxes":[],"boxes":', "frames.frame_000000: a key occurs twice"),
        (b'"boxes":', b'"\\u0062oxes":[],"boxes":', "frames.frame_000000: a key occurs twice"),
        (b'"min_s":0.5', b'"min_s":NaN', "JSON is malformed: invalid character"),
        (b'"min_s":0.5', b'"min_s":1e999', "segmentations: the number 1e999 is out of range"),
        (b'"time_s":0.0', b'"time_s":1e999', "frames.frame_000000.time_s: number out of range"),
        (b'"time_s":0.0', b'"time_s":-Infinity', "frames.frame_000000: JSON is malformed"),
        (b'"time_s":0.0', b'"time_s":00', "frames.frame_000000: JSON is malformed"),
        (b'"fps":29.97', b'"fps":' + b"9" * 5000, "metadata: "),
        (b'"min_s"', b'"\\ud800"', "JSON is malformed: unexpected end of hex"),
        (b'"min_s"', b'"\xff"', "segmentations: "),
        (b'"min_s":0.5', b'"min_s":' + b"[" * 900 + b"]" * 900, "segmentations: "),
        (b'"frame_000005":', b'"frame_5":', "frames.frame_000005: missing, though there are 6"),
    ],
)
def test_faults_that_only_the_bytes_show(
    old: bytes, new: bytes, message: str, saved: bytes, tmp_path: Path
) -> None:
    assert old in saved
    assert refused(tmp_path / "a.json", saved.replace(old, new, 1)).message.startswith(message)


def test_frames_inside_another_section_are_not_the_frames(saved: bytes, tmp_path: Path) -> None:
    start, end = saved.index(b'"frames":{\n'), saved.index(b',\n"segmentations"')
    frames = saved[start:end]
    inside = b'"segmentations":{"a":{' + frames.replace(b"0.034", b"0.035") + b"}}"
    alone = saved[:start] + inside + b"}"
    assert refused(tmp_path / "a.json", alone).message == "object missing required field frames"
    beside_none = saved[:start] + inside + b',"frames":{}}'
    assert refused(tmp_path / "a.json", beside_none).message.startswith("frames: 0, but")
    escaped = saved[:start] + inside + b',"\\u0066rames":{}}'
    assert refused(tmp_path / "a.json", escaped).message.startswith("frames: 0, but")
    (tmp_path / "a.json").write_bytes(saved[:start] + inside + b"," + frames + b"}")
    assert load_video_predictions(tmp_path / "a.json").time_s[1] == 0.034


@pytest.mark.parametrize(
    "data",
    [
        b'{"schema_version": 2, "metadata": {}, "frames": {}}',
        b'{"schema_version": 99, "video": {}, "tracks": []}',
        b'{"frames": [], "schema_version": 1000000000000000000}',
    ],
)
def test_newer_files_are_told_apart(data: bytes, tmp_path: Path) -> None:
    error = refused(tmp_path / "a.json", data)
    assert isinstance(error, SchemaVersionError)
    assert "this version reads up to 1" in error.message
    assert "update NeuroPose" in str(error.hint)


class TestUnreadable:
    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileMissingError, match="there is no file") as caught:
            load_video_predictions(tmp_path / "none.json")
        assert isinstance(caught.value, FileNotFoundError)
        assert isinstance(caught.value, NeuroPoseError)

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(FileReadError, match="is a directory") as caught:
            load_video_predictions(tmp_path)
        assert isinstance(caught.value, OSError)

    def test_a_file_in_the_place_of_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(FileReadError, match="not a directory"):
            load_video_predictions(tmp_path / "file" / "a.json")

    def test_a_path_that_is_none(self) -> None:
        with pytest.raises(FileReadError, match="null"):
            load_video_predictions(Path("a\0b.json"))

    def test_a_failing_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(path: Path, mode: str) -> IO[bytes]:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(Path, "open", fail)
        with pytest.raises(FileReadError, match="input/output error"):
            load_video_predictions(tmp_path / "a.json")


def test_saving_into_no_folder(tmp_path: Path, predictions: VideoPredictions) -> None:
    with pytest.raises(OutputError, match="no such file or directory") as caught:
        save_video_predictions(tmp_path / "none" / "a.json", predictions)
    assert caught.value.hint == "make its folder first"


@pytest.mark.parametrize(
    "value", [object(), np.float32(1.0), "\ud800"], ids=["object", "float32", "surrogate"]
)
def test_saving_what_json_cannot_hold(value: object, tmp_path: Path) -> None:
    predictions = make_predictions(segmentations={"gait": value})
    with pytest.raises(OutputError, match="segmentations cannot be written") as caught:
        save_video_predictions(tmp_path / "a.json", predictions)
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_more_joints_than_any_body_has(saved: bytes, tmp_path: Path) -> None:
    document = json.loads(saved)
    document["skeleton"] = {"name": "x", "joints": [str(n) for n in range(10_001)], "edges": []}
    message = refused(tmp_path / "a.json", json.dumps(document)).message
    assert message.startswith("skeleton.joints: tuple should have at most 10000 items")


def test_a_long_message_is_cut(saved: bytes, tmp_path: Path) -> None:
    noisy = saved.replace(b'"fps"', b'"' + b"x" * 10_000 + b'":1,"fps"', 1)
    assert refused(tmp_path / "a.json", noisy).message.endswith(" …")


@pytest.mark.parametrize("name", ["p.json", "p.npz"])
def test_a_path_may_be_text(name: str, tmp_path: Path) -> None:
    predictions = synthetic_predictions(3)
    save_video_predictions(str(tmp_path / name), predictions)  # type: ignore[arg-type]
    assert load_video_predictions(tmp_path / name) == predictions
