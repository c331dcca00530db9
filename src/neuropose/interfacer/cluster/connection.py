"""The connection to a scheduler of dask, and workers of our own beside it."""

from __future__ import annotations

import getpass
import ipaddress
import logging
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from neuropose.config import ClusterSettings
from neuropose.errors import ClusterError, ConfigError, MissingLibraryError, NeuroPoseError

if TYPE_CHECKING:
    from distributed import Client

_LOG = logging.getLogger(__name__)
CONNECT_S = 20.0
"""How long a scheduler may take to answer, in seconds."""
_NOWHERE = "127.0.0.1:0"
"""Where the web server listens that dask starts in any case, and that has no pages."""
_FOLDER_PREFIX = "neuropose-dask-"
LOGS_NAME = "logs"
"""Folder, beside the credentials, for what the batch system says of its jobs."""
QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.disk": False,
}
"""Without looks, a hundred times a second, at what nobody asks for, on cores that models need."""
_CONFIG = {
    "distributed.worker.daemon": False,  # or a worker could have no child
    "distributed.scheduler.allowed-failures": 0,  # attempts are counted by the daemon
    "distributed.scheduler.work-stealing": False,
    "distributed.admin.low-level-log-length": 1000,
    "distributed.scheduler.http.routes": [],  # no page, which anybody could look at
    "distributed.deploy.lost-worker-timeout": "1s",
    **QUIET,
    "distributed.admin.system-monitor.gil.enabled": False,
}


@dataclass(frozen=True, slots=True)
class Connection:
    """A client of a scheduler, and the cluster around it if that is our own.

    Parameters
    ----------
    client : Client
        Of the scheduler.
    cluster : object or None
        A cluster of `distributed.deploy`, which starts and ends workers. None: others do.
    folder : Path or None
        Where the workers' credentials are; removed at the end.
    """

    client: Client
    cluster: Any = None
    folder: Path | None = None

    def close(self) -> None:
        """Close it; workers of our own end."""
        for part in (self.client, self.cluster):
            if part is not None:
                with suppress(OSError, TimeoutError, RuntimeError):
                    part.close()
        if self.folder is not None:
            for file in vars(self.cluster).values():  # would look for themselves at exit
                if isinstance(file, tempfile._TemporaryFileWrapper):
                    file.close()
            shutil.rmtree(self.folder, ignore_errors=True)


def connect(settings: ClusterSettings, shared: Path, name: str) -> Connection:
    """Connect to the scheduler that the settings name, or start one.

    Parameters
    ----------
    settings : ClusterSettings
        Where the workers are.
    shared : Path
        Folder that workers see too, for the credentials of those that a batch system starts.
    name : str
        Name of the jobs in the batch system.

    Returns
    -------
    Connection

    Raises
    ------
    ConfigError
        If the scheduler is on another machine and has no TLS.
    ClusterError
        If it does not answer, or the batch system cannot be used.
    MissingLibraryError
        If the extra ``cluster`` is not installed.
    """
    try:
        import dask
        import distributed  # noqa: F401

        jobqueue = _jobqueue() if settings.kind not in ("scheduler", "local") else None
    except ImportError as error:
        raise MissingLibraryError(
            f"the engine dask cannot be loaded: {error}",
            hint="install it with pip install 'neuropose[cluster]'",
        ) from error
    dask.config.set(_CONFIG)
    # What it says of lost workers, the pool says too, and knows which matter.
    for name in ("distributed", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        if settings.kind == "scheduler":
            return _existing(settings)
        if settings.kind == "local":
            return _local()
        return _batch(jobqueue, settings, shared, name)
    except NeuroPoseError:
        raise
    except Exception as error:  # of dask, tornado, ssl or a command of the batch system
        reason = " ".join(str(error).split())[:300]
        raise ClusterError(
            f"the cluster cannot be reached: {type(error).__name__}: {reason}",
            hint="check the settings of cluster; see docs/guides/cluster.md",
        ) from error


def require_safe(address: str) -> None:
    """Refuse a scheduler without TLS on another machine, where anybody may run anything.

    Parameters
    ----------
    address : str
        ``PROTOCOL://HOST:PORT``.

    Raises
    ------
    ConfigError
        If it is neither ``tls://`` nor on this machine.

    Examples
    --------
    >>> require_safe("tls://cluster.example.org:8786")
    >>> require_safe("tcp://127.0.0.1:8786")
    """
    parts = urlsplit(address)
    if parts.scheme == "tls" and parts.hostname:
        return
    if parts.scheme != "tcp" or not parts.hostname:
        raise ConfigError(
            f"{address} is not the address of a scheduler",
            hint="write tls://HOST:PORT, or tcp://127.0.0.1:PORT on this machine",
        )
    if not _is_loopback(parts.hostname):
        raise ConfigError(
            f"the scheduler {address} has no TLS: whoever reaches it can run programs on every "
            "worker",
            hint="start it with --tls-ca-file, --tls-cert and --tls-key, and write tls:// here",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        found = {address[4][0] for address in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(each).is_loopback for each in found)


def _existing(settings: ClusterSettings) -> Connection:
    from distributed import Client
    from distributed.security import Security

    assert settings.scheduler is not None
    require_safe(settings.scheduler)
    security = None
    if settings.scheduler.startswith("tls:"):
        files = {
            "tls_ca_file": settings.tls_ca,
            "tls_client_cert": settings.tls_certificate,
            "tls_client_key": settings.tls_key,
        }
        for path in files.values():
            if path is None or not path.is_file():
                raise ConfigError(
                    "a scheduler with TLS needs credentials"
                    if path is None
                    else f"{path} is not a file",
                    hint="set tls_ca, tls_certificate and tls_key of cluster to PEM files",
                )
        given = {name: str(path) for name, path in files.items()}
        security = Security(require_encryption=True, **given)
    client = Client(
        settings.scheduler,
        security=security,
        timeout=CONNECT_S,
        set_as_default=False,
        name="neuropose",
    )
    return Connection(client)


def _local() -> Connection:
    from distributed import LocalCluster
    from distributed.security import Security

    cluster = LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        processes=True,
        memory_limit=None,  # the memory of the model's process is watched instead
        dashboard_address=_NOWHERE,
        security=Security.temporary(),  # there may be other users on this machine
        silence_logs=logging.CRITICAL,
    )
    return _with_client(cluster)


def _jobqueue() -> Any:
    """Import what starts workers in batch systems, and give SIGINT back, which it takes.

    For that reason only the main thread can import it.
    """
    of_daemon = signal.getsignal(signal.SIGINT)
    import dask_jobqueue

    if signal.getsignal(signal.SIGINT) is not of_daemon:
        signal.signal(signal.SIGINT, of_daemon)
    return dask_jobqueue


def _batch(jobqueue: Any, settings: ClusterSettings, shared: Path, name: str) -> Connection:
    kinds = {
        "slurm": jobqueue.SLURMCluster,
        "pbs": jobqueue.PBSCluster,
        "sge": jobqueue.SGECluster,
        "lsf": jobqueue.LSFCluster,
    }
    _end_earlier(settings.kind, name)
    for old in shared.glob(f".{_FOLDER_PREFIX}*"):
        shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{_FOLDER_PREFIX}", dir=shared))  # for the owner only
    cluster = kinds[settings.kind](**batch_options(settings, folder, name))
    return _with_client(cluster, folder)


def batch_options(settings: ClusterSettings, folder: Path, name: str) -> dict[str, Any]:
    """Return what a cluster of dask-jobqueue is made with.

    Parameters
    ----------
    settings : ClusterSettings
        What each worker gets.
    folder : Path
        For its credentials; workers must see it.
    name : str
        Name of the jobs.

    Returns
    -------
    dict of str to value
        Keyword arguments of ``SLURMCluster``, ``PBSCluster``, ``SGECluster`` or ``LSFCluster``.
    """
    from distributed.security import Security

    account = {"lsf": "project", "sge": "project"}.get(settings.kind, "account")
    return {
        "cores": settings.cores or 1,
        "memory": f"{settings.memory_gb:g}GB",
        "processes": 1,
        "nanny": False,  # a worker that ends, ends its job; another one is asked for
        "worker_extra_args": [
            *("--nthreads", "1", "--memory-limit", "0"),
            *("--no-dashboard", "--dashboard-address", _NOWHERE),
        ],
        "queue": settings.queue,
        account: settings.account,
        "walltime": settings.walltime or ("12:00" if settings.kind == "lsf" else "12:00:00"),
        "job_extra_directives": list(settings.directives),
        "job_script_prologue": [*map(_as_variable, QUIET.items()), *settings.prologue],
        "python": str(settings.python or sys.executable),
        "interface": settings.interface,
        "job_name": name,
        "security": Security.temporary(),
        "protocol": "tls://",
        "shared_temp_directory": str(folder),
        "local_directory": tempfile.gettempdir(),
        "death_timeout": 60,
        "log_directory": str(folder / LOGS_NAME),
        "silence_logs": logging.CRITICAL,
        "scheduler_options": {"dashboard_address": _NOWHERE, "dashboard": False},
    }


def _as_variable(setting: tuple[str, object]) -> str:
    """Return the line of a job script by which dask reads a setting."""
    name, value = setting
    return f"export DASK_{name.upper().replace('.', '__').replace('-', '_')}={value}"


def _with_client(cluster: Any, folder: Path | None = None) -> Connection:
    from distributed import Client

    try:
        client = Client(cluster, timeout=CONNECT_S, set_as_default=False, name="neuropose")
    except BaseException:
        cluster.close()
        raise
    return Connection(client, cluster, folder)


def _end_earlier(kind: str, name: str) -> None:
    """End the workers that a killed daemon of the same data directory left in the queue."""
    if kind == "slurm":
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                ["scancel", "--name", name, "--user", getpass.getuser()],
                check=False,
                capture_output=True,
                timeout=CONNECT_S,
            )
