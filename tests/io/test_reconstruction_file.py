"""Reconstructions as files: the same after, the same bytes again, and no damage unnoticed."""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuropose.data import (
    Assumption,
    BodyShape,
    Contact,
    Exchange,
    Limbs,
    Provenance,
    Reconstruction,
    Source,
)
from neuropose.errors import FileFormatError, FileMissingError, OutputError, SchemaVersionError
from neuropose.io import (
    holds_reconstruction,
    load_reconstruction,
    save_reconstruction,
    save_video_predictions,
)
from neuropose.testing import (
    WalkerParameters,
    reconstructed,
    simulate_walk,
    synthetic_predictions,
    walker_sequence,
)

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "reconstruction-file.md").read_text()


def small(**fields: Any) -> Reconstruction:
    """Four frames of two joints, with every field, and one frame in which nothing was seen."""
    positions_mm = np.arange(24.0).reshape(4, 2, 3)
    draws_mm = np.arange(72.0).reshape(3, 4, 2, 3) / 8.0
    positions_mm[2], draws_mm[:, 2] = np.nan, np.nan
    values: dict[str, Any] = {
        "source": "skeleton 'leg'",
        "axes": "camera",
        "up": (0.0, -1.0, 0.0),
        "up_error_deg": 2.5,
        "first_frame": 7,
        "time_s": [0.0, 0.1, 0.25, 0.3],
        "coordinate_names": ("pelvis_x",),
        "coordinates": [[1.0], [2.0], [np.nan], [4.0]],
        "coordinate_errors": [[0.1], [0.2], [np.nan], [0.4]],
        "joints": ("left_hip", "left_knee"),
        "positions_mm": positions_mm,
        "position_draws_mm": draws_mm,
        "confidence": np.full((4, 2), 0.5),
        "shape": BodyShape(
            height_mm=1750.0,
            height_source="estimated",
            lengths_mm={"left_thigh": 400.0},
            standard_errors_mm={"left_thigh": 5.0},
            offsets_mm={"left_hip": (1.0, 2.0, 3.0)},
        ),
        "exchanges": (Exchange(first=8, last=9, limbs=Limbs.LEGS, probability=0.9, camera="left"),),
        "contacts": (Contact(side="left", first=7, last=8),),
        "residuals_px": {"left_hip": 1.5},
        "residuals_mm": {"left_hip": 20.0},
        "outlier_share": {"left_hip": 0.0},
        "subject": synthetic_predictions(frame_count=3).subject("longest"),
        "cameras": ("left", "right"),
        "camera_view": "from the side",
        "assumptions": {"unit": Assumption(source=Source.FILE, value="mm")},
        "warnings": ("the height is estimated",),
        "provenance": Provenance(neuropose_version="0.1", model="fake", settings={"a": [1]}),
        "settings": {"draws": 3, "free": "", "tolerance": 0.5, "markers": False, "body": None},
    }
    return Reconstruction(**(values | fields))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "walk.reconstruction.npz"


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path: Path, contents: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


class TestRoundTrip:
    def test_every_field_is_the_same_after(self, path: Path) -> None:
        before = small()
        assert not [
            name
            for name, field in Reconstruction.model_fields.items()
            if not field.is_required()
            and name not in ("schema_version", "up_source")
            and getattr(before, name) == field.default
        ]
        save_reconstruction(path, before)
        after = load_reconstruction(path)
        assert after == before
        assert not after.position_draws_mm.flags.writeable

    def test_a_walk_is_the_same_after_and_gives_the_same_bytes(self, path: Path) -> None:
        walk = walker_sequence(simulate_walk(WalkerParameters(duration_s=2.0)))
        save_reconstruction(path, reconstructed(walk, 10.0))
        first = path.read_bytes()
        save_reconstruction(path, load_reconstruction(path))
        assert path.read_bytes() == first

    def test_numpy_alone_reads_the_arrays(self, path: Path) -> None:
        before = small()
        save_reconstruction(path, before)
        with np.load(path, allow_pickle=False) as arrays:
            assert json.loads(arrays["header.json"])["joints"] == ["left_hip", "left_knee"]
            np.testing.assert_array_equal(arrays["positions_mm"], before.positions_mm)
            np.testing.assert_array_equal(arrays["position_draws_mm"], before.position_draws_mm)

    def test_draws_are_in_memory_as_they_will_be_in_the_file(self) -> None:
        draws_mm = np.array([1.0 / 3.0, 1e6]).reshape(1, 1, 2, 1) * np.ones((3, 4, 2, 3))
        kept = small(position_draws_mm=draws_mm).position_draws_mm
        assert kept.dtype == np.float32
        np.testing.assert_array_equal(kept, kept.astype(np.float16))
        assert kept[0, 0, 0, 0] == pytest.approx(1.0 / 3.0, rel=1 / 2048)
        assert kept[0, 0, 1, 0] == np.finfo(np.float16).max

    def test_no_draws_are_a_reconstruction_too(self, path: Path) -> None:
        before = small(position_draws_mm=np.zeros((0, 4, 2, 3)))
        save_reconstruction(path, before)
        assert load_reconstruction(path) == before

    def test_an_existing_file_survives_a_failure(self, path: Path) -> None:
        save_reconstruction(path, small())
        before = path.read_bytes()
        with pytest.raises(OutputError):
            save_reconstruction(path / "inside", small())
        assert path.read_bytes() == before

    def test_it_is_told_from_predictions_by_its_content(self, path: Path) -> None:
        save_reconstruction(path, small())
        assert holds_reconstruction(path)
        save_video_predictions(path, synthetic_predictions(frame_count=3))
        assert not holds_reconstruction(path)
        save_video_predictions(path.with_name("walk.json"), synthetic_predictions(frame_count=3))
        assert not holds_reconstruction(path.with_name("walk.json"))
        with pytest.raises(FileMissingError):
            holds_reconstruction(path.with_name("none"))


class TestRefusal:
    @pytest.fixture
    def refused(self, path: Path) -> Callable[[dict[str, bytes | None]], str]:
        """Save, replace members, and return the message."""

        def replace(changes: dict[str, bytes | None]) -> str:
            save_reconstruction(path, small())
            contents = members(path) | changes  # type: ignore[operator]
            written(path, {name: data for name, data in contents.items() if data is not None})
            with pytest.raises(FileFormatError) as caught:
                load_reconstruction(path)
            assert caught.value.hint
            assert "\n" not in caught.value.message
            return caught.value.message

        return replace

    def changed(self, path: Path, **header: Any) -> bytes:
        save_reconstruction(path, small())
        return json.dumps(json.loads(members(path)["header.json"]) | header).encode()

    def test_messages_look_as_shown(
        self, path: Path, refused: Callable[[dict[str, bytes | None]], str]
    ) -> None:
        shown = PAGE.split("```text\n")[1].split("```")[0].splitlines()
        shape = {"height_mm": "tall", "height_source": "given", "lengths_mm": {}}
        save_reconstruction(path, small())
        short = members(path)["positions_mm.npy"][:-8]
        found = [
            refused({"header.json": self.changed(path, shape=shape)}),
            refused({"positions_mm.npy": short}),
            refused({"confidence.npy": None}),
        ]
        path.write_bytes(b"PK\x03\x04 is how an archive begins")
        with pytest.raises(FileFormatError) as caught:
            load_reconstruction(path)
        assert [*found, caught.value.message] == shown

    def test_what_does_not_fit_is_named(
        self, path: Path, refused: Callable[[dict[str, bytes | None]], str]
    ) -> None:
        assert "time_s" in refused({"time_s.npy": npy([0.0, 0.0, 0.1, 0.2])})
        assert "confidence has shape" in refused({"confidence.npy": npy(np.zeros((4, 3), "f4"))})
        assert "expected <f8" in refused({"coordinates.npy": npy(np.zeros((4, 1), "f4"))})
        assert "'extra.npy'" in refused({"extra.npy": npy([1.0])})
        assert "colour" in refused({"header.json": self.changed(path, colour="red")})
        infinite = np.full((4, 1), np.inf)
        assert "coordinates must be finite" in refused({"coordinates.npy": npy(infinite)})

    def test_pickles_are_not_opened(
        self, refused: Callable[[dict[str, bytes | None]], str]
    ) -> None:
        file = io.BytesIO()
        np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
        assert "time_s" in refused({"time_s.npy": file.getvalue()})

    def test_an_enormous_shape_takes_no_memory(
        self, path: Path, refused: Callable[[dict[str, bytes | None]], str]
    ) -> None:
        save_reconstruction(path, small())
        data = members(path)["time_s.npy"].replace(b"(4,), }          ", b"(4000000000000,),}")
        assert "4000000000000" in refused({"time_s.npy": data})

    def test_a_compressed_archive_is_refused(self, path: Path) -> None:
        save_reconstruction(path, small())
        written(path, members(path), zipfile.ZIP_DEFLATED)
        with pytest.raises(FileFormatError, match="compressed"):
            load_reconstruction(path)

    def test_a_newer_schema_is_told_before_anything_else(self, path: Path) -> None:
        save_reconstruction(path, small())
        header = self.changed(path, schema_version=2, colour="red")
        written(path, members(path) | {"header.json": header, "new.npy": b""})
        with pytest.raises(SchemaVersionError):
            load_reconstruction(path)

    def test_no_damage_goes_unnoticed(self, path: Path) -> None:
        before = small()
        save_reconstruction(path, before)
        whole, chance = path.read_bytes(), random.Random(0)
        messages = list[str]()
        for number in range(1500):
            data = bytearray(whole)
            for _ in range(1 + number % 3):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            if number % 5 == 0:
                del data[chance.randrange(len(data)) :]
            path.write_bytes(data)
            try:
                after = load_reconstruction(path)
            except FileFormatError as error:
                messages.append(error.message)
            else:
                assert after == before
        assert len(messages) > 1000
        assert all(message and "\n" not in message for message in messages)


class TestDocumentation:
    def documented(self, title: str) -> dict[str, bool]:
        text = PAGE.split(f"\n### `{title}`\n")[1]
        text = re.split(r"^##+ ", text, maxsplit=1, flags=re.MULTILINE)[0]
        keys = {}
        for line in text.splitlines():
            if line.startswith("| `"):
                first, rest = line.split("|", 2)[1:]
                keys |= dict.fromkeys(re.findall(r"`(\w+)`", first), "*optional*" in rest)
        return keys

    def optional(self, model: Any, *without: str) -> dict[str, bool]:
        fields = model.model_fields.items()
        return {name: not field.is_required() for name, field in fields if name not in without}

    def test_every_key_and_no_other(self) -> None:
        rows = re.findall(r"^\| `(\w+)` \| \((.+)\) \| (\w+) \|", PAGE, re.MULTILINE)
        arrays = [name for name, _, _ in rows]
        assert self.documented("header") == self.optional(Reconstruction, *arrays)
        assert self.documented("shape") == self.optional(BodyShape)
        assert self.documented("exchanges") == self.optional(Exchange)
        assert all(f"`{name}`" in PAGE for name in Contact.model_fields)

    def test_arrays_are_as_the_table_says(self, path: Path) -> None:
        save_reconstruction(path, small())
        sizes = {"T": 4, "D": 1, "J": 2, "K": 3, "3": 3}
        rows = re.findall(r"^\| `(\w+)` \| \((.+)\) \| (\w+) \|", PAGE, re.MULTILINE)
        with np.load(path) as arrays:
            assert sorted(arrays) == sorted(["header.json", *(name for name, _, _ in rows)])
            for name, shape, kind in rows:
                expected = tuple(sizes[size] for size in re.findall(r"\w", shape))
                assert arrays[name].shape == expected
                assert arrays[name].dtype == np.dtype(kind)
