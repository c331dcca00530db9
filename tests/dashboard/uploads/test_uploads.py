"""Uploads: what is cut goes on, what is wrong is refused, and nothing is lost."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.dashboard.served import Answer, Site, served

from neuropose.dashboard.pages import uploads as pages
from neuropose.dashboard.uploads import finishing
from neuropose.dashboard.uploads import store as stored
from neuropose.dashboard.uploads.finishing import Wanted, make_jobs
from neuropose.dashboard.uploads.manifest import Manifest
from neuropose.dashboard.uploads.store import ABANDONED_S, Upload, UploadError, UploadStore
from neuropose.errors import IngestError, OutputError
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.staging import clear_staging
from neuropose.study.contract.loading import load_session
from neuropose.study.contract.session import Session
from neuropose.testing import write_numbered_video

PIECE = 1000
KILLED = """
import os, signal, sys
from pathlib import Path
from neuropose.dashboard.uploads import store
from neuropose.dashboard.uploads.finishing import Wanted, make_jobs
from neuropose.interfacer import ingest
from neuropose.interfacer.layout import Layout

def move_some(folders, layout):
    for job, folder in folders[:int(sys.argv[3])]:
        folder.rename(layout.inbox / job.name)
    os.kill(os.getpid(), signal.SIGKILL)

ingest._move_in = move_some
store.PIECE_BYTES = 1000
layout = Layout(Path(sys.argv[1]))
make_jobs(store.UploadStore(layout).find(sys.argv[2], ""), Wanted(), layout)
"""
"""A dashboard that is killed when it has moved some of the jobs of an upload to ``in/``."""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "PIECE_BYTES", PIECE)
    monkeypatch.setattr(pages, "PIECE_BYTES", PIECE)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    found = Layout(tmp_path / "data")
    found.make()
    return found


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_numbered_video(tmp_path_factory.mktemp("clip") / "clip.mp4", 8).read_bytes()


@pytest.fixture
def site(layout: Layout) -> Iterator[Site]:
    with served(layout.root, disk_reserve_gb=0) as found:
        yield found


def manifest(**files: int) -> Manifest:
    return Manifest(files=[{"path": path, "size_bytes": size} for path, size in files.items()])


def pieces(content: bytes, start: int = 0) -> Iterator[tuple[int, bytes, str]]:
    for offset in range(start, len(content), PIECE):
        piece = content[offset : offset + PIECE]
        yield offset, piece, hashlib.sha256(piece).hexdigest()


def put(store: UploadStore, upload: Upload, contents: list[bytes], owner: str = "") -> Upload:
    for number, content in enumerate(contents):
        for offset, piece, sha256 in pieces(content, upload.offsets[number]):
            store.append(store.find(upload.key, owner), number, offset, piece, sha256)
    return store.find(upload.key, owner)


def uploaded(layout: Layout, files: dict[str, bytes]) -> Upload:
    store = UploadStore(layout)
    begun = store.begin(manifest(**{path: len(content) for path, content in files.items()}), "")
    return put(store, begun, list(files.values()))


def zipped(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


class TestManifest:
    @pytest.mark.parametrize(
        "path",
        [
            *("../walk.mp4", "anna/../../walk.mp4", "/etc/passwd", "C:/walk.mp4", "a\0b.mp4", ""),
            *(
                "anna//walk.mp4",
                "./walk.mp4",
                "anna/",
                "n" * 256,
                "/".join("a" * 40),
                "\udcff\ud800",
            ),
        ],
    )
    def test_paths_that_lead_elsewhere_are_refused(self, path: str) -> None:
        with pytest.raises(ValidationError):
            manifest(**{path: 1})

    @given(path=st.text(alphabet="ab./\\\0:C é", min_size=1, max_size=30))
    def test_whatever_is_taken_lies_inside(self, path: str) -> None:
        try:
            manifest(**{path: 1})
        except ValidationError:
            return
        place = Path("/upload/tree") / path
        assert place.parts[:3] == ("/", "upload", "tree")
        assert ".." not in place.parts
        assert len(place.parts) > 3

    @pytest.mark.parametrize("size", [-1, 2**53 + 1, 10**400])
    def test_sizes_that_are_none(self, size: int) -> None:
        with pytest.raises(ValidationError):
            manifest(a=size)

    def test_names_that_a_disk_would_take_for_one(self) -> None:
        with pytest.raises(ValidationError, match="is there twice"):
            manifest(**{"Walk.mp4": 1, "walk.MP4": 1})
        with pytest.raises(ValidationError, match="a file and a folder"):
            manifest(**{"anna": 1, "anna/walk.mp4": 1})


class TestStore:
    def test_a_file_of_any_length_comes_whole(self, layout: Layout) -> None:
        store = UploadStore(layout)
        for size in (0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE):
            content = bytes(range(256)) * (size // 256 + 1)
            whole = put(store, store.begin(manifest(a=size, b=size), ""), [content[:size]] * 2)
            assert whole.is_whole
            assert [whole.part(number).read_bytes() for number in (0, 1)] == [content[:size]] * 2
            store.remove(whole)
        assert list(layout.staging.iterdir()) == []

    def test_half_a_piece_does_not_count(self, layout: Layout) -> None:
        """A kill may come after any byte that was written."""
        content = bytes(range(250)) * 10
        store = UploadStore(layout)
        begun = store.begin(manifest(a=len(content)), "")
        [first, second, third] = pieces(content)
        store.append(begun, 0, *first)
        for cut in (0, 1, 500, PIECE - 1, PIECE):
            with begun.part(0).open("r+b") as file:
                file.seek(PIECE)
                file.truncate()
                file.write(bytes(cut))
            found = UploadStore(layout).find(begun.key, "")
            assert found.offsets == (PIECE,)
        with (begun.folder / "0000.pieces").open("ab") as file:
            file.write(second[2][:20].encode())  # the line of a piece, cut
        assert store.find(begun.key, "").offsets == (PIECE,)
        store.append(store.find(begun.key, ""), 0, *second)
        store.append(store.find(begun.key, ""), 0, *third)
        assert begun.part(0).read_bytes() == content

    def test_a_line_of_what_is_not_there_does_not_count(self, layout: Layout) -> None:
        content = bytes(range(250)) * 10
        store = UploadStore(layout)
        begun = store.begin(manifest(a=len(content)), "")
        whole = put(store, begun, [content])
        for size, offset in ((len(content) - 1, 2 * PIECE), (PIECE + 1, PIECE), (0, 0)):
            with whole.part(0).open("r+b") as file:
                file.truncate(size)
            cut = store.find(begun.key, "")
            assert (cut.offsets, cut.is_whole) == ((offset,), False)
            whole = put(store, cut, [content])
            assert whole.is_whole
            assert whole.part(0).read_bytes() == content

    def test_a_piece_that_is_taken_twice_is_there_once(self, layout: Layout) -> None:
        """Two requests may have looked before either wrote."""
        store = UploadStore(layout)
        begun = store.begin(manifest(a=3 * PIECE), "")
        first = next(pieces(bytes(3 * PIECE)))
        assert [store.append(begun, 0, *first) for _ in range(2)] == [PIECE, PIECE]
        assert store.find(begun.key, "").offsets == (PIECE,)

    def test_the_same_files_go_on(self, layout: Layout) -> None:
        store = UploadStore(layout)
        begun = store.begin(manifest(a=1500), "anna")
        store.append(begun, 0, *next(pieces(bytes(1500))))
        assert UploadStore(layout).begin(manifest(a=1500), "anna").offsets == (PIECE,)
        assert store.begin(manifest(a=1500), "ben").key != begun.key
        with pytest.raises(UploadError, match="no such upload"):
            store.find(begun.key, "ben")

    def test_what_is_not_the_next_piece_is_refused(self, layout: Layout) -> None:
        store = UploadStore(layout)
        begun = store.begin(manifest(a=1500), "")
        [first, last] = pieces(bytes(1500))
        with pytest.raises(UploadError) as late:
            store.append(begun, 0, *last)
        assert late.value.offset == 0
        for piece in (b"", bytes(PIECE - 1), bytes(PIECE + 1)):
            with pytest.raises(UploadError, match="is not the next one"):
                store.append(begun, 0, 0, piece, hashlib.sha256(piece).hexdigest())
        with pytest.raises(UploadError, match="changed on its way"):
            store.append(begun, 0, 0, b"1" + bytes(PIECE - 1), first[2])
        for number in (-1, 1):
            with pytest.raises(UploadError, match="no such file"):
                store.append(begun, number, *first)
        assert store.find(begun.key, "").offsets == (0,)

    def test_five_gigabytes_do_not_go_onto_one(self, layout: Layout) -> None:
        store = UploadStore(layout, free_bytes=lambda: 1_000_000_000)
        with pytest.raises(UploadError, match=r"5\.0 GB are to come, and 1\.0 GB") as refused:
            store.begin(manifest(a=5_000_000_000), "")
        assert refused.value.status == 507
        assert list(layout.staging.iterdir()) == []

    def test_what_others_still_send_is_not_free(self, layout: Layout) -> None:
        store = UploadStore(layout, free_bytes=lambda: 10_000, reserve_bytes=2_000)
        store.begin(manifest(a=5_000), "anna")
        with pytest.raises(UploadError):
            store.begin(manifest(a=4_000), "ben")
        store.begin(manifest(a=3_000), "ben")

    def test_what_nobody_sends_any_more_keeps_nothing_from_others(self, layout: Layout) -> None:
        now_s = [time.time()]
        store = UploadStore(layout, free_bytes=lambda: 10_000, now=lambda: now_s[0])
        left = store.begin(manifest(a=9_000), "anna").folder
        for number in range(stored.MOST_OPEN - 1):
            store.begin(manifest(**{f"{number}": 1}), "anna")
        with pytest.raises(UploadError) as refused:
            store.begin(manifest(a=1), "ben")
        assert refused.value.status == 429
        now_s[0] += 3700.0
        store.remove(store.begin(manifest(a=9_000), "ben"))
        os.utime(left, (now_s[0], now_s[0]))  # as when a piece arrives
        with pytest.raises(UploadError, match="are to come"):
            store.begin(manifest(a=9_000), "ben")
        assert store.begin(manifest(a=9_000), "anna").folder == left

    def test_two_at_once_do_not_get_the_same_space(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stored.shutil, "disk_usage", lambda _: SimpleNamespace(free=10_000))
        all_of = UploadStore._all

        def listed(store: UploadStore) -> Any:
            found = list(all_of(store))
            time.sleep(0.3)
            return found

        monkeypatch.setattr(UploadStore, "_all", listed)
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(
                lambda name: site.ask(
                    "POST", "/uploads", {"files": [{"path": name, "size_bytes": 9_000}]}
                ),
                ("a.mp4", "b.mp4"),
            )
            assert sorted(answer.status for answer in answers) == [201, 507]

    def test_what_is_abandoned_is_removed(self, layout: Layout) -> None:
        now = [0.0]
        store = UploadStore(layout, now=lambda: now[0])
        begun = store.begin(manifest(a=5), "")
        now[0] = begun.folder.stat().st_mtime + ABANDONED_S - 5.0
        assert store.clear_abandoned() == 0
        now[0] += 10.0
        assert store.clear_abandoned() == 1
        assert list(layout.staging.iterdir()) == []

    def test_the_daemon_leaves_it_alone(self, layout: Layout) -> None:
        store = UploadStore(layout)
        begun = store.begin(manifest(a=1500), "")
        store.append(begun, 0, *next(pieces(bytes(1500))))
        clear_staging(layout)
        assert store.find(begun.key, "").offsets == (PIECE,)


class TestJobs:
    def test_a_folder_a_zip_and_a_loose_video(self, layout: Layout, video: bytes) -> None:
        files = {
            "anna/day 1/walk.mp4": video,
            "ben.zip": zipped({"walk.mp4": video, "notes.txt": b"-"}),
            "clara.mp4": video,
        }
        upload = uploaded(layout, files)
        jobs = make_jobs(upload, Wanted(), layout)
        assert sorted(job.name for job in jobs) == ["anna", "ben", "clara"]
        for name, file in (("anna", "walk.mp4"), ("ben", "walk.mp4"), ("clara", "clara.mp4")):
            assert (layout.inbox / name / file).read_bytes() == video
        UploadStore(layout).remove(upload)
        assert list(layout.staging.iterdir()) == []
        assert (layout.inbox / "clara" / "clara.mp4").read_bytes() == video

    def test_videos_are_not_copied(self, layout: Layout, video: bytes) -> None:
        upload = uploaded(layout, {"clara.mp4": video})
        make_jobs(upload, Wanted(), layout)
        assert upload.part(0).samefile(layout.inbox / "clara" / "clara.mp4")

    def test_the_session_of_the_form(self, layout: Layout, video: bytes) -> None:
        session = Session(
            tasks=["gait"],
            affected_side="left",
            height_mm=1710,
            up="-y",
            code="S: 01",
            date="2026-03-01",
        )
        make_jobs(
            uploaded(layout, {"clara.mp4": video}), Wanted(session=session, job="one"), layout
        )
        assert load_session(layout.inbox / "one" / "session.yaml") == session

    def test_two_sessions_are_one_too_many(self, layout: Layout, video: bytes) -> None:
        upload = uploaded(layout, {"anna/walk.mp4": video, "anna/session.yaml": b"tasks: [gait]\n"})
        with pytest.raises(IngestError, match=r"session\.yaml of its own"):
            make_jobs(upload, Wanted(session=Session(tasks=["rom"])), layout)
        make_jobs(upload, Wanted(), layout)
        assert load_session(layout.inbox / "anna" / "session.yaml").tasks == ("gait",)

    @pytest.mark.parametrize("name", ["../../walk.mp4", "/walk.mp4"])
    def test_an_archive_that_leads_elsewhere(self, layout: Layout, video: bytes, name: str) -> None:
        self.refused(layout, {"ben.zip": zipped({name: video})}, "would lie|absolute")

    def test_a_zip_bomb(self, layout: Layout, video: bytes) -> None:
        bomb = zipped({"walk.mp4": video, "more.mp4": bytes(300_000_000)})
        assert len(bomb) < 1_000_000
        self.refused(layout, {"ben.zip": bomb}, "would unpack to")

    def test_what_is_no_video(self, layout: Layout) -> None:
        self.refused(layout, {"walk.mp4": b"not a video"}, "^walk.mp4: the file is not a video")
        self.refused(layout, {"empty.mp4": b""}, "is empty")

    def refused(self, layout: Layout, files: dict[str, bytes], why: str) -> None:
        upload = uploaded(layout, files)
        with pytest.raises(IngestError, match=why):
            make_jobs(upload, Wanted(), layout)
        assert list(layout.inbox.iterdir()) == []
        assert str(layout.root) not in str(upload.manifest)
        assert UploadStore(layout).find(upload.key, "").is_whole

    def test_an_archive_whose_names_are_damaged(self, layout: Layout, video: bytes) -> None:
        whole = zipped({"wälk.mp4": video, "nötes": b"a" * 40})
        damaged = whole.replace("wälk".encode(), "wälk".encode("latin-1") + b"!", 1)
        self.refused(layout, {"ben.zip": damaged}, "an archive is damaged")
        beside = whole.replace("nötes".encode(), "nötes".encode("latin-1") + b"!", 1)
        make_jobs(uploaded(layout, {"clara.zip": beside}), Wanted(), layout)
        assert (layout.inbox / "clara" / "wälk.mp4").read_bytes() == video

    def test_a_full_disk_is_said(
        self, layout: Layout, video: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = uploaded(layout, {"anna/clara.mp4": video})

        def refuse(_: Path) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(finishing, "make_private_folder", refuse)
        with pytest.raises(OutputError, match="No space left"):
            make_jobs(upload, Wanted(), layout)

    def test_the_cameras_of_the_form_are_checked(self, layout: Layout, video: bytes) -> None:
        upload = uploaded(layout, {"clara.mp4": video, "rig.toml": b"nothing"})
        with pytest.raises(ValueError, match="rig"):
            make_jobs(upload, Wanted(cameras="rig.toml"), layout)
        assert list(layout.inbox.iterdir()) == []

    @pytest.mark.parametrize("moved", range(4))
    def test_what_was_made_before_a_kill_is_not_made_again(
        self, layout: Layout, video: bytes, moved: int
    ) -> None:
        names = ["anna", "ben", "clara"]
        contents = {"anna/walk.mp4": video, "ben.zip": zipped({"w.mp4": video}), "clara.mp4": video}
        upload = uploaded(layout, contents)
        program = [sys.executable, "-c", KILLED, str(layout.root), upload.key, str(moved)]
        assert subprocess.run(program, check=False).returncode == -signal.SIGKILL
        made = sorted(path.name for path in layout.inbox.iterdir())
        assert len(made) == moved
        places = {path.name: path.stat().st_ino for path in layout.inbox.iterdir()}
        for name in made[:1]:  # a daemon may have done some of them meanwhile
            (layout.inbox / name).rename(layout.out / name)
        clear_staging(layout)
        jobs = make_jobs(UploadStore(layout).find(upload.key, ""), Wanted(), layout)
        assert sorted(job.name for job in jobs) == names
        there = {path.name: path for path in (*layout.inbox.iterdir(), *layout.out.iterdir())}
        assert sorted(there) == names
        assert {name: there[name].stat().st_ino for name in made} == places
        for path in there.values():
            assert [file.read_bytes() for file in path.iterdir()] == [video]

    def test_another_job_of_the_same_name_is_none_of_its_own(
        self, layout: Layout, video: bytes
    ) -> None:
        upload = uploaded(layout, {"anna/walk.mp4": video})
        program = [sys.executable, "-c", KILLED, str(layout.root), upload.key, "1"]
        assert subprocess.run(program, check=False).returncode == -signal.SIGKILL
        (layout.inbox / "anna").rename(layout.root / "aside")
        (layout.inbox / "anna").mkdir()
        with pytest.raises(IngestError, match="is in in/ already"):
            make_jobs(upload, Wanted(), layout)


class TestSite:
    def begin(self, site: Site, files: dict[str, bytes]) -> str:
        said = [{"path": path, "size_bytes": len(content)} for path, content in files.items()]
        answer = site.ask("POST", "/uploads", {"files": said})
        assert answer.status == 201
        assert answer.json["piece_bytes"] == PIECE
        return str(answer.json["upload"])

    def patch(self, site: Site, key: str, offset: int, piece: bytes, **headers: str) -> Answer:
        sha256 = hashlib.sha256(piece).hexdigest()
        given = {"Upload_Offset": str(offset), "Upload_SHA256": sha256, **headers}
        return site.ask("PATCH", f"/uploads/{key}/0", piece, **given)

    def test_an_upload_cut_at_any_byte_goes_on(self, site: Site, video: bytes) -> None:
        key = self.begin(site, {"clara.mp4": video})
        cuts = [0, 1, 17, PIECE // 2, PIECE - 1]
        for number, (offset, piece, sha256) in enumerate(pieces(video)):
            head = (
                f"PATCH /uploads/{key}/0 HTTP/1.1\r\nHost: {site.host}\r\n"
                + "".join(f"{name}: {value}\r\n" for name, value in site.script.headers().items())
                + f"Content-Length: {len(piece)}\r\nUpload-Offset: {offset}\r\n"
                f"Upload-SHA256: {sha256}\r\n\r\n"
            ).encode()
            whole = head + piece
            for cut in (len(head) + cuts[number % len(cuts)], 3 + number * 11 % len(head)):
                with site.connection() as connection:
                    connection.sendall(whole[: min(cut, len(whole) - 1)])
            assert site.ask("GET", f"/uploads/{key}").json["offsets"] == [offset]
            assert self.patch(site, key, offset, piece).json == {"offset": offset + len(piece)}
        answer = site.ask("POST", f"/uploads/{key}/jobs", {"job": "anna"})
        assert answer.json == {"jobs": [{"name": "anna", "videos": 1, "skipped": 0}]}
        assert (site.layout.inbox / "anna" / "clara.mp4").read_bytes() == video
        assert site.ask("GET", f"/uploads/{key}").status == 404
        again = site.ask("POST", f"/uploads/{key}/jobs", {"job": "anna"})  # the answer was lost
        assert again.json == answer.json
        assert [path.name for path in site.layout.inbox.iterdir()] == ["anna"]

    def test_it_goes_on_after_the_dashboard_was_started_again(
        self, layout: Layout, video: bytes
    ) -> None:
        with served(layout.root, disk_reserve_gb=0) as site:
            key = self.begin(site, {"clara.mp4": video})
            assert self.patch(site, key, 0, video[:PIECE]).status == 200
        with served(layout.root, disk_reserve_gb=0) as site:
            assert self.begin(site, {"clara.mp4": video}) == key
            for offset, piece, _ in pieces(video, PIECE):
                assert self.patch(site, key, offset, piece).status == 200
            assert site.ask("POST", f"/uploads/{key}/jobs", {}).status == 200
        assert (layout.inbox / "clara" / "clara.mp4").read_bytes() == video

    def test_only_the_arrival_of_a_piece_is_timed(
        self, site: Site, video: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = self.begin(site, {"clara.mp4": video})
        monkeypatch.setattr(pages, "_PIECE_WITHIN_S", 1.0)
        append = UploadStore.append

        def slowly(*given: Any) -> int:
            time.sleep(1.5)  # as a disk that is asleep
            return append(*given)

        monkeypatch.setattr(UploadStore, "append", slowly)
        assert self.patch(site, key, 0, video[:PIECE]).json == {"offset": PIECE}

    def test_what_is_wrong_is_said(self, site: Site, video: bytes) -> None:
        key = self.begin(site, {"clara.mp4": video})
        assert self.patch(site, key, PIECE, video[:PIECE]).json["offset"] == 0
        assert self.patch(site, key, 0, bytes(PIECE + 1)).status == 413
        assert self.patch(site, key, 0, video[:PIECE], Upload_Offset="-1").status == 422
        assert site.ask("POST", f"/uploads/{key}/jobs", {}).status == 409
        assert site.ask("POST", f"/uploads/{key}/jobs", {"job": 5}).status == 422
        session = {"tasks": ["dancing"]}
        answer = site.ask("POST", f"/uploads/{key}/jobs", {"session": session})
        assert "dancing" in answer.json["error"]
        assert not answer.json["error"].startswith("Value error")
        outside = [{"path": "../a.mp4", "size_bytes": 1}]
        answer = site.ask("POST", "/uploads", {"files": outside})
        assert answer.status == 422
        assert answer.json["error"] == "../a.mp4 would lie outside its job"
        huge = [{"path": "a.mp4", "size_bytes": 10**15}]
        answer = site.ask("POST", "/uploads", {"files": huge})
        assert answer.status == 507
        assert "GB may be used" in answer.json["error"]
        assert site.ask("DELETE", f"/uploads/{key}").status == 200
        assert list(site.layout.staging.iterdir()) == []

    def test_only_with_the_token_of_a_page(self, site: Site) -> None:
        files = {"files": [{"path": "a.mp4", "size_bytes": 1}]}
        assert site.ask("POST", "/uploads", files, X_CSRF_Token="").status == 403
        assert site.ask("POST", "/uploads", files, Origin="http://elsewhere.example").status == 403
        assert list(site.layout.staging.iterdir()) == []

    def test_whatever_is_sent_is_refused_and_nothing_is_lost(
        self, site: Site, video: bytes
    ) -> None:
        key = self.begin(site, {"clara.mp4": video})
        assert self.patch(site, key, 0, video[:PIECE]).status == 200
        token = st.sampled_from([key, "0", "..", "%2e%2e", "jobs", "", key[:-1], "%00", "1" * 40])
        words = st.text(
            alphabet=st.characters(codec="latin-1", categories=("L", "N", "P")), max_size=20
        )
        bodies = st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [b"{}", b"[]", b"null", b"[" * 5000, b'{"files": []}', b'{"files": [{"path": 1}]}']
            ),
            st.recursive(
                st.none() | st.integers() | st.text(max_size=8),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(
                        st.sampled_from(
                            ["files", "path", "size_bytes", "job", "session", "cameras"]
                        ),
                        inner,
                        max_size=4,
                    )
                ),
                max_leaves=8,
            ).map(lambda said: json.dumps(said).encode()),
        )

        @settings(
            max_examples=250, deadline=None, suppress_health_check=list(HealthCheck), database=None
        )
        @given(
            method=st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD"]),
            parts=st.lists(token, max_size=3),
            offset=words,
            sha256=words,
            body=bodies,
        )
        def mutated(method: str, parts: list[str], offset: str, sha256: str, body: bytes) -> None:
            path = "/".join(["/uploads", *parts])
            if method == "DELETE" and parts == [key]:
                return  # that one is meant
            answer = site.ask(method, path, body, Upload_Offset=offset, Upload_SHA256=sha256)
            assert answer.status < 500 or answer.status == 507

        mutated()
        assert site.ask("GET", f"/uploads/{key}").json["offsets"] == [PIECE]
        assert list(site.layout.inbox.iterdir()) == []
        places = {path.name for path in site.layout.root.iterdir()}
        assert places <= {"in", "out", "failed", ".staging", ".requests", ".dashboard"}
