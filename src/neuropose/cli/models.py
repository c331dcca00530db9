"""``neuropose models``: pose models, and the pinned files that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._console import (
    WholeSentences,
    note,
    reporting,
    session,
    show_error,
    write,
    write_json,
)
from neuropose.cli._estimating import JsonOption
from neuropose.errors import AssetError, ModelLoadError, UnknownAssetError, did_you_mean

if TYPE_CHECKING:
    from neuropose.assets import Artefact, ArtefactStatus
    from neuropose.estimator.registry import RegisteredModel

app = typer.Typer(
    cls=WholeSentences,
    help="List, fetch, add and check pose models and their weights.",
    epilog="Example: neuropose models pull blazepose",
    rich_markup_mode=None,
)

_Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="Models or files, as the list shows them."),
]


@app.command("list", epilog="Example: neuropose models list --json")
def list_models(
    context: typer.Context,
    as_json: JsonOption = False,
) -> None:
    """Show the pose models, their weights, and whether they are here."""
    from neuropose import assets
    from neuropose.estimator import registry

    settings = session(context).settings()
    entries = assets.status(settings.model_cache_dir, known=session(context).pinned())
    files = {entry.artefact.name: entry for entry in entries}
    registered = registry.available()
    if as_json:
        write_json(
            {
                "models": [_model_as_json(model, files, settings.model) for model in registered],
                "artefacts": [_file_as_json(entry) for entry in files.values()],
            }
        )
        return
    for model in registered:
        default = " (default)" if model.name == settings.model else ""
        license_ = model.license or "licence unknown"
        write(f"{model.name}{default}: {_readiness(model, files)} ({license_})")
        if model.error:
            write(f"  {model.package}: {model.error}")
        for name in model.artefacts:
            write(f"  {_file_line(files[name])}" if name in files else f"  {name}: its own")
    used = {name for model in registered for name in model.artefacts}
    write("other files:")
    for name, entry in files.items():
        if name not in used:
            write(f"  {_file_line(entry)} ({entry.artefact.license})")
    write(f"cache: {settings.model_cache_dir}")


@app.command(epilog="Example: neuropose models pull blazepose")
def pull(
    context: typer.Context,
    names: _Names = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every file: the sample clip and all models, several GB.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch weights, so that they are here when the network is not; default: the set model."""
    from neuropose import assets

    settings = session(context).settings()
    known = session(context).pinned()
    wanted = list(known) if everything else _files_of(names or [settings.model], known)
    outcomes: list[_Outcome] = []
    with reporting() as report:
        for name in wanted:
            try:
                path = assets.fetch(name, settings.model_cache_dir, report=report, known=known)
            except AssetError as error:
                outcomes.append(_Outcome(name, error=error))
            else:
                outcomes.append(_Outcome(name, path))
                report(f"{name}: {path}")
    _finish(outcomes, debug=session(context).debug, as_json=as_json)


@app.command(epilog="Example: neuropose models add /media/usb/pose_landmark_heavy.tflite")
def add(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Pinned files, or wheels that hold some."),
    ],
    as_json: JsonOption = False,
) -> None:
    """Copy files that were got by hand into the cache; the SHA-256 tells what each is."""
    from neuropose import assets

    cache_dir = session(context).settings().model_cache_dir
    outcomes: list[_Outcome] = []
    for file in files:
        try:
            for artefact in assets.add(file, cache_dir, known=session(context).pinned()):
                outcomes.append(_Outcome(artefact.name, cache_dir / artefact.name))
                note(f"{artefact.name}: added to {cache_dir}")
                if artefact.notice:
                    note(f"{artefact.name}: {artefact.notice}")
        except AssetError as error:
            outcomes.append(_Outcome(file.name, error=error))
    _finish(outcomes, debug=session(context).debug, as_json=as_json)


@app.command(epilog="Example: neuropose models verify")
def verify(context: typer.Context, names: _Names = None, as_json: JsonOption = False) -> None:
    """Check the SHA-256 of files in the cache; default: of all that are there."""
    from neuropose import assets

    cache_dir = session(context).settings().model_cache_dir
    known = session(context).pinned()
    wanted = (
        _files_of(names, known)
        if names
        else [
            entry.artefact.name
            for entry in assets.status(cache_dir, known=known)
            if entry.state is not assets.ArtefactState.MISSING
        ]
    )
    outcomes: list[_Outcome] = []
    for name in wanted:
        try:
            path = assets.verify(name, cache_dir, known=known)
        except AssetError as error:
            outcomes.append(_Outcome(name, error=error))
        else:
            outcomes.append(_Outcome(name, path))
            if not as_json:
                write(f"{name}: good")
    if not wanted and not as_json:
        write(f"nothing in {cache_dir} to verify yet")
    _finish(outcomes, debug=session(context).debug, as_json=as_json)


@dataclass(frozen=True)
class _Outcome:
    """What became of one pinned file."""

    name: str
    path: Path | None = None
    error: AssetError | None = None


def _finish(outcomes: Sequence[_Outcome], *, debug: bool, as_json: bool) -> None:
    """Show every error, and let the last one be the exit code."""
    failed = [each.error for each in outcomes if each.error is not None]
    if as_json:
        write_json(
            [
                {
                    "name": each.name,
                    "path": each.path and str(each.path),
                    "error": each.error and each.error.message,
                }
                for each in outcomes
            ]
        )
    for error in failed[:-1]:
        show_error(error, debug=debug)
    if failed:
        raise failed[-1]


def _files_of(names: Sequence[str], known: Mapping[str, Artefact]) -> list[str]:
    files: dict[str, None] = {}
    for name in names:
        files |= dict.fromkeys([name] if name in known else _files_of_model(name, known))
    return list(files)


def _files_of_model(name: str, known: Mapping[str, Artefact]) -> list[str]:
    from neuropose.estimator import registry

    models = {model.name: model for model in registry.available()}
    if name not in models:
        every = [*models, *known]
        hint = did_you_mean(name, every, instead=f"known are {', '.join(every)}")
        raise UnknownAssetError(f"there is no model or file {name!r}", hint=hint)
    model = models[name]
    if model.error:
        raise ModelLoadError(
            f"model {name!r} is broken: {model.error}",
            hint=f"reinstall or remove the package {model.package}",
        )
    files = [file for file in model.artefacts if file in known]
    if model.takes_location:
        raise UnknownAssetError(
            f"model {name!r} has no weights of its own",
            hint=f"they are fetched when {name}:URL is used",
        )
    if not files:
        note(f"{name}: {model.package} fetches its weights itself")
    return files


def _readiness(model: RegisteredModel, files: dict[str, ArtefactStatus]) -> str:
    if model.error:
        return "broken"
    if model.obstacle:
        return model.obstacle
    if model.takes_location:
        return f"ready for weights from anywhere, {model.name}:PATH or {model.name}:URL"
    states = {files[name].state for name in model.artefacts if name in files}
    for state in ("damaged", "missing"):
        if state in states:
            return f"weights {state}"
    return "ready"


def _file_line(entry: ArtefactStatus) -> str:
    size_bytes = entry.artefact.size_bytes
    size = "size not known" if size_bytes is None else f"{size_bytes / 1e6:.1f} MB"
    return f"{entry.artefact.name}: {size}, {entry.state}"


def _model_as_json(
    model: RegisteredModel, files: dict[str, ArtefactStatus], default: str
) -> dict[str, Any]:
    return {
        "name": model.name,
        "package": model.package,
        "default": model.name == default,
        "state": _readiness(model, files),
        "error": model.error,
        "license": model.license,
        "artefacts": list(model.artefacts),
        "inference_options": sorted(model.capabilities.options),
        "skeletons": model.capabilities.skeletons,
        "devices": model.capabilities.devices,
    }


def _file_as_json(entry: ArtefactStatus) -> dict[str, Any]:
    return {
        "name": entry.artefact.name,
        "state": entry.state.value,
        "path": str(entry.path),
        "sha256": entry.artefact.sha256,
        "size_bytes": entry.artefact.size_bytes,
        "license": entry.artefact.license,
        "sources": [source.label for source in entry.artefact.sources],
    }
