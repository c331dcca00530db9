"""Fetching pinned artefacts: whatever goes wrong, nothing wrong is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.loopback import (
    PATIENCE_S,
    Server,
    build_sdist,
    build_wheel,
    closed_url,
    running_server,
    sha256,
    silent_url,
)

from neuropose.assets import (
    ARTEFACTS,
    Artefact,
    ArtefactState,
    SdistSource,
    Source,
    UrlSource,
    WheelSource,
    add,
    fetch,
    find_artefact,
    pinned_artefacts,
    status,
    verify,
)
from neuropose.errors import (
    ArchiveError,
    AssetHashError,
    AssetUnavailableError,
    OutputError,
    UnknownAssetError,
)

CONTENT = bytes(range(256)) * 2000
OTHER = b"another file" * 1000


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def artefact(*sources: Source, name: str = "weights.bin", content: bytes = CONTENT) -> Artefact:
    return Artefact(name, sha256(content), len(content), "MIT", sources)


def files(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if not path.name.endswith(".lock"))


class TestUrl:
    def test_good_download_is_the_only_thing_left(self, server: Server, cache: Path) -> None:
        path = fetch(artefact(UrlSource(server.serve("/w", CONTENT))), cache)
        assert path.read_bytes() == CONTENT
        assert files(cache) == ["weights.bin"]

    def test_other_users_can_read_the_cache(self, server: Server, cache: Path) -> None:
        before = os.umask(0o022)
        try:
            path = fetch(artefact(UrlSource(server.serve("/w", CONTENT))), cache)
        finally:
            os.umask(before)
        assert path.stat().st_mode & 0o777 == 0o644

    def test_what_is_there_is_not_fetched_again(self, server: Server, cache: Path) -> None:
        wanted = artefact(UrlSource(server.serve("/w", CONTENT)))
        assert fetch(wanted, cache) == fetch(wanted, cache)
        assert server.requests["/w"] == 1

    def test_a_shared_cache_need_not_be_writable(self, cache: Path) -> None:
        cache.mkdir()
        (cache / "weights.bin").write_bytes(CONTENT)
        fetch(artefact(), cache)
        assert [path.name for path in cache.iterdir()] == ["weights.bin"]

    def test_a_damaged_file_is_replaced(self, server: Server, cache: Path) -> None:
        cache.mkdir()
        (cache / "weights.bin").write_bytes(CONTENT[:-1])
        lines: list[str] = []
        path = fetch(artefact(UrlSource(server.serve("/w", CONTENT))), cache, report=lines.append)
        assert path.read_bytes() == CONTENT
        assert "damaged" in lines[0]

    def test_a_cut_connection_goes_on_where_it_was(self, server: Server, cache: Path) -> None:
        lines: list[str] = []
        url = server.serve_parts("/w", CONTENT, cuts=3)
        path = fetch(artefact(UrlSource(url)), cache, report=lines.append)
        assert path.read_bytes() == CONTENT
        assert server.requests["/w"] == 4
        assert server.sent["/w"] < 1.5 * len(CONTENT)
        assert sum("the connection broke off after" in line for line in lines) == 3

    def test_a_server_that_gives_no_parts_starts_again(self, server: Server, cache: Path) -> None:
        lines: list[str] = []
        url = server.serve_cut("/w", CONTENT, times=1)
        path = fetch(artefact(UrlSource(url)), cache, report=lines.append)
        assert path.read_bytes() == CONTENT
        assert server.requests["/w"] == 2
        assert any("the connection broke off after 0.2 MB" in line for line in lines)

    def test_cut_again_and_again_goes_to_the_next_source(self, server: Server, cache: Path) -> None:
        lines: list[str] = []
        sources = (
            UrlSource(server.serve_cut("/bad", CONTENT, times=9)),
            UrlSource(server.serve("/good", CONTENT)),
        )
        assert fetch(artefact(*sources), cache, report=lines.append).read_bytes() == CONTENT
        assert server.requests["/bad"] == 3
        assert any("broke off 2 times in a row" in line for line in lines)

    def test_a_wrong_file_is_refused_and_the_next_source_tried(
        self, server: Server, cache: Path
    ) -> None:
        lines: list[str] = []
        sources = (
            UrlSource(server.serve("/wrong", OTHER)),
            UrlSource(server.serve("/good", CONTENT)),
        )
        assert fetch(artefact(*sources), cache, report=lines.append).read_bytes() == CONTENT
        assert any("wrong file, refused" in line for line in lines)

    def test_a_wrong_file_is_never_kept(self, server: Server, cache: Path) -> None:
        with pytest.raises(AssetUnavailableError, match="wrong file, refused"):
            fetch(artefact(UrlSource(server.serve("/wrong", OTHER))), cache)
        assert files(cache) == []

    def test_a_missing_file_says_404(self, server: Server, cache: Path) -> None:
        with pytest.raises(AssetUnavailableError, match="answered 404"):
            fetch(artefact(UrlSource(f"{server.url}/none")), cache)
        assert files(cache) == []

    def test_a_server_that_never_answers_is_passed_over(self, server: Server, cache: Path) -> None:
        lines: list[str] = []
        good = UrlSource(server.serve("/w", CONTENT))
        with silent_url() as url:
            silent = UrlSource(f"{url}/w", read_timeout_s=0.05)
            path = fetch(artefact(silent, good), cache, report=lines.append)
        assert path.read_bytes() == CONTENT
        assert f"weights.bin: {url}/w: no answer within 0.05 s" in lines

    def test_an_unreachable_port_is_passed_over(self, server: Server, cache: Path) -> None:
        lines: list[str] = []
        url = closed_url()
        sources = (UrlSource(f"{url}/w"), UrlSource(server.serve("/w", CONTENT)))
        assert fetch(artefact(*sources), cache, report=lines.append).read_bytes() == CONTENT
        assert f"weights.bin: {url}/w: no connection" in lines

    def test_the_label_hides_a_password(self) -> None:
        assert UrlSource("https://me:secret@host/w").label == "https://host/w"


class TestUnavailable:
    def test_the_message_has_every_reason_and_the_hint_the_way_out(
        self, server: Server, cache: Path
    ) -> None:
        url = closed_url()
        sources = (UrlSource(f"{url}/w"), WheelSource("nowhere", "1.0", "0" * 64, "w"))
        with pytest.raises(AssetUnavailableError) as caught:
            fetch(artefact(*sources), cache)
        message, hint = caught.value.message, caught.value.hint
        assert f"{url}/w: no connection" in message
        assert "package nowhere 1.0: pip: No matching distribution" in message
        assert "\n" not in message
        assert hint is not None
        assert "weights.bin or the wheel of package nowhere 1.0" in hint
        for needed in ("weights.bin", sha256(CONTENT), "neuropose models add FILE"):
            assert needed in hint

    def test_an_unknown_name_names_the_nearest(self, cache: Path) -> None:
        with pytest.raises(UnknownAssetError) as caught:
            fetch("pose_landmark_ful.tflite", cache)
        assert "pose_landmark_full.tflite" in str(caught.value.hint)

    def test_a_cache_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(OutputError, match="cannot be written"):
            fetch(artefact(), tmp_path / "file" / "cache")


class TestWheel:
    @pytest.fixture
    def wheel(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
        return build_wheel(tmp_path / "index", "tiny", {"tiny/w": CONTENT, "tiny/o": OTHER})

    @pytest.fixture
    def pinned(self, wheel: Path) -> dict[str, Artefact]:
        wheel_sha256 = sha256(wheel.read_bytes())
        return {
            "w": artefact(WheelSource("tiny", "1.0", wheel_sha256, "tiny/w"), name="w"),
            "o": artefact(
                UrlSource(closed_url()),
                WheelSource("tiny", "1.0", wheel_sha256, "tiny/o"),
                name="o",
                content=OTHER,
            ),
        }

    def test_one_download_gives_every_pinned_member(
        self, pinned: dict[str, Artefact], cache: Path
    ) -> None:
        assert fetch("w", cache, known=pinned).read_bytes() == CONTENT
        assert (cache / "o").read_bytes() == OTHER
        assert files(cache) == ["o", "w"]

    def test_only_what_is_known_is_kept(self, pinned: dict[str, Artefact], cache: Path) -> None:
        fetch(pinned["w"], cache)
        assert files(cache) == ["w"]

    def test_falls_through_from_the_url(self, pinned: dict[str, Artefact], cache: Path) -> None:
        lines: list[str] = []
        assert fetch(pinned["o"], cache, report=lines.append).read_bytes() == OTHER
        assert lines[-1] == "o: fetching from package tiny 1.0"

    def test_another_wheel_than_the_pinned_one_is_refused(self, wheel: Path, cache: Path) -> None:
        source = WheelSource("tiny", "1.0", "0" * 64, "tiny/w")
        with pytest.raises(AssetUnavailableError, match="a different file from the pinned one"):
            fetch(artefact(source), cache)
        assert files(cache) == []

    def test_another_member_than_the_pinned_one_is_refused(self, wheel: Path, cache: Path) -> None:
        source = WheelSource("tiny", "1.0", sha256(wheel.read_bytes()), "tiny/o")
        with pytest.raises(AssetUnavailableError, match="wrong file, refused"):
            fetch(artefact(source), cache)
        assert files(cache) == []

    def test_a_member_that_is_not_there(self, wheel: Path, cache: Path) -> None:
        source = WheelSource("tiny", "1.0", sha256(wheel.read_bytes()), "tiny/none")
        with pytest.raises(AssetUnavailableError, match="the wheel has no tiny/none"):
            fetch(artefact(source), cache)

    def test_a_wheel_for_another_python_and_platform(self, wheel: Path, cache: Path) -> None:
        tag = "cp39-cp39-win_amd64"
        foreign = build_wheel(wheel.parent, "foreign", {"w": CONTENT}, tag=tag)
        source = WheelSource("foreign", "1.0", sha256(foreign.read_bytes()), "w", tag=tag)
        assert fetch(artefact(source), cache).read_bytes() == CONTENT

    def test_an_index_that_cannot_be_reached(
        self, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.setenv("PIP_INDEX_URL", f"{closed_url()}/simple")
        with pytest.raises(AssetUnavailableError, match="pip cannot reach its package index"):
            fetch(artefact(WheelSource("tiny", "1.0", "0" * 64, "w")), cache)

    def test_a_python_without_pip(
        self, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        venv.create(tmp_path / "bare", with_pip=False)
        monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
        with pytest.raises(AssetUnavailableError, match="this Python has no pip"):
            fetch(artefact(WheelSource("tiny", "1.0", "0" * 64, "w")), cache)

    def test_a_python_that_is_gone(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(AssetUnavailableError, match="pip cannot be run"):
            fetch(artefact(WheelSource("tiny", "1.0", "0" * 64, "w")), cache)


class TestSdist:
    @pytest.fixture
    def sdist(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
        members = {"tests/w": CONTENT, "o": OTHER}
        return build_sdist(tmp_path / "index", members, links={"link": "tests/w"})

    def source(self, sdist: Path, member: str) -> SdistSource:
        return SdistSource("tiny", "1.0", sha256(sdist.read_bytes()), f"tiny-1.0/{member}")

    def test_one_download_gives_every_pinned_member(self, sdist: Path, cache: Path) -> None:
        known = {
            "w": artefact(self.source(sdist, "tests/w"), name="w"),
            "o": artefact(self.source(sdist, "o"), name="o", content=OTHER),
        }
        assert fetch("w", cache, known=known).read_bytes() == CONTENT
        assert (cache / "o").read_bytes() == OTHER
        assert files(cache) == ["o", "w"]

    def test_the_wheel_of_the_same_version_is_passed_over(self, sdist: Path, cache: Path) -> None:
        build_wheel(sdist.parent, "tiny", {"tiny-1.0/tests/w": OTHER})
        assert fetch(artefact(self.source(sdist, "tests/w")), cache).read_bytes() == CONTENT

    def test_another_archive_than_the_pinned_one_is_refused_before_anything_of_it_is_run(
        self, tmp_path: Path, sdist: Path, cache: Path
    ) -> None:
        source = self.source(sdist, "tests/w")
        trace = tmp_path / "was-run"
        backend = f"open({str(trace)!r}, 'w').close()".encode()
        build_sdist(sdist.parent, {"tests/w": CONTENT, "backend.py": backend}, links={})
        with pytest.raises(AssetUnavailableError, match="a different file from the pinned one"):
            fetch(artefact(source), cache)
        assert not trace.exists()
        assert files(cache) == []

    @pytest.mark.parametrize("member", ["none", "link", "tests", "../tiny-1.0/tests/w"])
    def test_what_is_no_plain_file_of_the_archive(
        self, sdist: Path, cache: Path, member: str
    ) -> None:
        with pytest.raises(AssetUnavailableError, match=r"the source archive has no tiny-1\.0/"):
            fetch(artefact(self.source(sdist, member)), cache)

    def test_a_member_name_is_never_a_path_to_write_to(self, tmp_path: Path, cache: Path) -> None:
        sdist = build_sdist(tmp_path / "index", {"../../escaped": CONTENT}, links={})
        path = self.source(sdist, "../../escaped").extract(sdist, tmp_path)
        assert path.parent == tmp_path
        assert path.read_bytes() == CONTENT
        assert not (tmp_path.parent / "escaped").exists()

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
    def test_a_damaged_archive(self, tmp_path: Path, sdist: Path, share: float) -> None:
        content = sdist.read_bytes()
        cut = tmp_path / "cut.tar.gz"
        cut.write_bytes(content[: int(share * len(content))])
        with pytest.raises(ArchiveError, match="damaged or cut short"):
            self.source(sdist, "o").extract(cut, tmp_path)

    def test_an_archive_that_is_a_bomb(self, tmp_path: Path) -> None:
        sdist = build_sdist(tmp_path / "index", {"zeros": bytes(80 << 20)}, links={})
        with pytest.raises(ArchiveError, match="unpacks to more than"):
            self.source(sdist, "zeros").extract(sdist, tmp_path)

    def test_by_hand(self, sdist: Path, cache: Path) -> None:
        wanted = artefact(self.source(sdist, "tests/w"))
        assert add(sdist, cache, known={wanted.name: wanted}) == (wanted,)
        assert fetch(wanted, cache).read_bytes() == CONTENT


class TestProcesses:
    SCRIPT = textwrap.dedent(
        """
        import sys
        from functools import partial
        from pathlib import Path
        from neuropose.assets import Artefact, UrlSource, fetch

        url, sha256, cache = sys.argv[1:]
        wanted = Artefact("weights.bin", sha256, 0, "MIT", (UrlSource(url),))
        print(fetch(wanted, Path(cache), report=partial(print, flush=True)), flush=True)
        """
    )

    def start(self, url: str, cache: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", self.SCRIPT, url, sha256(CONTENT), str(cache)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def test_two_at_once_fetch_once(self, server: Server, cache: Path) -> None:
        url = server.serve_held("/w", CONTENT)
        with self.start(url, cache) as first:
            assert server.arrived.wait(PATIENCE_S)
            with self.start(url, cache) as second:
                assert second.stdout is not None
                assert second.stdout.readline() == "weights.bin: waiting for another process\n"
                server.release.set()
                assert second.wait(PATIENCE_S) == 0
                assert second.stdout.read() == f"{cache / 'weights.bin'}\n"
            assert first.wait(PATIENCE_S) == 0
        assert server.requests["/w"] == 1
        assert (cache / "weights.bin").read_bytes() == CONTENT
        assert files(cache) == ["weights.bin"]

    def test_a_killed_one_leaves_neither_lock_nor_rubbish(
        self, server: Server, cache: Path
    ) -> None:
        with self.start(server.serve_held("/held", CONTENT), cache) as killed:
            assert server.arrived.wait(PATIENCE_S)
            killed.send_signal(signal.SIGKILL)
            assert killed.wait(PATIENCE_S) == -signal.SIGKILL
        assert [name for name in files(cache) if "partial" in name] == files(cache) != []
        path = fetch(artefact(UrlSource(server.serve("/w", CONTENT))), cache)
        assert path.read_bytes() == CONTENT
        assert files(cache) == ["weights.bin"]


class TestByHand:
    def test_the_hash_says_what_a_file_is(self, tmp_path: Path, cache: Path) -> None:
        wanted = artefact()
        (tmp_path / "renamed.dat").write_bytes(CONTENT)
        assert add(tmp_path / "renamed.dat", cache, known={wanted.name: wanted}) == (wanted,)
        assert fetch(wanted, cache).read_bytes() == CONTENT
        assert files(cache) == ["weights.bin"]
        assert (tmp_path / "renamed.dat").exists()

    def test_a_wheel_gives_every_pinned_member(self, tmp_path: Path, cache: Path) -> None:
        wheel = build_wheel(tmp_path, "tiny", {"w": CONTENT, "o": OTHER, "more": b""})
        wheel_sha256 = sha256(wheel.read_bytes())
        known = {
            name: artefact(
                WheelSource("tiny", "1.0", wheel_sha256, name), name=name, content=content
            )
            for name, content in {"w": CONTENT, "o": OTHER}.items()
        }
        assert add(wheel, cache, known=known) == tuple(known.values())
        assert files(cache) == ["o", "w"]

    def test_anything_else_is_refused(self, tmp_path: Path, cache: Path) -> None:
        (tmp_path / "weights.bin").write_bytes(OTHER)
        with pytest.raises(AssetHashError, match=sha256(OTHER)):
            add(tmp_path / "weights.bin", cache, known={"weights.bin": artefact()})
        assert files(cache) == []

    @pytest.mark.parametrize("name", ["nothing", "."])
    def test_what_cannot_be_read(self, tmp_path: Path, cache: Path, name: str) -> None:
        with pytest.raises(AssetUnavailableError, match="cannot be read"):
            add(tmp_path / name, cache)


class TestState:
    @pytest.mark.parametrize(
        ("content", "state"),
        [
            (CONTENT, ArtefactState.PRESENT),
            (OTHER, ArtefactState.DAMAGED),
            (None, ArtefactState.MISSING),
        ],
    )
    def test_status(self, cache: Path, content: bytes | None, state: ArtefactState) -> None:
        cache.mkdir()
        if content is not None:
            (cache / "weights.bin").write_bytes(content)
        wanted = artefact()
        (entry,) = status(cache, known={wanted.name: wanted})
        assert (entry.artefact, entry.path, entry.state) == (wanted, cache / "weights.bin", state)

    def test_a_directory_in_its_place_is_damage(self, cache: Path) -> None:
        (cache / "weights.bin").mkdir(parents=True)
        with pytest.raises(AssetHashError, match="damaged"):
            verify(artefact(), cache)

    def test_verify(self, cache: Path) -> None:
        with pytest.raises(AssetUnavailableError, match=r"weights\.bin is not in"):
            verify(artefact(), cache)
        cache.mkdir()
        (cache / "weights.bin").write_bytes(OTHER)
        with pytest.raises(AssetHashError, match="not the pinned one"):
            verify(artefact(), cache)
        (cache / "weights.bin").write_bytes(CONTENT)
        assert verify(artefact(), cache) == cache / "weights.bin"


class TestCatalogue:
    def test_a_mirror_takes_the_official_place(self) -> None:
        for name, pinned in pinned_artefacts("http://mirror/x").items():
            if name.endswith(".tflite"):
                assert pinned.sources[0] == UrlSource(f"http://mirror/x/{name}")

    def test_every_one_is_complete(self) -> None:
        for name, pinned in ARTEFACTS.items():
            assert find_artefact(name) is pinned
            assert pinned.name == name
            assert pinned.sha256 is None or len(bytes.fromhex(pinned.sha256)) == 32
            assert pinned.sources
            free = pinned.license in {"Apache-2.0", "BSD-3-Clause", "MIT"}
            assert free or "non-commercial" in (pinned.notice or "")

    @pytest.mark.real
    def test_the_package_index_has_the_default_weights_and_the_clip(
        self, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.undo()
        pinned = pinned_artefacts(closed_url())
        lines: list[str] = []
        names = ["pose_detection.tflite", "pose_landmark_full.tflite", "sports2d_demo.mp4"]
        for name in names:
            path = fetch(name, cache, report=lines.append, known=pinned)
            assert path.stat().st_size == pinned[name].size_bytes
        assert sorted(names) == files(cache)
        downloads = [line for line in lines if "fetching from package" in line]
        assert len(downloads) == 2  # both weights come in one
