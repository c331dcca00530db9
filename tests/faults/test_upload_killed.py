"""A real daemon, killed while videos are uploaded: the upload goes on, every job is done once."""

from __future__ import annotations

import hashlib
import io
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.dashboard.served import Site, served
from tests.faults.test_daemon_killed import Lab
from tests.loopback import PATIENCE_S

from neuropose.dashboard.pages import uploads as pages
from neuropose.dashboard.uploads import finishing
from neuropose.dashboard.uploads import store as stored
from neuropose.dashboard.uploads.store import UploadStore
from neuropose.data import JobState
from neuropose.interfacer import ingest as ingesting
from neuropose.io import load_job_results, load_status

PIECE = 1000
JOBS = ("anna", "ben", "carla")


class Killed(Lab):
    """A lab whose daemon is killed, and at once started again."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.environment |= {
            "NEUROPOSE_MODEL": "fake-slow",
            "NEUROPOSE_RECONSTRUCT": "off",
            "NEUROPOSE_CONTINUE_INTERRUPTED": "1000",
        }
        self.running: subprocess.Popen[bytes] | None = None
        self.kills = 0

    def start(self) -> None:
        """Start a daemon, and wait until it has cleared what an earlier one left."""
        left = self.layout.staging / "remove-what-was-left"
        left.mkdir()
        self.running = self.daemon()
        until_s = time.monotonic() + PATIENCE_S
        while left.exists():
            assert time.monotonic() < until_s
            assert self.running.poll() is None
            time.sleep(0.02)

    def states(self) -> dict[str, JobState]:
        if not self.layout.status.exists():
            return {}
        return {name: job.state for name, job in load_status(self.layout.status).jobs.items()}

    def stop(self) -> None:
        if self.running is not None:
            self.running.kill()
            self.running.wait()

    def kill(self) -> None:
        self.stop()
        self.kills += 1
        self.start()


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Killed]:
    for module in (stored, pages):
        monkeypatch.setattr(module, "PIECE_BYTES", PIECE)
    found = Killed(tmp_path)
    found.start()
    yield found
    found.stop()


def zipped(name: str, content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, content)
    return held.getvalue()


def begin(site: Site, files: dict[str, bytes]) -> dict[str, Any]:
    said = [{"path": path, "size_bytes": len(content)} for path, content in files.items()]
    answer = site.ask("POST", "/uploads", {"files": said})
    assert answer.status == 201
    return dict(answer.json)


def send(site: Site, files: dict[str, bytes], between: Callable[[int, int], None]) -> str:
    """Send an upload, asking before every piece where it goes on."""
    total = sum(-(-len(content) // PIECE) for content in files.values())
    for done in range(total):
        between(done, total)
        begun = begin(site, files)
        number, (content, offset) = next(
            (number, (content, offset))
            for number, (content, offset) in enumerate(
                zip(files.values(), begun["offsets"], strict=True)
            )
            if offset < len(content)
        )
        piece = content[offset : offset + PIECE]
        answer = site.ask(
            "PATCH",
            f"/uploads/{begun['upload']}/{number}",
            piece,
            Upload_Offset=str(offset),
            Upload_SHA256=hashlib.sha256(piece).hexdigest(),
        )
        assert answer.json == {"offset": offset + len(piece)}
    return str(begin(site, files)["upload"])


def kill_while_pieces_come(lab: Killed, _: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    return lambda done, total: lab.kill() if done in (0, total // 2, total - 1) else None


def kill_before_it_is_checked(lab: Killed, patch: pytest.MonkeyPatch) -> None:
    kill_before(lab, patch, finishing, "plan_ingest")


def kill_when_all_is_staged(lab: Killed, patch: pytest.MonkeyPatch) -> None:
    kill_before(lab, patch, ingesting, "_move_in")


def kill_between_jobs(lab: Killed, patch: pytest.MonkeyPatch) -> None:
    move_in = ingesting._move_in

    def one_by_one(folders: list[Any], *rest: Any) -> None:
        assert len(folders) == len(JOBS)
        for folder in folders:
            move_in([folder], *rest)
            lab.kill()

    patch.setattr(ingesting, "_move_in", one_by_one)


def kill_before_it_is_removed(lab: Killed, patch: pytest.MonkeyPatch) -> None:
    kill_before(lab, patch, UploadStore, "remove")


def kill_before(lab: Killed, patch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    original = getattr(owner, name)

    def killing(*given: Any, **named: Any) -> Any:
        lab.kill()
        return original(*given, **named)

    patch.setattr(owner, name, killing)


@pytest.mark.slow
@pytest.mark.parametrize(
    "point",
    [
        kill_while_pieces_come,
        kill_before_it_is_checked,
        kill_when_all_is_staged,
        kill_between_jobs,
        kill_before_it_is_removed,
    ],
)
def test_every_job_is_done_once(
    point: Callable[..., Any], lab: Killed, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = lab.video.read_bytes()
    files = {
        "anna/walk.mp4": video,
        "ben.zip": zipped("walk.mp4", video),
        "carla.mp4": video,
    }
    with served(lab.layout.root, disk_reserve_gb=0) as site:
        between = point(lab, monkeypatch)
        key = send(site, files, between or (lambda done, total: None))
        answer = site.ask("POST", f"/uploads/{key}/jobs", {})
        assert sorted(job["name"] for job in answer.json["jobs"]) == list(JOBS)
        assert lab.kills > 0
    lab.names |= set(JOBS)
    for _ in range(3):  # and while they are processed
        lab.wait_for_frames("carla", 1)
        lab.stop()
        lab.check()
        lab.start()
    until_s = time.monotonic() + PATIENCE_S
    while lab.states() != dict.fromkeys(JOBS, JobState.COMPLETED):
        assert time.monotonic() < until_s
        time.sleep(0.05)
    lab.check()
    assert set(lab.done) == set(JOBS)
    for name in JOBS:
        results = load_job_results(lab.layout.out / name / "results.json")
        assert results.videos == {"video_01": lab.expected}
        wanted = "carla.mp4" if name == "carla" else "walk.mp4"
        assert (lab.layout.out / name / wanted).read_bytes() == video
    assert [path.name for path in lab.layout.staging.iterdir()] == []
