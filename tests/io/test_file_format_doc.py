"""What ``docs/reference/file-format.md`` says is so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.small_predictions import make_predictions

from neuropose.data import (
    Camera,
    FrameGap,
    Provenance,
    Repetition,
    Segmentation,
    SegmentSignal,
    VideoMetadata,
    VideoPredictions,
)
from neuropose.errors import FileFormatError
from neuropose.io import load_video_predictions, save_video_predictions
from neuropose.skeletons import Skeleton

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "file-format.md").read_text()

Load = Callable[[str], VideoPredictions]


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {name} -->\n```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def section(title: str) -> str:
    """Text from a heading of the third level to the next heading."""
    after = PAGE.split(f"\n### `{title}`\n")[1]
    return re.split(r"^##+ ", after, maxsplit=1, flags=re.MULTILINE)[0]


def documented(title: str) -> dict[str, bool]:
    """Keys in the first column of a section's table; whether they are optional."""
    keys = {}
    for line in section(title).splitlines():
        if line.startswith("| `"):
            first, rest = line.split("|", 2)[1:]
            keys |= dict.fromkeys(re.findall(r"`(\w+)`", first), "*optional*" in rest)
    return keys


@pytest.fixture
def load_text(tmp_path: Path) -> Load:
    def load(text: str) -> VideoPredictions:
        path = tmp_path / "example.json"
        path.write_text(text)
        return load_video_predictions(path)

    return load


def test_the_example_loads_and_is_what_would_be_written(load_text: Load, tmp_path: Path) -> None:
    predictions = load_text(example("current"))
    assert predictions.metadata.frame_count == 3
    assert predictions.frames["frame_000002"].gap_reason == "the picture is damaged"
    assert np.isnan(predictions.poses3d[0, 2]).all()
    assert predictions.camera is not None
    assert isinstance(predictions.segmentations["reps"], Segmentation)
    save_video_predictions(tmp_path / "again.json", predictions)
    assert json.loads((tmp_path / "again.json").read_bytes()) == json.loads(example("current"))


def test_the_older_example_loads(load_text: Load) -> None:
    predictions = load_text(example("older"))
    assert predictions.skeleton.name == "unknown_2"
    assert predictions.time_s.tolist() == [0.0, 0.04]


@pytest.mark.parametrize(
    ("title", "model"),
    [
        ("metadata", VideoMetadata),
        ("camera", Camera),
        ("skeleton", Skeleton),
        ("segmentations", Segmentation),
        ("signal", SegmentSignal),
        ("windows", Repetition),
        ("provenance", Provenance),
    ],
)
def test_every_key_is_documented_and_no_other(title: str, model: type[VideoMetadata]) -> None:
    fields = {
        name: not field.is_required()
        for name, field in model.model_fields.items()
        if not field.exclude or name == "canonical"  # which is there if the name does not say it
    }
    assert documented(title) == fields
    if model is VideoMetadata:
        assert all(f"`{name}`" in section(title) for name in FrameGap.model_fields)


def test_every_key_of_a_frame_is_documented(saved: bytes) -> None:
    frame = json.loads(saved)["frames"]["frame_000000"]
    assert list(documented("frames")) == list(frame)


@pytest.mark.parametrize("key", ["camera", "segmentations", "provenance"])
def test_optional_sections_may_be_absent(key: str, saved: bytes, load_text: Load) -> None:
    document = json.loads(saved)
    del document[key]
    absent = {} if key == "segmentations" else None
    assert load_text(json.dumps(document)) == make_predictions(**{key: absent})
    assert re.search(rf"^\| `{key}` \|.*\*optional\*", PAGE, re.MULTILINE)


def test_messages_look_as_shown(load_text: Load, saved: bytes) -> None:
    shown = PAGE.split("```text\n")[1].split("```")[0].splitlines()
    text = saved.decode()
    damaged = [
        text.replace("[null,null,null]", "[null,null]", 1),
        text.replace('"time_s":0.2', '"time_s":0.1', 1),
        text.replace('"fps":29.97', '"fps":0', 1),
        text.replace('"fps":29.97', '"fps":x', 1),
    ]
    for line, mutant in zip(shown, damaged, strict=True):
        with pytest.raises(FileFormatError) as caught:
            load_text(mutant)
        assert re.sub(r"\d+", "0", caught.value.message) == re.sub(r"\d+", "0", line)


def test_the_float32_that_does_not_survive(tmp_path: Path) -> None:
    """The only one of all: its shortest form, read as a double, rounds to its neighbour."""
    number = np.uint32(0x15AE43FD).view(np.float32)
    assert f"±{number!s}" in PAGE
    before = make_predictions(uncertainty_mm=np.full((6, 3), number))
    save_video_predictions(tmp_path / "a.json", before)
    after = load_video_predictions(tmp_path / "a.json").uncertainty_mm
    assert after is not None
    assert (after == np.nextafter(number, np.float32(1))).all()
