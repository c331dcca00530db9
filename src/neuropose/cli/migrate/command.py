"""The command: a dry run, unless it is told to write."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuropose.cli._console import note, write, write_json
from neuropose.cli._estimating import JsonOption
from neuropose.errors import FileReadError, NeuroPoseError
from neuropose.grammar import counted


def migrate(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Looked through with all folders in it.")
    ],
    convert: Annotated[
        bool,
        typer.Option("--write", help="Convert; what was there stays, NAME.original.json."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Convert files and analyses of the original NeuroPose, and older files of ours.

    Without --write, it only says what it would convert. Nothing is moved or removed. A data
    directory needs no conversion: the daemon reads its status, and leaves its finished jobs alone.
    """
    from neuropose.cli.migrate.files import convert_file, kept_name, old_files

    if not folder.is_dir():
        raise FileReadError(f"{folder} is not a folder", hint="give a folder of result files")
    found = old_files(folder)
    failures: dict[Path, NeuroPoseError] = {}
    for old in found if convert else ():
        try:
            convert_file(old, kept_name(old.path))
        except NeuroPoseError as error:
            failures[old.path] = error
            note(f"failed: {old.path}: {error.message}")
    if as_json:
        write_json(
            [
                {
                    "file": str(old.path),
                    "kind": old.kind,
                    "converted": convert and old.path not in failures,
                    "error": failures[old.path].message if old.path in failures else None,
                }
                for old in found
            ]
        )
    else:
        for old in found:
            if old.path not in failures:
                write(f"{'converted' if convert else 'would convert'} {old.kind}: {old.path}")
        write(f"{counted(len(found), 'old file')} in {folder}")
        if found and not convert:
            write("nothing was written; --write converts, and keeps NAME.original.json")
    if failures:
        raise typer.Exit(next(iter(failures.values())).exit_code)
