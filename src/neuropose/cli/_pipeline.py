"""``neuropose study run``, also ``neuropose analyze --config``: a pipeline file, run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from neuropose.cli._console import (
    frame_progress,
    note,
    terminal_width,
    trial_progress,
    write,
    write_json,
)
from neuropose.cli._estimating import writable_folder
from neuropose.cli.render.classification import card_lines, note_columns
from neuropose.cli.render.cohort_tables import cohort_lines
from neuropose.errors import AnalyzerError, FileMissingError, OutputError
from neuropose.grammar import counted

if TYPE_CHECKING:
    from neuropose.cores import Pool
    from neuropose.study import Pipeline, PipelineResult


def run_config(
    config: Path,
    assignments: Sequence[str],
    *,
    dry_run: bool,
    force: bool,
    as_json: bool,
    elsewhere: Callable[[Path], AbstractContextManager[Pool]] | None = None,
) -> None:
    """Run a pipeline file, or only check it.

    Parameters
    ----------
    config : Path
    assignments : sequence of str
        ``key=value``.
    dry_run : bool
        Check the file, and the table of a cohort; read no recording, write nothing.
    force : bool
        Overwrite results that are there.
    as_json : bool
    elsewhere : callable, optional
        Opens the workers of a cluster, which see the given folder; default: this machine alone.

    Raises
    ------
    NeuroPoseError
        Whatever is wrong with the file, a recording or the output.
    """
    from neuropose.study import (
        cohort_trials,
        load_pipeline,
        run_pipeline,
        save_result,
        work_folder,
    )
    from neuropose.study.cohort.naming import doubtful_names

    pipeline = load_pipeline(config, assignments)
    trials = cohort_trials(pipeline)
    recordings = [trial.source.file for trial in trials]
    inputs = [config, *pipeline.files().values(), *recordings]
    _check_output(pipeline, inputs, force=force)
    if dry_run:
        _show_plan(pipeline, recordings, as_json=as_json)
        if not as_json:
            for said in doubtful_names(trials, pipeline.analysis):
                note(f"warning: {said}")
        return
    for path in _outputs(pipeline):
        writable_folder(path.parent)
    if not recordings:
        result = run_pipeline(pipeline)
    else:
        try:
            result = _run_cohort(pipeline, elsewhere)
        except KeyboardInterrupt:
            kept = work_folder(pipeline.output.report)
            note(
                f"the trials that are done are kept in {kept}: the same command goes on from there"
            )
            raise
    written = save_result(pipeline, result)
    _show(pipeline, result, written, as_json=as_json)
    if result.outcomes and all(each.report is None for each in result.outcomes):
        raise AnalyzerError(
            "the only trial failed"
            if len(result.outcomes) == 1
            else f"all {len(result.outcomes)} trials failed",
            hint="the reasons are above",
        )


def run_part(config: Path, assignments: Sequence[str], part: str, *, as_json: bool) -> None:
    """Run some trials of a cohort; they are kept, for a later run that makes the report.

    Parameters
    ----------
    config : Path
    assignments : sequence of str
        ``key=value``.
    part : str
        ``K/N``: the Kth trial, and every Nth after it.
    as_json : bool

    Raises
    ------
    NeuroPoseError
        Whatever is wrong with the file, or the output.
    """
    from neuropose.study import cohort_trials, load_pipeline, work_folder
    from neuropose.study.cohort.trials import run_trials

    number, _, count = part.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise typer.BadParameter(f"--part takes K/N, K from 1 to N, not {part!r}")
    pipeline = load_pipeline(config, assignments)
    trials = cohort_trials(pipeline)
    if not trials:
        raise typer.BadParameter("--part is for cohorts: this pipeline has one recording")
    kept = work_folder(pipeline.output.report)
    with trial_progress() as progress:
        outcomes = run_trials(
            pipeline, trials[int(number) - 1 :: int(count)], kept, progress=progress
        )
    failed = [each for each in outcomes if each.report is None]
    for each in failed:
        note(f"failed: {each.trial.source.file}: {each.reason}")
    if as_json:
        write_json({"kept": str(kept), "trials": len(outcomes), "failed": len(failed)})
        return
    write(f"kept      {len(outcomes) - len(failed)} of {len(outcomes)} trials in {kept}")


def _run_cohort(
    pipeline: Pipeline, elsewhere: Callable[[Path], AbstractContextManager[Pool]] | None
) -> PipelineResult:
    from neuropose.study import run_pipeline

    with ExitStack() as shown:
        folder = pipeline.output.report.absolute().parent
        pool = None if elsewhere is None else shown.enter_context(elsewhere(folder))
        progress, permuting = shown.enter_context(trial_progress()), None
        if pipeline.analysis.classification is not None:
            bar = frame_progress("permutations", unit="permutations")
            permuting = shown.enter_context(bar)
        return run_pipeline(
            pipeline, workers=pool, progress=progress, permuting=permuting, chosen=note_columns
        )


def _check_output(pipeline: Pipeline, inputs: Sequence[Path], *, force: bool) -> None:
    from neuropose.classify.classifier import CARD_FILE

    for path in _outputs(pipeline):
        is_model = path == pipeline.output.model
        is_there = (path / CARD_FILE).exists() if is_model and path.is_dir() else path.exists()
        if path.exists() and any(each.exists() and path.samefile(each) for each in inputs):
            raise OutputError(f"{path} is an input", hint="write elsewhere")
        if is_there and (path.is_dir() is not is_model or not force):
            raise OutputError(
                f"{path} is already there",
                hint="--force overwrites it, --set output.report=FILE writes elsewhere",
            )


def _outputs(pipeline: Pipeline) -> list[Path]:
    output = pipeline.output
    return [path for name in type(output).model_fields if (path := getattr(output, name))]


def _show_plan(pipeline: Pipeline, recordings: Sequence[Path], *, as_json: bool) -> None:
    missing = [path for path in recordings if not path.is_file()]
    if as_json:
        trials = len(recordings) or None
        plan = {"pipeline": pipeline.model_dump(mode="json"), "trials": trials}
        write_json(plan | {"missing": [str(path) for path in missing]})
        _refuse_none(recordings, missing)
        return
    analysis = pipeline.analysis
    what = [
        *(["features"] if analysis.features else []),
        *(each.task for each in analysis.measures),
        *(["curves"] if analysis.curves else []),
        *(["dtw"] if analysis.dtw is not None else []),
        *(["statistics"] if analysis.statistics is not None else []),
        *(["classification"] if analysis.classification is not None else []),
    ]
    inputs = pipeline.inputs
    if inputs.primary is not None:
        write(f"input     {inputs.primary.file}")
    else:
        write(f"input     {counted(len(recordings), 'recording')}")
    if inputs.reference is not None:
        write(f"reference {inputs.reference.file}")
    write(f"segments  {pipeline.segmentation.kind.replace('_', ' ')}")
    write(f"analysis  {', '.join(what) or 'none'}")
    for path in _outputs(pipeline):
        write(f"output    {path}")
    _refuse_none(recordings, missing)
    write("the configuration is valid; nothing was run")
    if missing:
        note(
            f"warning: {len(missing)} of {len(recordings)} recordings are not there: {missing[0]} …"
        )


def _refuse_none(recordings: Sequence[Path], missing: Sequence[Path]) -> None:
    if missing and len(missing) == len(recordings):
        raise FileMissingError(
            f"none of {counted(len(recordings), 'recording')} is there: {missing[0]} …",
            hint="files are relative to the folder of the table",
        )


def _show(
    pipeline: Pipeline, result: PipelineResult, written: Sequence[Path], *, as_json: bool
) -> None:
    from neuropose.cli.render.report_table import report_lines

    failed = [each for each in result.outcomes if each.report is None]
    resumed = sum(each.resumed for each in result.outcomes)
    if as_json:
        summary: dict[str, Any] = {
            "outputs": [str(path) for path in _outputs(pipeline) if path in written],
            "trials": len(result.outcomes) or None,
            "resumed": resumed,
            "failed": [
                {"file": str(each.trial.source.file), "reason": each.reason} for each in failed
            ],
        }
        write_json(summary | {"report": result.report.model_dump(mode="json")})
        return
    for line in report_lines(result.report, terminal_width()):
        write(line)
    for line in cohort_lines(result.report):
        write(line)
    if result.classifier is not None:
        write("")
        for line in card_lines(result.classifier.card):
            write(line)
    write("")
    if resumed:
        write(f"resumed   {counted(resumed, 'trial')} of an earlier run")
    for path in _outputs(pipeline):
        if path in written:
            write(f"written   {path}")
            continue
        lacking = "classifier" if path == pipeline.output.model else "recording with such a table"
        older = "; what is there is of an earlier run" if path.exists() else ""
        note(f"not written: {path}: there is no {lacking}{older}")
    for each in failed:
        note(f"failed: {each.trial.source.file}: {each.reason}")
