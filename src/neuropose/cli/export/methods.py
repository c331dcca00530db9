"""``neuropose methods``: what was done to get some reports, as text for a paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuropose.cli._console import write, write_json
from neuropose.cli._estimating import JsonOption, writable_folder
from neuropose.errors import OutputError

_Reports = Annotated[
    list[Path], typer.Argument(metavar="REPORT", help="Reports of recordings or of a cohort.")
]
_Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="NAME",
        help="Write NAME.md and NAME.bib; default: to the screen only.",
    ),
]
_Force = Annotated[bool, typer.Option("--force", help="Overwrite files that are already there.")]


def methods(
    reports: _Reports, output: _Output = None, force: _Force = False, as_json: JsonOption = False
) -> None:
    """Write the methods section of a paper: models, settings, versions, and whom to cite.

    It has what was used for these reports, and nothing else.
    """
    from neuropose.export.methods import methods_of, write_methods
    from neuropose.io import load_report

    found = methods_of({str(number): load_report(path) for number, path in enumerate(reports)})
    files: list[Path] = []
    if output is not None:
        writable_folder(output.parent)
        for suffix in (".md", ".bib"):
            path = output.with_name(f"{output.name}{suffix}")
            if path.exists() and not force:
                raise OutputError(f"{path} is already there", hint="--force overwrites it")
        files += write_methods(output.parent, output.name, found)
    if as_json:
        written = [str(path) for path in files]
        write_json({"text": found.text, "bibtex": found.bibtex, "files": written})
        return
    write(found.text)
    write("")
    if output is None:
        write(found.bibtex)
    for path in files:
        write(f"written   {path}")
