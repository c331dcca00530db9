"""Files of object storage, with one that lies in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from neuropose.addresses import Address, at_hand, place
from neuropose.errors import FileMissingError, FileReadError, OutputError, VideoNotFoundError


@pytest.fixture
def storage() -> Iterator[Any]:
    storage = fsspec.filesystem("memory")
    storage.pipe_file("/lab/a 1.mp4", b"one")
    storage.pipe_file("/lab/b.mp4", b"two")
    yield storage
    storage.rm("/lab", recursive=True)


def test_what_is_an_address() -> None:
    assert place("memory://lab/b.mp4") == Address("memory://lab/b.mp4")
    for path in ("b.mp4", "C:/b.mp4", "a://b", "./s3://lab", "s3:/lab"):
        assert place(path) == Path(path)


def test_files_are_found(storage: Any) -> None:
    assert Address("memory://lab/b.mp4").exists()
    assert not Address("memory://lab/c.mp4").exists()
    assert not Address("memory://lab").exists()  # a folder
    found = [each.name for each in Address("memory://lab/*.mp4").matching()]
    assert found == ["a 1.mp4", "b.mp4"]
    assert Address("memory://lab/b.mp4").matching() == [Address("memory://lab/b.mp4")]
    with pytest.raises(FileMissingError, match=r"memory://lab/\*\.mov"):
        Address("memory://lab/*.mov").matching()


def test_a_file_is_fetched(storage: Any, tmp_path: Path) -> None:
    copy = Address("memory://lab/a 1.mp4").fetch(tmp_path)
    assert copy == tmp_path / "a 1.mp4"
    assert copy.read_bytes() == b"one"
    with pytest.raises(FileMissingError):
        Address("memory://lab/c.mp4").fetch(tmp_path)


def test_a_file_that_changes_meanwhile_is_refused(
    storage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(storage)
    get_file = kind.get_file

    def slowly(self: Any, path: str, copy: str, **options: Any) -> None:
        get_file(self, path, copy, **options)
        self.pipe_file(path, b"longer")

    monkeypatch.setattr(kind, "get_file", slowly)
    with pytest.raises(FileReadError, match="changed while it was copied"):
        Address("memory://lab/b.mp4").fetch(tmp_path)


def test_results_are_published_when_they_are_complete(storage: Any) -> None:
    out = Address("memory://lab/out/b.json")
    with at_hand(Address("memory://lab/b.mp4"), out) as here:
        assert here.video.read_bytes() == b"two"
        here.out.write_bytes(b"results")
        here.out.with_name("b.npz").write_bytes(b"more")
        assert not out.exists()
        here.publish()
        scratch = here.out.parent.parent
    assert not scratch.exists()
    assert storage.cat_file("/lab/out/b.json") == b"results"
    assert storage.cat_file("/lab/out/b.npz") == b"more"
    with at_hand(Path("b.mp4"), out) as here:
        assert here.out.read_bytes() == b"results"  # those of an earlier run


def test_nothing_is_published_after_an_error(storage: Any) -> None:
    def fail(out: Path) -> None:
        out.write_bytes(b"half")
        raise KeyError

    out = Address("memory://lab/out/b.json")
    with pytest.raises(KeyError), at_hand(Address("memory://lab/b.mp4"), out) as here:
        fail(here.out)
    assert not out.exists()


def test_paths_are_themselves(tmp_path: Path) -> None:
    with at_hand(tmp_path / "a.mp4", tmp_path / "a.json") as here:
        assert (here.video, here.out) == (tmp_path / "a.mp4", tmp_path / "a.json")
        here.publish()
    assert list(tmp_path.iterdir()) == []


def test_errors(storage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        pytest.raises(VideoNotFoundError, match=r"^there is no such file$"),
        at_hand(Address("memory://lab/c.mp4"), tmp_path / "c.json"),
    ):
        pass
    with pytest.raises(FileReadError, match="nosuchkind"):
        Address("nosuchkind://lab/a.mp4").exists()

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError("access denied")

    monkeypatch.setattr(type(storage), "put_file", refuse)
    with pytest.raises(OutputError, match=r"memory://lab/b\.mp4: access denied"):
        Address("memory://lab/b.mp4").publish(tmp_path / "b.mp4")
