"""Listening: on this machine only, unless there is an access file and TLS."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose.config import Settings
from neuropose.dashboard.access.access_file import load_access
from neuropose.errors import ConfigError, InstallationError

if TYPE_CHECKING:
    import uvicorn

_LOG = logging.getLogger(__name__)
PORT = 8642
LOOPBACK = "127.0.0.1"
_BACKLOG = 100
"""Connections that may wait to be accepted."""
_OPEN_FILES = 1024
"""Room for all connections and for what is read and written; macOS gives less by itself."""
_MOST_HEADER_BYTES = 32 * 1024
_GRACE_S = 3


@dataclass(frozen=True, slots=True)
class Listening:
    """How the dashboard is reached.

    Parameters
    ----------
    host : str
        The address to listen on.
    port : int
        The port; 0 for any free one.
    access : Path or None
        The access file. None: no password, which only the loopback interface may have.
    certificate, key : Path or None
        Files of the TLS certificate, with those that it rests on, and of its private key.
    allowed_hosts : tuple of str
        Other names by which browsers reach it, such as ``gait.lab.example`` or, through a tunnel,
        ``localhost:9000``.
    languages : tuple of Path
        Files of languages that the lab added.

    Examples
    --------
    >>> Listening().check()
    >>> Listening(host="0.0.0.0").check()
    Traceback (most recent call last):
    neuropose.errors.ConfigError: without an access file, the dashboard listens on this machine only
    """

    host: str = LOOPBACK
    port: int = PORT
    access: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    languages: tuple[Path, ...] = ()

    @property
    def is_loopback(self) -> bool:
        """Whether only programs of this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_encrypted(self) -> bool:
        """Whether it is reached by TLS."""
        return self.certificate is not None

    def check(self) -> None:
        """Refuse what would let in anybody, or anybody listen.

        Raises
        ------
        ConfigError
            If it is reachable from outside without an access file or without TLS, or only one of
            certificate and key is given.
        """
        if (self.certificate is None) is not (self.key is None):
            raise ConfigError(
                "a certificate and its key belong together",
                hint="give both --certificate and --key",
            )
        if self.is_loopback:
            return
        if self.access is None:
            raise ConfigError(
                "without an access file, the dashboard listens on this machine only",
                hint="make one with neuropose dashboard allow NAME --access FILE, and give it",
            )
        if not self.is_encrypted:
            raise ConfigError(
                "without TLS, the dashboard listens on this machine only",
                hint="give --certificate and --key, or reach this machine by ssh -L",
            )

    def hosts(self, port: int) -> frozenset[str]:
        """Return what browsers may call it, as in the header ``Host``.

        Parameters
        ----------
        port : int
            The port that it listens on.

        Returns
        -------
        frozenset of str

        Examples
        --------
        >>> sorted(Listening(host="::1").hosts(8642))
        ['127.0.0.1:8642', '[::1]:8642', 'localhost:8642']
        """
        names = {"localhost", LOOPBACK, "[::1]"} if self.is_loopback else {socket.gethostname()}
        with suppress(ValueError):
            address = ipaddress.ip_address(self.host)
            if not address.is_unspecified:
                names.add(f"[{address}]" if address.version == 6 else str(address))
        given = {name.lower() for name in self.allowed_hosts}
        names = {name.lower() for name in names} | {name for name in given if not _has_port(name)}
        hosts = {f"{name}:{port}" for name in names} | {name for name in given if _has_port(name)}
        if port == (443 if self.is_encrypted else 80):
            hosts |= names
        return frozenset(hosts)

    def address(self, port: int) -> str:
        """Return where a browser finds it.

        Parameters
        ----------
        port : int
            The port that it listens on.

        Returns
        -------
        str
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        if not self.is_loopback and (self.allowed_hosts or host in ("0.0.0.0", "[::]")):
            host = next(iter(self.allowed_hosts), socket.gethostname()).partition(":")[0]
        return f"{'https' if self.is_encrypted else 'http'}://{host}:{port}/"


def serve(
    settings: Settings,
    listening: Listening,
    *,
    on_ready: Callable[[str], None] = lambda _: None,
    on_server: Callable[[uvicorn.Server], None] = lambda _: None,
) -> None:
    """Serve the dashboard until the process is told to end.

    Parameters
    ----------
    settings : Settings
        Those of the daemon.
    listening : Listening
        How it is reached.
    on_ready : callable
        Called with the address when it can be reached.
    on_server : callable
        Called with the server before it starts; its ``should_exit`` ends it.

    Raises
    ------
    ConfigError
        If it may not listen there, or the certificate cannot be used.
    InstallationError
        If the port is taken, or it cannot be started.
    FileReadError, FileFormatError
        If the access file cannot be used.
    """
    from neuropose.dashboard.access.audit import AuditLog
    from neuropose.dashboard.app import create_app
    from neuropose.dashboard.connections import Connections, Listener
    from neuropose.dashboard.context import Context
    from neuropose.dashboard.languages import Languages
    from neuropose.dashboard.live.watcher import Watcher
    from neuropose.interfacer.layout import Layout

    listening.check()
    access = None if listening.access is None else load_access(listening.access)
    if access is not None and not access.passwords and not access.tokens:
        raise ConfigError(
            f"nobody may use the dashboard: {listening.access} has no names",
            hint="neuropose dashboard allow NAME --access FILE",
        )
    layout = Layout(settings.data_dir)
    layout.make()
    _allow_files()
    connections = Connections()
    with Listener(_socket(listening), connections) as listener:
        port = listener.getsockname()[1]
        context = Context(
            settings=settings,
            access=access,
            hosts=listening.hosts(port),
            is_encrypted=listening.is_encrypted,
            languages=Languages(listening.languages),
            watcher=Watcher(layout),
            audit=AuditLog(settings.data_dir),
            connections=connections,
        )
        app = create_app(context, on_start=lambda: on_ready(listening.address(port)))
        server = _server(app, listening, context.watcher.feed.close)
        on_server(server)
        with suppress(KeyboardInterrupt):  # that is how it is ended
            server.run(sockets=[listener])
        if not server.started:
            raise InstallationError(
                "the dashboard could not be started",
                hint="the lines above say why; neuropose doctor checks the installation",
            )


def _allow_files() -> None:
    """Let this process open as many files as all connections take."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _socket(listening: Listening) -> socket.socket:
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    try:
        return socket.create_server((listening.host, listening.port), family=family)
    except OSError as error:
        raise InstallationError(
            f"{listening.host} port {listening.port} cannot be listened on: {error.strerror}",
            hint="another dashboard may run already; or choose another with --port",
        ) from error


def _server(app: object, listening: Listening, end_streams: Callable[[], None]) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        """Ends the streams of events first, as they never end by themselves."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            end_streams()
            await super().shutdown(sockets)

    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        http="h11",
        loop="asyncio",  # which accepts connections by the `Listener`
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # the audit log says more, and no names
        server_header=False,
        proxy_headers=False,  # no header says where somebody comes from
        backlog=_BACKLOG,
        h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
        timeout_graceful_shutdown=_GRACE_S,
        ssl_certfile=listening.certificate,
        ssl_keyfile=listening.key,
    )
    try:
        config.load()
    except OSError as error:  # an SSLError is one
        raise ConfigError(
            f"the certificate cannot be used: {error.strerror or error}",
            hint="--certificate and --key must be PEM files that belong together",
        ) from error
    return Server(config)


def _has_port(name: str) -> bool:
    return ":" in name.rpartition("]")[2]
