"""``neuropose validate``: one way to record movements against another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._console import session, trial_progress, write, write_json
from neuropose.cli._estimating import JsonOption, writable_folder
from neuropose.cli._recordings import HeightOption, ReconstructOption
from neuropose.errors import FileMissingError, OutputError, SequenceError

if TYPE_CHECKING:
    from neuropose.data import Report
    from neuropose.study.contract.pipeline import Selection
    from neuropose.study.validation.pairing import Pairing


def validate(
    context: typer.Context,
    test: Annotated[
        Path, typer.Argument(metavar="TEST", help="What is to be validated: a recording or folder.")
    ],
    reference: Annotated[
        Path,
        typer.Argument(metavar="REFERENCE", help="What it is compared with, of the same kind."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The report, JSON.")
    ] = Path("validation.json"),
    table: Annotated[
        Path | None,
        typer.Option("--table", metavar="FILE", help="Every statistic as a table: CSV or Excel."),
    ] = None,
    test_glob: Annotated[
        str | None,
        typer.Option(metavar="PATTERN", help="Which files of TEST, such as '**/2-cameras/*.trc'."),
    ] = None,
    reference_glob: Annotated[
        str | None, typer.Option(metavar="PATTERN", help="Which files of REFERENCE.")
    ] = None,
    test_markers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Joints of TEST, YAML: `neuropose markers -o`."),
    ] = None,
    reference_markers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Joints of REFERENCE, likewise.")
    ] = None,
    test_up: Annotated[
        str | None,
        typer.Option(metavar="AXIS|X,Y,Z", help="Away from the floor, in TEST's axes."),
    ] = None,
    reference_up: Annotated[
        str | None, typer.Option(metavar="AXIS|X,Y,Z", help="The same of REFERENCE.")
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            metavar="SECONDS",
            help="How far apart the clocks are at most; 0: the same clock. Default: not known.",
        ),
    ] = None,
    plates: Annotated[
        bool, typer.Option("--plates", help="Events of REFERENCE are those of its force plates.")
    ] = False,
    reconstruct: ReconstructOption = None,
    height_mm: HeightOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which recordings belong together, and stop.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite results that are already there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare recordings of the same movements: events, measures and angles, with every exclusion.

    Two files, or two folders in which the same movements are called the same. The clocks are put
    together by the movement itself. --reconstruct and --height-mm are for TEST.
    """
    from neuropose.cli.render.validation import pairing_lines, validation_lines
    from neuropose.io import save_report
    from neuropose.study.validation.pairing import pair_recordings
    from neuropose.study.validation.validate import validate as compare

    if not dry_run:
        _writable(output, table, force=force)
    pairing = pair_recordings(test, reference, test_glob=test_glob, reference_glob=reference_glob)
    if dry_run:
        if as_json:
            write_json(_plan(pairing))
            return
        for line in pairing_lines(pairing):
            write(line)
        return
    if not pairing.pairs:
        raise FileMissingError(
            f"no recording in {test} is called as one in {reference}",
            hint="--dry-run lists what is there, and what it is called",
        )
    body = {
        "reconstruct": reconstruct or session(context).settings().reconstruct,
        "height_mm": height_mm,
    }
    how = _selection("test", test_markers, test_up, body)
    other = _selection("reference", reference_markers, reference_up, {})
    with trial_progress() as show:
        report = compare(
            pairing, test=how, reference=other, within_s=within, plates=plates, progress=show
        )
    writable_folder(output.parent)
    save_report(output, report)
    if table is not None:
        _save_table(table, report)
    if as_json:
        write_json({"output": str(output), "report": report.model_dump(mode="json")})
        _refuse_none(report)
        return
    for line in validation_lines(report):
        write(line)
    write("")
    write(f"written   {output}")
    if table is not None:
        write(f"written   {table}")
    _refuse_none(report)


def _selection(which: str, markers: Path | None, up: str | None, body: dict[str, Any]) -> Selection:
    """Return how the files of one side are read."""
    from pydantic import ValidationError

    from neuropose.io import read_marker_map
    from neuropose.study.contract.pipeline import Selection

    given = dict(body)
    if markers is not None:
        given["markers"] = read_marker_map(markers)
    if up is not None:
        given["up"] = up
    try:
        return Selection(**given)
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False)
        raise typer.BadParameter(f"--{which}-{first['loc'][0]}: {first['msg']}") from None


def _writable(output: Path, table: Path | None, *, force: bool) -> None:
    """Refuse names of results before any work is done."""
    from neuropose.io.report_tables import require_table

    if table is not None:
        require_table(table)
    for path in (output, table):
        if path is None:
            continue
        if path.is_dir():
            raise OutputError(f"{path} is a folder", hint="give the name of a file")
        if path.exists() and not force:
            raise OutputError(
                f"{path} is already there", hint="--force overwrites it, --output writes elsewhere"
            )


def _refuse_none(report: Report) -> None:
    if not report.measures["pairs"].value:
        reasons = report.tables["exclusions"].column("reason")
        first = f": {reasons[0]}" if len(reasons) else ""
        raise SequenceError(
            f"no two recordings could be compared{first}",
            hint="the table exclusions of the report has the reason of each",
        )


def _save_table(path: Path, report: Report) -> None:
    from neuropose.io.report_tables import save_report_table, save_table

    writable_folder(path.parent)
    if path.suffix.lower() == ".csv":
        save_table(path, report.tables["results"])
    else:
        save_report_table(path, {"validation": report})


def _plan(pairing: Pairing) -> dict[str, object]:
    return {
        "pairs": [
            {
                "subject": pair.subject,
                "trial": pair.name,
                "test": str(pair.test.file),
                "reference": str(pair.reference.file),
            }
            for pair in pairing.pairs
        ],
        "exclusions": [
            {"subject": each.subject, "trial": each.trial, "reason": each.reason}
            for each in pairing.exclusions
        ],
    }
