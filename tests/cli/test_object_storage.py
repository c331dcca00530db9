"""Videos and predictions in S3, served by moto on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.loopback import PATIENCE_S

from neuropose import Estimator, load_model
from neuropose.addresses import Address
from neuropose.cli import main
from neuropose.io import load_video_predictions
from neuropose.testing import write_numbered_video

WHERE = "moto and s3fs are in the environment of make test-interop"
server = pytest.importorskip("moto.server", reason=WHERE)
s3fs = pytest.importorskip("s3fs", reason=WHERE)
pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    s3fs.S3FileSystem.clear_instance_cache()
    storage = s3fs.S3FileSystem()
    storage.mkdir("lab")
    yield storage
    storage.rm("lab", recursive=True)  # the next server finds what this one had
    s3fs.S3FileSystem.clear_instance_cache()
    running.stop()


@pytest.mark.timeout(10 * PATIENCE_S)
@pytest.mark.parametrize("engine", ["local", "dask"])
def test_process(
    storage: Any,
    engine: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NEUROPOSE_DATA_DIR", str(tmp_path / "jobs"))
    videos = [write_numbered_video(tmp_path / name, 12) for name in ("a.mp4", "b.mp4")]
    for video in videos:
        storage.put_file(str(video), f"lab/in/{video.name}")
    command = ["process", "--model", "fake-one", "--engine", engine, "--json"]
    assert main([*command, "s3://lab/in/*.mp4", "-o", "s3://lab/out"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["output"] for each in told] == [
        "s3://lab/out/a.poses.json",
        "s3://lab/out/b.poses.json",
    ]
    storage.invalidate_cache()
    assert sorted(storage.ls("lab/out")) == ["lab/out/a.poses.json", "lab/out/b.poses.json"]
    estimator = Estimator(load_model("fake-one"))
    for video in videos:
        copy = Address(f"s3://lab/out/{video.stem}.poses.json").fetch(tmp_path)
        assert load_video_predictions(copy) == estimator.process_video(video).predictions
    assert main([*command, "s3://lab/in/*.mp4", "-o", "s3://lab/out", "--resume"]) == 0
    assert capsys.readouterr().err.count("done in an earlier run: s3://lab/out/") == 2


def test_a_bucket_that_is_not_there(
    storage: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = write_numbered_video(tmp_path / "a.mp4", 12)
    assert main(["process", "--model", "fake-one", str(video), "-o", "s3://none/out"]) == 12
    error, hint = capsys.readouterr().err.splitlines()[-2:]
    assert "s3://none/out/a.poses.json" in error
    assert hint.startswith("hint: ")
