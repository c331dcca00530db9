"""A manifest: what files there are beside it, their hashes, and what they were made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from neuropose._version import __version__
from neuropose.checksums import sha256_of
from neuropose.data import Report
from neuropose.io.atomic import write_atomically

NAME = "manifest.json"


def write_manifest(folder: Path, reports: Mapping[str, Report]) -> Path:
    """Write the manifest of a folder.

    Parameters
    ----------
    folder : Path
        All its files are listed, those in folders below too.
    reports : mapping of str to Report
        What they were made from, by what each recording is called.

    Returns
    -------
    Path
        The manifest; the same for the same files and reports.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    files = [
        {
            "path": path.relative_to(folder).as_posix(),
            "sha256": sha256_of(path),
            "bytes": path.stat().st_size,
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != NAME
    ]
    made_from = {
        name: {
            "task": report.task,
            "neuropose_version": report.provenance.neuropose_version,
            "versions": dict(report.provenance.versions),
            "inputs": [each.model_dump() for each in report.provenance.inputs],
        }
        for name, report in reports.items()
    }
    content = {"written_by": f"NeuroPose {__version__}", "files": files, "made_from": made_from}
    path = folder / NAME
    write_atomically(path, [f"{json.dumps(content, indent=2, ensure_ascii=False)}\n".encode()])
    return path
