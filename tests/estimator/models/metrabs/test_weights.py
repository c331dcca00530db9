"""Weights from folders, archives and servers; whatever goes wrong, nothing wrong is kept."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest
from tests.loopback import Server, closed_url, running_server, send, sha256

from neuropose import assets
from neuropose.cli import main
from neuropose.errors import AssetError, AssetHashError, AssetUnavailableError
from neuropose.estimator import LoadOptions
from neuropose.estimator.models.metrabs import Loader
from neuropose.estimator.models.metrabs.model import MeTRAbs

Load = Callable[..., MeTRAbs]


@pytest.fixture(scope="module")
def archive(saved: Path) -> bytes:
    """The SavedModel, packed as the released ones are, with something that cannot be compressed."""

    def fill(tar: tarfile.TarFile) -> None:
        tar.add(saved, "metrabs_tiny")
        noise = np.random.default_rng(0).bytes(300_000)
        tar.addfile(member("metrabs_tiny/assets/noise", noise), io.BytesIO(noise))

    return packed(fill)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running_server() as server:
        yield server


def packed(fill: Callable[[tarfile.TarFile], None]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        fill(tar)
    return content.getvalue()


def in_cache(tmp_path: Path) -> list[str]:
    names = (path.name for path in (tmp_path / "cache").glob("*"))
    return sorted(name for name in names if not name.endswith(".lock"))


def test_a_url(load: Load, server: Server, archive: bytes, tmp_path: Path) -> None:
    lines: list[str] = []
    model = load(server.serve("/metrabs_tiny.tar.gz", archive), report=lines.append)
    [(name, digest)] = model.info.weights_sha256.items()
    assert name.startswith("metrabs_tiny-")
    assert digest == sha256(archive)
    assert any("non-commercial use only" in line for line in lines)
    [folder] = in_cache(tmp_path)
    assert not list((tmp_path / "cache" / folder).rglob("*.tar.gz"))


def test_it_is_fetched_once(load: Load, server: Server, archive: bytes) -> None:
    url = server.serve("/metrabs_tiny.tar.gz", archive)
    first, second = load(url), load(url)
    assert server.requests["/metrabs_tiny.tar.gz"] == 1
    assert first.info == second.info


def test_it_goes_on_after_a_cut_connection(load: Load, server: Server, archive: bytes) -> None:
    url = server.serve_parts("/metrabs_tiny.tar.gz", archive, cuts=1)
    model = load(url)
    assert server.requests["/metrabs_tiny.tar.gz"] == 2
    assert list(model.info.weights_sha256.values()) == [sha256(archive)]


def test_an_archive_on_this_machine(
    load: Load, archive: bytes, tmp_path: Path, saved: Path
) -> None:
    path = tmp_path / "tiny.tar.gz"
    path.write_bytes(archive)
    model = load(path)
    assert path.read_bytes() == archive
    assert list(model.info.weights_sha256.values()) == [sha256(archive)]
    assert model.info.skeletons == load(saved).info.skeletons


def test_a_model_that_was_changed_in_the_cache_is_fetched_again(
    load: Load, server: Server, archive: bytes, tmp_path: Path
) -> None:
    url = server.serve("/metrabs_tiny.tar.gz", archive)
    load(url)
    [graph] = (tmp_path / "cache").rglob("saved_model.pb")
    graph.write_bytes(graph.read_bytes()[:-1])
    load(url)
    assert server.requests["/metrabs_tiny.tar.gz"] == 2


def member(name: str, content: bytes = b"x", **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def holding(*infos: tarfile.TarInfo) -> bytes:
    return packed(
        lambda tar: [tar.addfile(info, io.BytesIO(b"x" * info.size)) for info in infos] and None
    )


def sparse() -> bytes:
    """A hole of 10 GB, in the old form of GNU tar."""
    info = member("model/saved_model.pb", b"", type=tarfile.GNUTYPE_SPARSE)
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:398] = b"%011o " % 10_000_000_000
    header[483:495] = b"%011o " % 10_000_000_000
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + bytes(1024)


def bomb() -> bytes:
    """200 MB of zeros."""
    return packed(
        lambda tar: tar.addfile(
            member("model/saved_model.pb", size=200_000_000), io.BytesIO(bytes(200_000_000))
        )
    )


FAULTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "truncated": (lambda good: good[: len(good) // 2], "damaged or cut short"),
    "cut in its last bytes": (lambda good: good[:-4], "damaged or cut short"),
    "no archive": (lambda _: b"<html>not found</html>" * 100, "damaged or cut short"),
    "nothing": (lambda _: b"", "damaged or cut short"),
    "..": (lambda _: holding(member("model/../../evil")), "outside its folder"),
    "absolute": (lambda _: holding(member("/tmp/evil")), "outside its folder"),
    "backslash": (lambda _: holding(member("..\\evil")), "outside its folder"),
    "symlink": (
        lambda _: holding(member("model/link", b"", type=tarfile.SYMTYPE, linkname="/etc")),
        "a link or a device",
    ),
    "hard link": (
        lambda _: holding(member("model/link", b"", type=tarfile.LNKTYPE, linkname="../x")),
        "a link or a device",
    ),
    "device": (lambda _: holding(member("model/dev", b"", type=tarfile.CHRTYPE)), "a device"),
    "twice": (lambda _: holding(member("model/a"), member("model/a")), "cannot be written"),
    "under a file": (lambda _: holding(member("a"), member("a/b")), "cannot be written"),
    "overlong name": (lambda _: holding(member("a" * 300)), "cannot be written"),
    "sparse": (lambda _: sparse(), "a link or a device"),
    "nonsense in a header": (
        lambda _: holding(member("a", pax_headers={"GNU.sparse.map": "x,y"})),
        "damaged",
    ),
    "overlong header": (
        lambda _: holding(member("a", pax_headers={"comment": "1" * 100_000})),
        "overlong header",
    ),
    "no model": (lambda _: holding(member("model/readme")), "does not hold one saved_model.pb"),
    "a manifest": (lambda _: holding(member("m/.neuropose-manifest.json")), "holds a file named"),
    "cut between members": (lambda good: gzip.decompress(good)[: 512 * 4], "cut short"),
    "no members": (lambda _: packed(lambda tar: None), "or empty"),
    "bomb": (lambda _: bomb(), "unpacks to more than"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_archive_is_a_typed_error_and_leaves_nothing(
    fault: str, load: Load, server: Server, archive: bytes, tmp_path: Path
) -> None:
    spoil, problem = FAULTS[fault]
    url = server.serve("/metrabs_tiny.tar.gz", spoil(archive))
    with pytest.raises(AssetError, match=problem) as raised:
        load(url)
    assert raised.value.hint
    assert in_cache(tmp_path) == []
    assert not (tmp_path / "evil").exists()
    assert not Path("/tmp/evil").exists()


def test_links_in_a_folder_are_part_of_the_model(load: Load, saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "linked"
    folder.mkdir()
    (folder / "saved_model.pb").symlink_to(saved / "saved_model.pb")
    (folder / "variables").symlink_to(saved / "variables")
    (saved.parent / "circle").unlink(missing_ok=True)
    hashes = load(folder).info.weights_sha256
    assert set(hashes) == {
        "saved_model.pb",
        "variables/variables.data-00000-of-00001",
        "variables/variables.index",
    }


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
def test_an_archive_that_the_server_calls_encoded(
    encoding: str, load: Load, server: Server, archive: bytes
) -> None:
    def answer(handler: BaseHTTPRequestHandler, _: int) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", encoding)
        handler.send_header("Content-Length", str(len(archive)))
        handler.end_headers()
        handler.wfile.write(archive)

    server.answers["/m.tar.gz"] = answer
    assert list(load(f"{server.url}/m.tar.gz").info.weights_sha256.values()) == [sha256(archive)]


def test_a_server_that_gives_no_parts_and_breaks_off_anywhere_is_given_up(
    server: Server, tmp_path: Path
) -> None:
    content = bytes(1_000_000)
    server.answers["/m"] = lambda handler, number: send(
        handler, content, only=len(content) // (2 + number % 3)
    )
    artefact = assets.metrabs_artefact("m", None, (assets.UrlSource(f"{server.url}/m"),))
    with pytest.raises(AssetUnavailableError, match="broke off"):
        assets.fetch(artefact, tmp_path / "cache")
    assert server.requests["/m"] < 10


class TestPinned:
    """An artefact with a pinned hash, under a name of its own."""

    def artefact(self, url: str, content: bytes) -> assets.Artefact:
        return assets.metrabs_artefact("metrabs_tiny", sha256(content), (assets.UrlSource(url),))

    def test_a_wrong_hash_is_refused(self, server: Server, archive: bytes, tmp_path: Path) -> None:
        pinned = self.artefact(server.serve("/m", archive), b"another")
        with pytest.raises(AssetUnavailableError, match="wrong file, refused"):
            assets.fetch(pinned, tmp_path / "cache")
        assert in_cache(tmp_path) == []

    def test_it_is_loaded_verified_and_added_by_hand(
        self, server: Server, archive: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pinned = self.artefact(closed_url(), archive)
        known = {pinned.name: pinned}
        with pytest.raises(AssetUnavailableError) as raised:
            assets.fetch(pinned, tmp_path / "cache")
        assert "metrabs_tiny.tar.gz" in raised.value.hint
        file = tmp_path / "by-hand.tar.gz"
        file.write_bytes(archive)
        assert assets.add(file, tmp_path / "cache", known=known) == (pinned,)
        assert assets.verify(pinned, tmp_path / "cache") == tmp_path / "cache" / "metrabs_tiny"
        monkeypatch.setattr(assets, "find_artefact", known.__getitem__)
        model = Loader("metrabs-tiny", "metrabs_tiny")(LoadOptions(tmp_path / "cache", "cpu"))
        assert model.info.weights_sha256 == {"metrabs_tiny.tar.gz": sha256(archive)}

    def test_one_without_a_hash_is_held_to_what_came_first(
        self, server: Server, archive: bytes, tmp_path: Path
    ) -> None:
        unpinned = assets.metrabs_artefact(
            "metrabs_tiny", None, (assets.UrlSource(server.serve("/m", archive)),)
        )
        folder = assets.fetch(unpinned, tmp_path / "cache")
        manifest = assets.read_manifest(folder)
        assert manifest is not None
        assert manifest.archive_sha256 == sha256(archive)
        (folder / "metrabs_tiny" / "more").write_text("slipped in")
        other = packed(lambda tar: tar.addfile(member("m/saved_model.pb"), io.BytesIO(b"x")))
        server.serve("/m", other)
        with pytest.raises(AssetUnavailableError, match="not the file that was fetched first"):
            assets.fetch(unpinned, tmp_path / "cache")
        with pytest.raises(AssetHashError, match="damaged"):
            assets.verify(unpinned, tmp_path / "cache")


def test_the_command_line(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.estimator.models.metrabs.saved_models import draw
    from tests.estimator.models.metrabs.test_model import write_lossless

    from neuropose.io import load_video_predictions

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    video = write_lossless(
        tmp_path / "walk.mkv", [draw(160, 120, (0, 20 + n, 20, 30, 70, 200)) for n in range(5)]
    )
    options = ["--skeleton", "coco_19", "--uncertainty", "--num-aug", "3", "--deterministic"]
    assert main(["process", str(video), "--model", f"metrabs:{saved}", *options]) == 0
    predictions = load_video_predictions(tmp_path / "walk.poses.json")
    assert predictions.skeleton.name == "coco_19"
    assert predictions.skeleton.canonical["head"] == ("lear", "rear")
    assert predictions.uncertainty_mm is not None
    settings = predictions.provenance.settings
    assert (settings["num_aug"], settings["deterministic"]) == (3, True)
    assert str(tmp_path) not in (tmp_path / "walk.poses.json").read_text()
