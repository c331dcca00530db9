"""Which schedulers are refused, and what a batch system is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dask_jobqueue
import pytest

from neuropose.config import ClusterSettings
from neuropose.errors import ClusterError, ConfigError
from neuropose.interfacer.cluster.batch import has_ended, says_ended
from neuropose.interfacer.cluster.connection import batch_options, connect, require_safe


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:8786", "tcp://[::1]:8786", "tcp://localhost:8786", "tls://a.b:1"]
)
def test_safe_schedulers(address: str) -> None:
    require_safe(address)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("tcp://192.0.2.1:8786", "has no TLS: whoever reaches it can run programs"),
        ("tcp://0.0.0.0:8786", "has no TLS"),
        ("tcp://no-such-host.invalid:8786", "has no TLS"),
        ("ucx://127.0.0.1:8786", "is not the address of a scheduler"),
        ("192.0.2.1:8786", "is not the address of a scheduler"),
    ],
)
def test_open_schedulers_are_refused(address: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=problem):
        connect(ClusterSettings(kind="scheduler", scheduler=address), tmp_path, "a")


def test_tls_needs_credentials(tmp_path: Path) -> None:
    settings = ClusterSettings(kind="scheduler", scheduler="tls://192.0.2.1:8786")
    with pytest.raises(ConfigError, match="needs credentials"):
        connect(settings, tmp_path, "a")
    with pytest.raises(ConfigError, match="is not a file"):
        connect(settings.model_copy(update={"tls_ca": tmp_path / "ca.pem"}), tmp_path, "a")


def test_a_batch_system_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "neuropose.interfacer.cluster.connection._batch",
        lambda *_: (_ for _ in ()).throw(RuntimeError("Command exited\nwith code 1")),
    )
    with pytest.raises(ClusterError, match="RuntimeError: Command exited with code 1"):
        connect(ClusterSettings(kind="slurm"), tmp_path, "a")


@pytest.mark.parametrize(
    ("kind", "cluster", "lines"),
    [
        (
            "slurm",
            dask_jobqueue.SLURMCluster,
            ["#SBATCH -J np", "#SBATCH -p long", "#SBATCH -A lab", "#SBATCH --cpus-per-task=4"],
        ),
        ("pbs", dask_jobqueue.PBSCluster, ["#PBS -N np", "#PBS -q long", "#PBS -A lab"]),
        ("sge", dask_jobqueue.SGECluster, ["#$ -N np", "#$ -q long", "#$ -P lab"]),
        (
            "lsf",
            dask_jobqueue.LSFCluster,
            ["#BSUB -J np", "#BSUB -q long", '#BSUB -P "lab"', "#BSUB -W 2:00"],
        ),
    ],
)
def test_the_script_of_a_worker(kind: str, cluster: type, lines: list[str], tmp_path: Path) -> None:
    settings = ClusterSettings.model_validate(
        {
            "kind": kind,
            "cores": 4,
            "memory_gb": 8,
            "queue": "long",
            "account": "lab",
            "walltime": "2:00",
            "directives": ["--gres=gpu:1"],
            "prologue": ["module load python"],
            "python": "/opt/np/bin/python",
        }
    )
    options = batch_options(settings, tmp_path, "np")
    own = ("scheduler_options", "shared_temp_directory", "security", "silence_logs")
    job = cluster.job_cls(  # type: ignore[attr-defined]
        "tls://login:1234",
        name="w1",
        **{key: value for key, value in options.items() if key not in own},
    )
    script = job.job_script().splitlines()
    assert [line for line in lines if line not in script] == []
    assert any("--gres=gpu:1" in line for line in script)
    assert any("2:00" in line for line in script)
    assert script.index("module load python") < len(script) - 1
    assert any(f" {tmp_path}/logs/" in line for line in script)  # and none where it was started
    assert "export DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False" in script
    command = script[-1]
    assert command.startswith("/opt/np/bin/python -m distributed.cli.dask_worker tls://login:1234")
    assert "--nthreads 1" in command[command.index("--no-nanny") :]


class Job:
    def __init__(self, job_id: str | None) -> None:
        self.job_id = job_id


def test_a_job_that_could_not_be_submitted_has_ended() -> None:
    assert has_ended("slurm", Job(None))
    assert not has_ended("local", Job(None))


@pytest.mark.parametrize(
    ("kind", "code", "output", "errors", "ended"),
    [
        ("slurm", 0, "RUNNING\n", "", False),
        ("slurm", 0, "NODE_FAIL\n", "", True),
        ("slurm", 1, "", "slurm_load_jobs error: Invalid job id specified", True),
        ("slurm", 1, "", "slurm_load_jobs error: Unable to contact slurm controller", False),
        ("pbs", 0, "12.server np me 0 R long", "", False),
        ("pbs", 35, "", "qstat: 12.server Job has finished", True),
        ("pbs", 153, "", "qstat: Unknown Job Id 12.server", True),
        ("sge", 1, "", "Following jobs do not exist:\n12", True),
        ("sge", 1, "", "error: commlib error: got select error", False),
        ("lsf", 0, "PEND\n", "", False),
        ("lsf", 0, "EXIT\n", "", True),
        ("lsf", 255, "", "Job <12> is not found", True),
    ],
)
def test_what_batch_systems_answer(
    kind: str, code: int, output: str, errors: str, *, ended: bool
) -> None:
    assert says_ended(kind, code, output, errors) is ended


def test_what_starts_workers_leaves_the_daemon_its_signal() -> None:
    """The library takes SIGINT when it is imported."""
    script = (
        "import signal\n"
        "from neuropose.interfacer.cluster import connection\n"
        "mine = lambda *_: None\n"
        "signal.signal(signal.SIGINT, mine)\n"
        "connection._jobqueue()\n"
        "assert signal.getsignal(signal.SIGINT) is mine\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
