"""``neuropose study submit``: scripts that SLURM takes, and what is said when there is none."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.study.rooms import example

from neuropose.cli import main

SETTINGS = """\
[cluster]
kind = "slurm"
queue = "long"
account = "lab"
walltime = "2:00:00"
cores = 4
memory_gb = 6
directives = ["--constraint=avx2"]
prologue = ["module load python"]
python = "/opt/neuro pose/python"
"""
SBATCH = """#!/bin/sh
echo "$@" >>"$0.calls"
for last; do :; done
sh -n "$last" || exit 1
echo "4$(wc -l <"$0.calls");cluster"
"""


@pytest.fixture
def settings(tmp_path: Path) -> str:
    path = tmp_path / "settings.toml"
    path.write_text(SETTINGS)
    return str(path)


@pytest.fixture
def sbatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "sbatch"
    program.parent.mkdir()
    program.write_text(SBATCH)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return program


def test_an_array_and_a_report_after_it(
    settings: str, sbatch: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = example("cohort.yaml", tmp_path)
    command = ["--config", settings, "study", "submit", str(study), "--tasks", "40", "--json"]
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)
    trials, report = told["scripts"]
    assert told["parts"] == 12  # there are no more trials
    assert told["jobs"] == ["41", "42"]
    calls = sbatch.with_name("sbatch.calls").read_text().splitlines()
    assert calls == [f"--parsable {trials}", f"--parsable --dependency=afterany:41 {report}"]
    lines = Path(trials).read_text().splitlines()
    for line in (
        "#SBATCH --array=1-12",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=6000M",
        "#SBATCH --partition=long",
        "#SBATCH --account=lab",
        "#SBATCH --time=2:00:00",
        "#SBATCH --constraint=avx2",
    ):
        assert line in lines
    assert "module load python" in lines[:-1]
    assert lines[-1].startswith("exec '/opt/neuro pose/python' -P -m neuropose study run ")
    assert lines[-1].endswith('--part "$SLURM_ARRAY_TASK_ID/12"')
    assert "--array" not in Path(report).read_text()


def test_the_scripts_do_what_a_run_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = example("cohort.yaml", tmp_path)
    assert main(["study", "submit", str(study), "--tasks", "2", "--dry-run", "--json"]) == 0
    trials, report = json.loads(capsys.readouterr().out)["scripts"]
    for task in ("1", "2"):
        environment = {**os.environ, "SLURM_ARRAY_TASK_ID": task}
        subprocess.run(["sh", trials], env=environment, check=True, capture_output=True)
    done = subprocess.run(["sh", report], check=True, capture_output=True, text=True)
    assert "resumed   12 trials of an earlier run" in done.stdout


def test_without_slurm_it_says_so(
    settings: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    study = example("cohort.yaml", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["--config", settings, "study", "submit", str(study)]) == 10
    assert "nothing could be submitted" in capsys.readouterr().err
