"""``neuropose markers``: what a C3D or TRC file has, and what it lacks for which task."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._console import terminal_width, write, write_json
from neuropose.cli._estimating import JsonOption, writable_folder
from neuropose.cli._recordings import MarkersOption, source_of
from neuropose.errors import OutputError

if TYPE_CHECKING:
    from neuropose.study.trial.marker_files import MarkerFile

_File = Annotated[Path, typer.Argument(metavar="FILE", help="A C3D or TRC file.")]
_Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE.yaml", help="Write a mapping to edit, for --markers."
    ),
]
_Subject = Annotated[
    str | None, typer.Option(metavar="NAME", help="Whose markers, of a file of several people.")
]
_Force = Annotated[bool, typer.Option("--force", help="Overwrite a mapping that is already there.")]
_HEAD = 12
_MOST_SETS = 3


def markers(
    file: _File,
    output: _Output = None,
    markers: MarkersOption = None,
    subject: _Subject = None,
    force: _Force = False,
    as_json: JsonOption = False,
) -> None:
    """Show a file's markers: which set they are, which joints they give, and what is missing.

    For each task the joints are named that it lacks. With -o, a mapping of joints to markers is
    written, to be edited and given to --markers.
    """
    from neuropose.io import save_marker_map
    from neuropose.study.trial.marker_files import look_at_markers
    from neuropose.study.trial.recordings import holds_markers

    if not holds_markers(file):
        raise typer.BadParameter(f"{file} is not a C3D or TRC file")
    if output is not None:
        if output.exists() and not force:
            raise OutputError(f"{output} is already there", hint="--force overwrites it")
        writable_folder(output.parent)
    found = look_at_markers(source_of(file, subject=subject, markers=markers))
    if output is not None:
        save_marker_map(output, found.mapping(), found.remarks())
    if as_json:
        write_json(_json(file, output, found))
        return
    for line in _lines(file, found, terminal_width()):
        write(line)
    if output is not None:
        write(f"{'written':{_HEAD}}{output}")


def _lines(file: Path, found: MarkerFile, width: int | None) -> list[str]:
    from neuropose.cli.render.job_table import wrapped
    from neuropose.grammar import counted

    unit = "no unit" if found.unit is None else found.unit
    frames = counted(found.frames, "frame")
    rows = [
        ("file", f"{file.name}: {frames} of {counted(len(found.seen), 'marker')}, {unit}"),
        *(("subjects", f"{', '.join(found.subjects)}: --subject") for _ in found.subjects[:1]),
    ]
    for head, coverage in zip(("set", *[""] * _MOST_SETS), found.sets[:_MOST_SETS], strict=False):
        above = f", {coverage.above[0]} of {coverage.above[1]} above" if coverage.above[1] else ""
        lacks = f"; not there: {', '.join(coverage.missing)}" if coverage.missing and head else ""
        of_legs = f"{coverage.legs[0]} of {coverage.legs[1]} markers of the legs"
        rows.append((head, f"{coverage.name}: {of_legs}{above}{lacks}"))
    if not found.sets:
        rows.append(("set", "none that is known"))
    lines = [line for head, text in rows for line in wrapped(text, width, head=f"{head:{_HEAD}}")]
    lines.append("")
    widest = max((len(joint) for joint in found.joints), default=0) + 2
    for joint, sources in found.joints.items():
        seen = f"{100.0 * min(found.seen.get(name, 1.0) for name in sources):.0f} %"
        head = f"{joint:{widest}}{seen:>5}  "
        known = [name for name in sources if name in found.seen]
        estimated = "" if len(known) == len(sources) else "estimated from "
        lines += wrapped(estimated + ", ".join(known), width, head=head)
    if not found.joints:
        lines.append("no joint is recognised by its name")
    lines += ["", *wrapped(", ".join(found.unused) or "–", width, head=f"{'not used':{_HEAD}}"), ""]
    for task, missing in found.missing.items():
        text = f"lacks {', '.join(missing)}" if missing else "has its joints"
        lines += wrapped(text, width, head=f"{task:{_HEAD + 2}}")
    if any(found.missing.values()):
        advice = "--marker JOINT=NAME, or a file: neuropose markers FILE -o ours.yaml, --markers"
        lines += wrapped(advice, width, head=f"{'to say it':{_HEAD + 2}}")
    return lines


def _json(file: Path, output: Path | None, found: MarkerFile) -> dict[str, Any]:
    return {
        "file": str(file),
        "output": None if output is None else str(output),
        "frames": found.frames,
        "unit": found.unit,
        "subjects": list(found.subjects),
        "markers": dict(found.seen),
        "sets": [
            {
                "name": each.name,
                "legs": list(each.legs),
                "above": list(each.above),
                "missing": list(each.missing),
            }
            for each in found.sets
        ],
        "joints": {joint: list(sources) for joint, sources in found.joints.items()},
        "not_used": list(found.unused),
        "missing": {task: list(joints) for task, joints in found.missing.items()},
    }
