"""``neuropose doctor`` on a machine that is fit, and on some that are not."""

from __future__ import annotations

import errno
import json
import re
import shutil
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from neuropose.assets import ARTEFACTS
from neuropose.cli import main
from neuropose.cli.doctor import checks as fitness
from neuropose.cli.doctor import loops

ROOT = Path(__file__).parents[2]


def diagnosis(
    capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, dict[str, dict[str, Any]]]:
    code = main([*arguments, "doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert report["usable"] is (code == 0)
    return code, {check["name"]: check for check in report["checks"]}


def test_a_fit_machine_without_weights_yet(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, checks = diagnosis(capsys)
    assert code == 0
    assert checks["numpy"]["detail"] == metadata.version("numpy")
    assert checks["H.264 video"] == {
        "name": "H.264 video",
        "state": "good",
        "detail": "written and read",
        "fix": None,
    }
    assert checks["model blazepose"]["state"] == "good"
    weights = checks["weights pose_landmark_full.tflite"]
    assert (weights["state"], weights["detail"]) == ("warning", "missing")
    assert weights["fix"] == "neuropose models pull blazepose"
    assert not cache.exists()


def test_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok   neuropose: ")
    index = lines.index("WARN weights pose_detection.tflite: missing")
    assert lines[index + 1] == "     fix: neuropose models pull blazepose"


def test_damaged_weights(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cache.mkdir(parents=True)
    (cache / "pose_detection.tflite").write_text("damaged")
    _, checks = diagnosis(capsys)
    assert checks["weights pose_detection.tflite"]["detail"] == "damaged"
    assert set(ARTEFACTS) > {"pose_landmark_heavy.tflite"}
    assert "weights pose_landmark_heavy.tflite" not in checks


def test_bad_settings(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NEUROPOSE_WORKER", "2")
    code, checks = diagnosis(capsys)
    assert code == 13
    assert checks["settings"]["state"] == "problem"
    assert checks["settings"]["fix"] == "did you mean NEUROPOSE_WORKERS?"
    assert checks["numpy"]["state"] == "good"


def test_data_in_a_repository(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".git").mkdir()
    code, checks = diagnosis(capsys)
    assert code == 13
    assert "patient data could be committed" in checks["settings"]["detail"]
    monkeypatch.setenv("NEUROPOSE_ALLOW_DATA_DIR_IN_REPOSITORY", "1")
    code, checks = diagnosis(capsys)
    assert code == 0
    assert checks["repository"]["state"] == "warning"


def test_directories_that_cannot_be(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "file").write_text("in the way")
    (home / "a.toml").write_text(f'data_dir = "{home}/file/jobs"\nmodel = "nobody"')
    code, checks = diagnosis(capsys, "--config", str(home / "a.toml"))
    assert code == 13
    assert checks["data_dir"]["detail"] == f"{home / 'file'} is not a directory"
    assert checks["model_cache_dir"]["state"] == "good"
    assert checks["model nobody"]["state"] == "problem"
    assert "blazepose" in checks["model nobody"]["fix"]


def test_a_command_to_copy_takes_a_path_with_spaces(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = home / "gait lab"
    jobs.mkdir()
    jobs.chmod(0o755)
    monkeypatch.setenv("NEUROPOSE_DATA_DIR", str(jobs))
    assert diagnosis(capsys)[1]["privacy"]["fix"] == f"chmod o-rwx '{jobs}'"


def test_others_may_look(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jobs = home / "share" / "neuropose" / "jobs"
    jobs.mkdir(parents=True)
    jobs.chmod(0o755)
    assert diagnosis(capsys)[1]["privacy"]["fix"] == f"chmod o-rwx {jobs}"
    jobs.chmod(0o770)
    assert diagnosis(capsys)[1]["privacy"]["state"] == "good"


def test_what_cannot_be_looked_at_is_not_said_to_be_empty(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    assert fitness.check_privacy(home / "none").detail == "there is no data_dir yet"
    monkeypatch.setattr(fitness.Path, "stat", denied)
    check = fitness.check_privacy(home)
    assert (check.state, check.detail) == (
        "warning",
        f"{home} cannot be looked at: Permission denied",
    )


@pytest.mark.parametrize(
    ("free_bytes", "state"), [(50e6, "problem"), (500e6, "warning"), (5e9, "good")]
)
def test_disk(home: Path, monkeypatch: pytest.MonkeyPatch, free_bytes: float, state: str) -> None:
    usage = shutil.disk_usage(home)._replace(free=int(free_bytes))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    (disk,) = (check for check in fitness.check_directory("x", home) if check.name == "disk of x")
    assert disk.state == state


def test_a_library_that_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitness, "LIBRARIES", {"numpy": "numpy.no_such_module", "gone": "gone"})
    broken, missing = fitness.check_libraries()
    assert broken.state == missing.state == "problem"
    assert "no_such_module" in broken.detail
    assert str(missing.fix).endswith("pip install --force-reinstall gone")


def test_a_codec_that_is_not_there() -> None:
    check = fitness.check_codec("H.264", "no_such_encoder")
    assert check.state == "warning"
    assert "not written" in check.detail


def test_a_codec_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitness, "_count_frames", lambda clip: clip.stat().st_size * 0)
    assert fitness.check_codec("H.264", "libx264").state == "problem"
    assert fitness.check_codec("HEVC", "libx265").state == "warning"


def test_every_dependency_is_examined() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[<>=!~\[; ]", line, maxsplit=1)[0] for line in project["dependencies"]]
    assert sorted(fitness.LIBRARIES) == sorted(names)


class TestCompiledLoops:
    def test_every_loop_is_compiled(self) -> None:
        said: list[str] = []
        check = loops.check_loops(said.append)
        assert (check.name, check.state) == ("compiled loops", "good")
        assert check.detail == f"{len(list(loops._loops()))}, kept for every command"
        assert len(list(loops._loops())) >= 17
        assert loops.check_loops(said.append) == check
        assert len(said) <= 1  # nothing is left to compile the second time

    def test_that_it_takes_long_is_said_before(self, monkeypatch: pytest.MonkeyPatch) -> None:
        said: list[str] = []
        monkeypatch.setattr(loops, "is_kept", lambda _: False)
        monkeypatch.setattr(loops, "_run", lambda: said.append("ran"))
        check = loops.check_loops(said.append)
        assert said[0].startswith("compiling ")
        assert said[1:] == ["ran"]
        assert check.state == "warning"
        assert check.fix == "set NUMBA_CACHE_DIR to a folder that can be written"

    def test_what_fails_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise OSError("no\nLLVM")

        monkeypatch.setattr(loops, "_run", fail)
        check = loops.check_loops(lambda _: None)
        assert (check.state, check.detail) == ("problem", "OSError: no LLVM")
