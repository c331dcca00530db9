from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.small_predictions import make_predictions

from neuropose.errors import CancelledError, FileMissingError, NeuroPoseError, OutputError
from neuropose.io import load_video_predictions, save_video_predictions
from neuropose.io.atomic import write_atomically

BIG = b"x" * (3 << 20)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "results.json"
    path.write_bytes(b"old")
    return path


def assert_untouched(path: Path) -> None:
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_chunks_are_joined(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", (letter for letter in (b"one ", b"", b"two", BIG)))
    assert (tmp_path / "a").read_bytes() == b"one two" + BIG
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_an_old_file_is_replaced_not_changed(path: Path) -> None:
    with path.open("rb") as reader:
        write_atomically(path, [b"new"])
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_the_old_file_is_there_until_the_last_chunk(path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(3):
            yield BIG
            assert path.read_bytes() == b"old"

    write_atomically(path, chunks())
    assert path.read_bytes() == BIG * 3


def test_the_disk_has_the_bytes_before_the_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def spy_fsync(descriptor: int) -> None:
        found = os.fstat(descriptor)
        folder = stat.S_ISDIR(found.st_mode)
        steps.append("sync folder" if folder else f"sync {found.st_size} bytes")
        fsync(descriptor)

    def spy_replace(source: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(source, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    write_atomically(path, [b"new"])
    assert steps == ["sync 3 bytes", "rename", "sync folder"]


class TestFaults:
    @pytest.mark.parametrize(
        ("number", "hint"),
        [
            (errno.ENOSPC, "free some space"),
            (errno.EDQUOT, "quota"),
            (errno.EROFS, "may write"),
            (errno.EIO, "another folder or disk"),
        ],
    )
    def test_a_write_that_fails(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, number: int, hint: str
    ) -> None:
        real = os.fdopen

        class FullDisk:
            def __init__(self, file: Any) -> None:
                self.file, self.room = file, 5

            def __enter__(self) -> FullDisk:
                return self

            def __exit__(self, *args: object) -> None:
                self.file.close()

            def write(self, chunk: bytes) -> None:
                self.room -= len(chunk)
                if self.room < 0:
                    raise OSError(number, os.strerror(number))
                self.file.write(chunk)

        monkeypatch.setattr(os, "fdopen", lambda *args, **kwargs: FullDisk(real(*args, **kwargs)))
        with pytest.raises(OutputError, match="cannot be written") as caught:
            write_atomically(path, [b"new", b"newer"])
        assert hint in str(caught.value.hint)
        assert os.strerror(number).lower() in caught.value.message
        assert_untouched(path)

    @pytest.mark.parametrize("call", ["fsync", "open", "fdopen"])
    def test_a_system_call_that_fails(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, call: str
    ) -> None:
        def fail(*args: object, **kwargs: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, call, fail)
        with pytest.raises(OutputError, match="no space left") as caught:
            write_atomically(path, [b"new"])
        assert isinstance(caught.value, OSError)
        assert_untouched(path)

    def test_a_rename_that_fails(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(source: Path, target: Path) -> Path:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr(Path, "replace", fail)
        with pytest.raises(OutputError, match="permission denied"):
            write_atomically(path, [b"new"])
        assert_untouched(path)

    @pytest.mark.parametrize(
        "error",
        [KeyboardInterrupt(), SystemExit(1), MemoryError(), CancelledError("stop"), ValueError()],
        ids=lambda error: type(error).__name__,
    )
    def test_whatever_comes_out_of_the_content(self, path: Path, error: BaseException) -> None:
        def chunks() -> Iterator[bytes]:
            yield BIG
            raise error

        with pytest.raises(type(error)) as caught:
            write_atomically(path, chunks())
        assert caught.value is error
        assert_untouched(path)

    def test_our_own_errors_pass_as_they_are(self, path: Path) -> None:
        def chunks() -> Iterator[bytes]:
            raise FileMissingError("there is no source")
            yield b""

        with pytest.raises(FileMissingError):
            write_atomically(path, chunks())
        assert_untouched(path)

    def test_a_file_too_large_for_the_system(self, path: Path) -> None:
        """A real failure in the middle of a write, in a process of its own."""
        script = (
            "import resource, sys; from pathlib import Path\n"
            "from neuropose.errors import OutputError\n"
            "from neuropose.io.atomic import write_atomically\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, 2 << 20))\n"
            "try: write_atomically(Path(sys.argv[1]), [b'x' * (1 << 20)] * 4)\n"
            "except OutputError as error: print(error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(path)], check=True, capture_output=True, text=True
        )
        assert done.stdout == f"{path} cannot be written: file too large\n"
        assert_untouched(path)

    @pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
    def test_folders_that_cannot_be_synced_are_no_failure(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        real = os.fsync

        def fsync(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise OSError(number, os.strerror(number))
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)
        write_atomically(path, [b"new"])
        assert path.read_bytes() == b"new"


KILLED = """
import sys
from pathlib import Path
from neuropose.io import save_video_predictions
import neuropose.io.predictions_file
from neuropose.testing import synthetic_predictions

def wait(*args):
    print("here", flush=True)
    sys.stdin.read()

moment, path = sys.argv[1], Path(sys.argv[2])
encode = neuropose.io.predictions_file.encode_predictions
def half(predictions):
    yield from list(encode(predictions))[:900]
    wait()
if moment == "while writing":
    neuropose.io.predictions_file.encode_predictions = half
else:
    Path.replace = wait
save_video_predictions(path, synthetic_predictions(frame_count=1000))
"""


@pytest.mark.parametrize("moment", ["while writing", "before the rename"])
def test_a_kill_leaves_the_old_file(moment: str, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    save_video_predictions(path, make_predictions())
    before = path.read_bytes()
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, moment, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"here\n"
        temporary = [entry for entry in tmp_path.iterdir() if entry != path]
        assert len(temporary) == 1, "it was killed in the middle, then"
        assert temporary[0].stat().st_size > 1_000_000
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    assert path.read_bytes() == before
    assert load_video_predictions(path) == make_predictions()
    save_video_predictions(path, make_predictions(camera=None))  # what is left over is in no way
    assert load_video_predictions(path).camera is None


class TestPermissions:
    @pytest.fixture(autouse=True)
    def umask(self) -> Iterator[None]:
        before = os.umask(0o027)
        yield
        os.umask(before)

    def test_a_new_file_is_for_its_owner_only(self, tmp_path: Path) -> None:
        write_atomically(tmp_path / "a", [b"new"])
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600

    @pytest.mark.parametrize("mode", [0o600, 0o664])
    def test_a_replaced_file_keeps_its_own(self, path: Path, mode: int) -> None:
        path.chmod(mode)
        write_atomically(path, [b"new"])
        assert stat.S_IMODE(path.stat().st_mode) == mode


class TestTargets:
    def test_a_link_stays_and_its_target_is_replaced(self, path: Path, tmp_path: Path) -> None:
        (tmp_path / "links").mkdir()
        link = tmp_path / "links" / "latest.json"
        link.symlink_to(Path("..") / path.name)
        write_atomically(link, [b"new"])
        assert link.is_symlink()
        assert not path.is_symlink()
        assert path.read_bytes() == b"new"
        assert [entry.name for entry in link.parent.iterdir()] == ["latest.json"]

    def test_a_link_to_nothing_makes_its_target(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "target")
        write_atomically(tmp_path / "link", [b"new"])
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "target").read_bytes() == b"new"

    def test_a_link_to_itself(self, tmp_path: Path) -> None:
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        with pytest.raises(OutputError, match="cannot be written"):
            write_atomically(tmp_path / "loop", [b"new"])
        assert (tmp_path / "loop").is_symlink()

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match="is a directory") as caught:
            write_atomically(tmp_path, [b"new"])
        assert caught.value.hint == "name a file, not a folder"

    def test_what_is_no_ordinary_file(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OutputError, match="not an ordinary file"):
            write_atomically(tmp_path / "pipe", [b"new"])
        assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)

    @pytest.mark.parametrize("parent", ["none", "file"])
    def test_a_folder_that_is_not_there(self, tmp_path: Path, parent: str) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(OutputError) as caught:
            write_atomically(tmp_path / parent / "a", [b"new"])
        assert caught.value.hint == "make its folder first"
        assert isinstance(caught.value, NeuroPoseError)

    def test_the_longest_name_that_the_system_takes(self, tmp_path: Path) -> None:
        path = tmp_path / ("a" * 255)
        write_atomically(path, [b"new"])
        assert path.read_bytes() == b"new"
