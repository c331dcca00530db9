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
    from neuropose.interfacer.service import Manager, Part

app = typer.Typer(
    cls=WholeSentences,
    help="Run the daemon as a service.",
    epilog="Example: neuropose service show --platform systemd",
    rich_markup_mode=None,
)

_MANAGERS: dict[str, Manager] = {"systemd": "systemd", "launchd": "launchd"}


@app.command(epilog="Example: neuropose --config neuropose.toml service install")
def install(
    context: typer.Context,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a service file that is different.")
    ] = False,
    dashboard: Annotated[
        bool, typer.Option("--dashboard", help="Start the dashboard beside the daemon too.")
    ] = False,
    dashboard_options: Annotated[
        str, typer.Option(metavar="TEXT", help="Options of the dashboard, with absolute paths.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Write the service file for this user, and say how to start the service.

    The settings that are in force now, from a file or the environment, are those of the service.
    """
    from neuropose.interfacer import service
    from neuropose.io.atomic import write_atomically

    manager = service.manager_of(sys.platform)
    given = session(context)
    options = _words(dashboard_options)
    parts: list[Part] = ["watch", "dashboard"] if dashboard or options else ["watch"]
    contents = {part: _content(given, manager, part, options) for part in parts}
    paths = {part: service.service_file(manager, _home(), os.environ, part) for part in parts}
    before = {part: _read(paths[part]) for part in parts}
    replaced = [part for part in parts if before[part] not in (None, contents[part])]
    if replaced and not force:
        raise OutputError(
            f"{paths[replaced[0]]} is there already, and is different",
            hint="see neuropose service show; --force replaces it",
        )
    told = []
    for part in parts:
        path, is_new = paths[part], before[part] != contents[part]
        if is_new:
            _make_folder(path.parent)
            write_atomically(path, [contents[part]])
        state = "written" if is_new else "unchanged"
        told.append({"file": str(path), "state": state, "start": _start(manager, path, part)})
        if as_json:
            continue
        write(f"{state}: {path}")
        _tell_how_to_start(manager, path, part, is_replaced=part in replaced)
    if as_json:
        write_json({**told[0], **({"dashboard": told[1]} if told[1:] else {})})
    elif manager == "systemd":
        write("so that it also runs while you are not logged in:")
        write("  loginctl enable-linger")


def _tell_how_to_start(manager: Manager, path: Path, part: Part, *, is_replaced: bool) -> None:
    from neuropose.interfacer import service

    if manager == "systemd":
        write("to start it, now and with the machine:")
        write(f"  {' && '.join(_start(manager, path, part))}")
        if is_replaced:
            write("if the old one runs already:")
            write(f"  systemctl --user restart {service.UNITS[part]}")
        return
    if is_replaced:
        write("if the old one runs already, first:")
        write(f"  launchctl bootout gui/{os.getuid()}/{service.LABELS[part]}")
    write("to start it, now and whenever you log in:")
    write(f"  {' && '.join(_start(manager, path, part))}")


def _words(options: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(options))
    except ValueError as error:
        raise typer.BadParameter(f"--dashboard-options: {error}") from error


def _start(manager: Manager, path: Path, part: Part) -> list[str]:
    """Return the commands that start the service, now and with the machine."""
    from neuropose.interfacer import service

    if manager == "systemd":
        unit = service.UNITS[part]
        return ["systemctl --user daemon-reload", f"systemctl --user enable --now {unit}"]
    return [f"launchctl bootstrap gui/{os.getuid()} {shlex.quote(str(path))}"]


@app.command(epilog="Example: neuropose service uninstall")
def uninstall(as_json: JsonOption = False) -> None:
    """Remove the service files of this user, that of the dashboard too."""
    from neuropose.interfacer import service

    manager = service.manager_of(sys.platform)
    parts: list[Part] = ["watch", "dashboard"]
    paths = {part: service.service_file(manager, _home(), os.environ, part) for part in parts}
    found = [part for part in parts if _read(paths[part]) is not None]
    if not found:
        if as_json:
            write_json({"file": str(paths["watch"]), "state": "missing"})
        note(f"there is no service to remove: no {paths['watch']}")
        return
    for part in found:
        _remove(paths[part], service.UNITS[part], manager)
    removed = [{"file": str(paths[part]), "state": "removed"} for part in found]
    if as_json:
        write_json({**removed[0], **({"dashboard": removed[1]} if removed[1:] else {})})
        return
    for part in found:
        write(f"removed: {paths[part]}")
    write("so that it is forgotten:")
    if manager == "systemd":
        write("  systemctl --user daemon-reload")
        return
    for part in found:
        write(f"  launchctl bootout gui/{os.getuid()}/{service.LABELS[part]}")


def _remove(path: Path, unit: str, manager: Manager) -> None:
    if manager == "systemd" and any(path.parent.glob(f"*.wants/{path.name}")):
        raise InstallationError(
            "the service is still started with the machine",
            hint=f"run systemctl --user disable --now {unit} first, then this again",
        )
    try:
        path.unlink()
    except OSError as error:
        raise OutputError(
            f"{path} cannot be removed: {error.strerror}", hint="mend the permissions of its folder"
        ) from error


@app.command(epilog="Example: neuropose service show --platform systemd")
def show(
    context: typer.Context,
    platform: Annotated[
        str | None,
        typer.Option(metavar="|".join(_MANAGERS), help="Default: that of this machine."),
    ] = None,
    dashboard: Annotated[bool, typer.Option("--dashboard", help="That of the dashboard.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the service file that would be written."""
    from neuropose.interfacer import service

    if platform is not None and platform not in _MANAGERS:
        raise typer.BadParameter(f"{platform!r} is none of {', '.join(_MANAGERS)}")
    manager = service.manager_of(sys.platform) if platform is None else _MANAGERS[platform]
    part: Part = "dashboard" if dashboard else "watch"
    content = _content(session(context), manager, part).decode()
    if as_json:
        write_json({"manager": manager, "content": content})
        return
    write(content.rstrip("\n"))


def _content(given: Session, manager: Manager, part: Part, options: tuple[str, ...] = ()) -> bytes:
    from neuropose.interfacer.service import launchd_plist, plan_service, systemd_unit

    planned = plan_service(
        given.settings(),
        config=given.config,
        part=part,
        options=options if part == "dashboard" else (),
    )
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
