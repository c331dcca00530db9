"""The daemon as a service: a systemd user unit or a launchd agent."""

from __future__ import annotations

import math
import os
import plistlib
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from neuropose.config import ENV_PREFIX, Settings
from neuropose.errors import (
    ConfigError,
    DaemonRunningError,
    InstallationError,
    ModelError,
)
from neuropose.interfacer.names import printable

Manager = Literal["systemd", "launchd"]
Part = Literal["watch", "dashboard"]
"""What is started: the daemon, or the dashboard beside it."""

UNIT = "neuropose"
LABEL = "neuropose.watch"
UNITS: Mapping[Part, str] = {"watch": UNIT, "dashboard": "neuropose-dashboard"}
LABELS: Mapping[Part, str] = {"watch": LABEL, "dashboard": "neuropose.dashboard"}
STOP_SECONDS = 60.0
"""How long a job may continue when the service is stopped, in seconds, unless set otherwise."""
_GRACE_S = 30
_DASHBOARD_STOP_S = 10
_LONGEST_S = 1e9
_NICE = 10
_UMASK = 0o077
_RESTART_S = 10
_WATCHDOG_S = 300
_UNFIT = ("Cc", "Cs")
_NOT_IN_PROGRAMS = frozenset("\"'\\$")
_PATHS = ("data_dir", "model_cache_dir")
# Errors that a restart does not fix.
_FINAL = (ConfigError, ModelError, InstallationError, DaemonRunningError)


@dataclass(frozen=True, slots=True)
class Service:
    """What a service manager runs.

    Parameters
    ----------
    command : tuple of str
        The program and its arguments.
    environment : mapping of str to str
        Environment variables, since a service does not see those of the shell it was installed
        from.
    stop_s : int or None
        How long it may take to stop, in seconds; None for no limit.
    part : str
        ``watch`` or ``dashboard``.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    stop_s: int | None
    part: Part = "watch"


def manager_of(platform: str) -> Manager:
    """Return the service manager of a platform.

    Parameters
    ----------
    platform : str
        The platform, as in `sys.platform`.

    Returns
    -------
    str
        ``systemd`` or ``launchd``.

    Raises
    ------
    InstallationError
        If it has neither.

    Examples
    --------
    >>> manager_of("linux"), manager_of("darwin")
    ('systemd', 'launchd')
    """
    managers: dict[str, Manager] = {"linux": "systemd", "darwin": "launchd"}
    if platform not in managers:
        raise InstallationError(
            f"services cannot be installed on {platform}, only on Linux and macOS",
            hint="start neuropose watch the way this system starts programs",
        )
    return managers[platform]


def plan_service(
    settings: Settings,
    *,
    config: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    interpreter: str = sys.executable,
    part: Part = "watch",
    options: tuple[str, ...] = (),
) -> Service:
    """Plan a service that runs with the current settings.

    Parameters
    ----------
    settings : Settings
        The settings, as loaded from `config` and `environment`.
    config : Path, optional
        The settings file that was given.
    environment : mapping of str to str
        The variables ``NEUROPOSE_*`` and ``XDG_DATA_HOME`` are passed on to the service.
    interpreter : str
        Path of the Python that has NeuroPose.
    part : str
        ``watch`` or ``dashboard``.
    options : tuple of str
        Options of that command.

    Returns
    -------
    Service

    Raises
    ------
    InstallationError
        If a path or value cannot be written in a service file.
    """
    given = ["--config", os.path.abspath(config)] if config is not None else []  # noqa: PTH100
    # -P: nothing is imported from the working directory.
    command = (interpreter, "-P", "-m", "neuropose", *given, part, *options)
    kept = {}
    for name, value in sorted(environment.items()):
        setting = name.upper().removeprefix(ENV_PREFIX)
        if setting != name.upper():
            is_path = setting.lower() in _PATHS
            kept[name] = os.path.expanduser(value) if is_path else value  # noqa: PTH111
    share = environment.get("XDG_DATA_HOME", "")
    if Path(share).is_absolute():  # a relative one is ignored
        kept["XDG_DATA_HOME"] = share
    if part == "dashboard":
        _require_fit(command, kept, interpreter)
        return Service(command, kept, _DASHBOARD_STOP_S, part)
    stop_seconds = settings.stop_seconds
    if "stop_seconds" not in settings.model_fields_set:
        stop_seconds = STOP_SECONDS
        kept[f"{ENV_PREFIX}STOP_SECONDS"] = f"{STOP_SECONDS:g}"
    _require_fit(command, kept, interpreter)
    if stop_seconds is None or stop_seconds > _LONGEST_S:
        return Service(command, kept, None)
    return Service(command, kept, math.ceil(stop_seconds) + _GRACE_S)


def service_file(
    manager: Manager, home: Path, environment: Mapping[str, str], part: Part = "watch"
) -> Path:
    """Return where a service manager looks for a user's service.

    Parameters
    ----------
    manager : str
        ``systemd`` or ``launchd``.
    home : Path
        Home directory of the user.
    environment : mapping of str to str
        May contain ``XDG_CONFIG_HOME``.
    part : str
        ``watch`` or ``dashboard``.

    Returns
    -------
    Path

    Examples
    --------
    >>> service_file("systemd", Path("/home/a"), {}).as_posix()
    '/home/a/.config/systemd/user/neuropose.service'
    >>> service_file("launchd", Path("/Users/a"), {}).as_posix()
    '/Users/a/Library/LaunchAgents/neuropose.watch.plist'
    """
    if manager == "launchd":
        return home / "Library" / "LaunchAgents" / f"{LABELS[part]}.plist"
    given = Path(environment.get("XDG_CONFIG_HOME", ""))
    folder = given if given.is_absolute() else home / ".config"
    return folder / "systemd" / "user" / f"{UNITS[part]}.service"


def systemd_unit(service: Service) -> str:
    r"""Return the text of a systemd user unit.

    Parameters
    ----------
    service : Service
        The service.

    Returns
    -------
    str

    Examples
    --------
    >>> unit = systemd_unit(Service(("/usr/bin/python3", "a $1"), {"NAME": "100 %"}, 90))
    >>> print("\n".join(line for line in unit.splitlines() if line.startswith(("Ex", "En"))))
    ExecStart="/usr/bin/python3" "a $$1"
    Environment="NAME=100 %%"
    """
    command = " ".join(_quoted(word.replace("$", "$$")) for word in service.command)
    variables = "\n".join(
        f"Environment={_quoted(f'{name}={value}')}" for name, value in service.environment.items()
    )
    if service.part == "dashboard":
        return _dashboard_unit(command, variables, service.stop_s)
    stop = "infinity" if service.stop_s is None else service.stop_s
    return f"""\
# Written by neuropose service install. What you change belongs into a file of its own:
# systemctl --user edit {UNIT}

[Unit]
Description=NeuroPose, which turns videos in a folder into 3D poses

[Service]
# It is ready when the model is loaded, whose weights may have to be fetched first.
Type=notify
NotifyAccess=main
TimeoutStartSec=infinity
ExecStart={command}
{variables}
SyslogIdentifier={UNIT}

# Not after what a new start does not mend: settings, model, installation, another daemon.
Restart=on-failure
RestartSec={_RESTART_S}
RestartPreventExitStatus={" ".join(str(error.exit_code) for error in _FINAL)}
# Without a sign of life for so many seconds, it hangs.
WatchdogSec={_WATCHDOG_S}

# The daemon ends the model's process itself; whatever is left after it is killed.
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec={stop}

# If the model's process takes more memory than there is, its job fails, and nothing else ends.
OOMPolicy=continue
# What belongs to patients, others may not read.
UMask={_UMASK:04o}
# A core dump would hold pictures of patients.
LimitCORE=0
# No process of it gets more rights than its user has.
NoNewPrivileges=yes
# Whoever sits at the machine goes first.
Nice={_NICE}
# Devices and folders are not closed off: a GPU is one, and a user's systemd may not everywhere.

[Install]
WantedBy=default.target
"""


def _dashboard_unit(command: str, variables: str, stop_s: int | None) -> str:
    return f"""\
# Written by neuropose service install. What you change belongs into a file of its own:
# systemctl --user edit {UNITS["dashboard"]}

[Unit]
Description=NeuroPose's jobs in a browser
# It needs no daemon to show what was done, and may end and start again without harm to one.

[Service]
Type=exec
ExecStart={command}
{variables}
SyslogIdentifier={UNITS["dashboard"]}

# Not after what a new start does not mend: settings, access file, certificate, port.
Restart=on-failure
RestartSec={_RESTART_S}
RestartPreventExitStatus={" ".join(str(error.exit_code) for error in _FINAL)}
TimeoutStopSec={stop_s}

# What belongs to patients, others may not read.
UMask={_UMASK:04o}
LimitCORE=0
NoNewPrivileges=yes
# The daemon goes first.
Nice={_NICE + 5}

[Install]
WantedBy=default.target
"""


def launchd_plist(service: Service, home: Path) -> bytes:
    """Return the property list of a launchd agent.

    Parameters
    ----------
    service : Service
        The service.
    home : Path
        Home directory of the user; the log goes to its ``Library/Logs``.

    Returns
    -------
    bytes
    """
    agent = {
        "Label": LABELS[service.part],
        "ProgramArguments": list(service.command),
        "EnvironmentVariables": dict(service.environment),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": _RESTART_S,
        "ExitTimeOut": 0 if service.stop_s is None else service.stop_s,  # 0: no limit
        "ProcessType": "Standard",  # "Background" would keep it off the fast cores
        "Nice": _NICE,
        "Umask": _UMASK,
        "HardResourceLimits": {"Core": 0},
        "StandardErrorPath": str(home / "Library" / "Logs" / f"{UNITS[service.part]}.log"),
    }
    return plistlib.dumps(agent, sort_keys=False)


def _require_fit(command: tuple[str, ...], kept: Mapping[str, str], interpreter: str) -> None:
    for text in (*command, *kept, *kept.values()):
        _require_plain(text)
    if not Path(interpreter).is_absolute() or not _NOT_IN_PROGRAMS.isdisjoint(interpreter):
        raise InstallationError(
            f"a service cannot be run with the Python {interpreter!r}",
            hint="install NeuroPose into a virtual environment with an ordinary path",
        )


def _quoted(text: str) -> str:
    for special in ("\\", '"'):
        text = text.replace(special, f"\\{special}")
    return '"' + text.replace("%", "%%") + '"'


def _require_plain(text: str) -> None:
    if any(unicodedata.category(c) in _UNFIT for c in text):
        raise InstallationError(
            f"'{printable(text)}' cannot be written in a service file: it has control characters, "
            "or is not UTF-8",
            hint="rename the file or folder, or change the variable",
        )
