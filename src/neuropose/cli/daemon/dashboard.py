"""``neuropose dashboard``: the web site beside the daemon, and who may use it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._console import WholeSentences, note, session, write, write_json
from neuropose.cli._estimating import JsonOption

if TYPE_CHECKING:
    from neuropose.dashboard.access.roles import Role

app = typer.Typer(
    cls=WholeSentences,
    help="Show the jobs in a browser, on this machine.",
    epilog="Example: neuropose dashboard --port 8700",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_ROLES = ("look", "operate")
_Access = Annotated[
    Path, typer.Option("--access", metavar="FILE", help="The access file; made if it is missing.")
]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="A person, or a program.")]


@app.callback()
def dashboard(
    context: typer.Context,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8642,
    access: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Who may use it; needed outside this machine."),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TLS certificate; needed outside this machine."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Private key of the certificate.")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Another name that browsers may call it by."),
    ] = None,
    language: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A language of your own, such as fr.json."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the jobs in a browser, on this machine. Ctrl-C ends it."""
    if context.invoked_subcommand is not None:
        return
    from neuropose.dashboard.serving import Listening, serve
    from neuropose.interfacer.logs import configure_logging

    listening = Listening(
        host=host,
        port=port,
        access=access,
        certificate=certificate,
        key=key,
        allowed_hosts=tuple(allow_host or ()),
        languages=tuple(language or ()),
    )

    def tell(address: str) -> None:
        note(f"the dashboard is at {address}")
        if as_json:
            write_json({"address": address})
            sys.stdout.flush()

    settings = session(context).settings()
    with configure_logging(settings, sys.stderr):
        serve(settings, listening, on_ready=tell)


@app.command(epilog="Example: neuropose dashboard allow anna --access access.json --role operate")
def allow(
    name: _Name,
    access: _Access,
    role: Annotated[str, typer.Option(metavar="|".join(_ROLES), help="What NAME may do.")] = "look",
    token: Annotated[
        bool, typer.Option("--token", help="Make a token, for a program, in place of a password.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Let somebody use the dashboard, by a password that is asked for, or by a new token."""
    from neuropose.dashboard.access.access_file import save_access

    given = _role(role)
    before = _load(access)
    made: dict[str, Any] = {"name": name, "role": role}
    if token:
        after, secret = before.with_token(name, given)
        made["token"] = secret
    else:
        password = typer.prompt("password", hide_input=True, confirmation_prompt=True, err=True)
        after = before.with_password(name, given, password)
    save_access(access, after)
    if as_json:
        write_json(made)
    elif token:
        write(made["token"])
        note("this token is shown only now")
    note(f"{name} may {role}, from the next start of the dashboard on")


@app.command(epilog="Example: neuropose dashboard forbid anna --access access.json")
def forbid(name: _Name, access: _Access, as_json: JsonOption = False) -> None:
    """Let somebody use the dashboard no more."""
    from neuropose.dashboard.access.access_file import load_access, save_access
    from neuropose.errors import ConfigError

    before = load_access(access)
    after = before.without(name)
    if after == before:
        raise ConfigError(f"{access} has no {name!r}", hint="see which names it has")
    save_access(access, after)
    if as_json:
        write_json({"name": name, "role": None})
    note(f"{name} may not use it any more, from the next start of the dashboard on")


def _role(text: str) -> Role:
    from neuropose.dashboard.access.roles import Role

    if text not in _ROLES:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(_ROLES)}")
    return Role(text)


def _load(path: Path) -> Any:
    from neuropose.dashboard.access.access_file import AccessList, load_access

    return load_access(path) if path.exists() else AccessList()
