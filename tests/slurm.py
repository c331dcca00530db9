"""A real SLURM of one node on this machine, without systemd, whose parts a test may kill."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
START_S = 60.0
_CONFIG = """\
ClusterName=neuropose
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=2
MpiDefault=none
ReturnToService=2
MinJobAge=10
KillWait=2
SlurmdTimeout=60
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=100000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str | None:
    """Why there can be no SLURM here, in a few words; None if there can."""
    if os.name != "posix" or os.geteuid() != 0:
        return "SLURM is started by root only"
    lacking = [name for name in PROGRAMS if _program(name) is None]
    return f"no {', '.join(lacking)}: Debian has slurm-wlm and munge" if lacking else None


class Slurm:
    """A controller and a node with so many cores, whatever the machine has."""

    def __init__(self, folder: Path, cpus: int) -> None:
        self.folder = folder
        for name in ("state", "spool"):
            (folder / name).mkdir(parents=True)
        folder.chmod(0o755)
        key = folder / "munge.key"
        key.write_bytes(secrets.token_bytes(64))
        key.chmod(0o400)
        controller_port, node_port = _free_ports(2)
        (folder / "slurm.conf").write_text(
            _CONFIG.format(
                host=socket.gethostname().partition(".")[0],
                controller_port=controller_port,
                node_port=node_port,
                folder=folder,
                cpus=cpus,
            )
        )
        self.environment: Mapping[str, str] = {"SLURM_CONF": str(folder / "slurm.conf")}
        self._parts: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Slurm:
        self.start("munged")
        until_s = time.monotonic() + START_S
        while not (self.folder / "munge.socket").exists():
            assert time.monotonic() < until_s, (self.folder / "munged.out").read_text()
            time.sleep(0.05)
        self.start("slurmctld")
        self.start("slurmd")
        while self.ask("sinfo", "--noheader", "--format=%T").strip() != "idle":
            assert time.monotonic() < until_s, self.ask("sinfo", "--Node", "--long")
            time.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        self.ask("scancel", "--full", "--signal=KILL", "--user=root")
        until_s = time.monotonic() + START_S
        while self.ask("squeue", "--noheader").strip() and time.monotonic() < until_s:
            time.sleep(0.2)
        for part in reversed(self._parts.values()):
            part.terminate()
        for part in self._parts.values():
            try:
                part.wait(10)
            except subprocess.TimeoutExpired:
                part.kill()
                part.wait()

    def start(self, part: str) -> None:
        """Start ``munged``, ``slurmctld`` or ``slurmd`` (again), in the foreground."""
        program = _program(part)
        assert program is not None
        if part == "munged":
            files = ("socket", "pid-file", "log-file", "seed-file")
            names = ("munge.socket", "munge.pid", "munge.log", "munge.seed")
            options = [
                "--foreground",
                "--force",
                f"--key-file={self.folder / 'munge.key'}",
                *(f"--{f}={self.folder / n}" for f, n in zip(files, names, strict=True)),
            ]
        else:
            options = ["-D"]
        with (self.folder / f"{part}.out").open("ab") as out:
            self._parts[part] = subprocess.Popen(
                [program, *options],
                env={**os.environ, **self.environment},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def kill(self, part: str) -> None:
        """End a part without any warning."""
        self._parts[part].send_signal(signal.SIGKILL)
        self._parts[part].wait()

    def ask(self, *command: str) -> str:
        """What a command of SLURM says; nothing if it fails."""
        done = subprocess.run(
            command,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
