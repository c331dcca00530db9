"""``neuropose service``: the daemon, started with the machine."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import Session, WholeSentences, note, session, write, write_json
from neuropose.cli._estimating import JsonOption
from neuropose.errors import FileReadError, InstallationError, OutputError

if TYPE_CHECKING:
    from neuropose.interfacer.service import Manager

app = typer.Typer(cls=WholeSentences, help="Run the daemon as a service.", rich_markup_mode=None)

_MANAGERS: dict[str, Manager] = {"systemd": "systemd", "launchd": "launchd"}


@app.command(epilog="Example: neuropose --config neuropose.toml service install")
def install(
    context: typer.Context,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a service file that is different.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the service file for this user, and say how to start the service.

    The settings that are in force now, from a file or the environment, are those of the service.
    """
    from neuropose.interfacer import service
    from neuropose.io.atomic import write_atomically

    manager = service.manager_of(sys.platform)
    path = service.service_file(manager, _home(), os.environ)
    content = _content(session(context), manager)
    before = _read(path)
    is_replaced = before not in (None, content)
    if is_replaced and not force:
        raise OutputError(
            f"{path} is there already, and is different",
            hint="see neuropose service show; --force replaces it",
        )
    if before != content:
        _make_folder(path.parent)
        write_atomically(path, [content])
    state = "written" if before != content else "unchanged"
    if as_json:
        write_json({"file": str(path), "state": state, "start": _start(manager, path)})
        return
    write(f"{state}: {path}")
    if manager == "systemd":
        write("to start it, now and with the machine:")
        write(f"  {' && '.join(_start(manager, path))}")
        if is_replaced:
            write("if the old one runs already:")
            write(f"  systemctl --user restart {service.UNIT}")
        write("so that it also runs while you are not logged in:")
        write("  loginctl enable-linger")
    else:
        if is_replaced:
            write("if the old one runs already, first:")
            write(f"  launchctl bootout gui/{os.getuid()}/{service.LABEL}")
        write("to start it, now and whenever you log in:")
        write(f"  {' && '.join(_start(manager, path))}")


def _start(manager: Manager, path: Path) -> list[str]:
    """Return the commands that start the service, now and with the machine."""
    from neuropose.interfacer import service

    if manager == "systemd":
        return ["systemctl --user daemon-reload", f"systemctl --user enable --now {service.UNIT}"]
    return [f"launchctl bootstrap gui/{os.getuid()} {shlex.quote(str(path))}"]


@app.command(epilog="Example: neuropose service uninstall")
def uninstall(as_json: JsonOption = False) -> None:
    """Remove the service file of this user."""
    from neuropose.interfacer import service

    manager = service.manager_of(sys.platform)
    path = service.service_file(manager, _home(), os.environ)
    if _read(path) is None:
        if as_json:
            write_json({"file": str(path), "state": "missing"})
        note(f"there is no service to remove: no {path}")
        return
    if manager == "systemd" and any(path.parent.glob(f"*.wants/{path.name}")):
        raise InstallationError(
            "the service is still started with the machine",
            hint=f"run systemctl --user disable --now {service.UNIT} first, then this again",
        )
    try:
        path.unlink()
    except OSError as error:
        raise OutputError(
            f"{path} cannot be removed: {error.strerror}", hint="mend the permissions of its folder"
        ) from error
    if as_json:
        write_json({"file": str(path), "state": "removed"})
        return
    write(f"removed: {path}")
    write("so that it is forgotten:")
    if manager == "systemd":
        write("  systemctl --user daemon-reload")
    else:
        write(f"  launchctl bootout gui/{os.getuid()}/{service.LABEL}")


@app.command(epilog="Example: neuropose service show --platform systemd")
def show(
    context: typer.Context,
    platform: Annotated[
        str | None,
        typer.Option(metavar="|".join(_MANAGERS), help="Default: that of this machine."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the service file that would be written."""
    from neuropose.interfacer import service

    if platform is not None and platform not in _MANAGERS:
        raise typer.BadParameter(f"{platform!r} is none of {', '.join(_MANAGERS)}")
    manager = service.manager_of(sys.platform) if platform is None else _MANAGERS[platform]
    content = _content(session(context), manager).decode()
    if as_json:
        write_json({"manager": manager, "content": content})
        return
    write(content.rstrip("\n"))


def _content(given: Session, manager: Manager) -> bytes:
    from neuropose.interfacer.service import launchd_plist, plan_service, systemd_unit

    planned = plan_service(given.settings(), config=given.config)
    if manager == "systemd":
        return systemd_unit(planned).encode()
    return launchd_plist(planned, _home())


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise InstallationError(
            "this user has no home directory", hint="set the variable HOME"
        ) from error


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FileReadError(
            f"{path} cannot be read: {error.strerror}", hint="see what lies there"
        ) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"the folder {folder} cannot be made: {error.strerror}",
            hint="mend the permissions of your home directory",
        ) from error
