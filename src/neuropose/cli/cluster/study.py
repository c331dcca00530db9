"""``neuropose study submit``: a cohort as jobs of SLURM; and the workers of a cluster."""

from __future__ import annotations

import secrets
import shlex
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import session, write, write_json
from neuropose.cli._estimating import JsonOption
from neuropose.errors import ClusterError, OutputError

if TYPE_CHECKING:
    from neuropose.config import ClusterSettings
    from neuropose.cores import Pool

_SUBMITTING_S = 60.0


def study_pool(context: typer.Context, shared: Path) -> AbstractContextManager[Pool]:
    """Open the workers that the settings name, without a model.

    Parameters
    ----------
    context : Context
    shared : Path
        A folder that they must see.

    Returns
    -------
    context manager of Pool
    """
    from neuropose.interfacer.cluster import opened_pool

    return opened_pool(session(context).settings(), shared, f"neuropose-{secrets.token_hex(4)}")


def submit(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The pipeline of a cohort, YAML.")],
    tasks: Annotated[
        int, typer.Option(min=1, metavar="N", help="In how many parts, each a task of the array.")
    ] = 10,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write the scripts, submit nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite results that are already there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Submit a cohort to SLURM: an array of jobs for its trials, and one for the report after them.

    Nothing stays running on this machine. Queue, time and cores are those of the settings' cluster.
    """
    from neuropose.config import ClusterSettings
    from neuropose.study import cohort_trials, load_pipeline

    pipeline = load_pipeline(file, [])
    trials = cohort_trials(pipeline)
    if not trials:
        raise typer.BadParameter("this pipeline has one recording: neuropose study run")
    if pipeline.output.report.exists() and not force:
        raise OutputError(
            f"{pipeline.output.report} is already there", hint="--force overwrites it"
        )
    settings = session(context).settings().cluster or ClusterSettings()
    parts = min(tasks, len(trials))
    run = [str(settings.python or sys.executable), "-P", "-m", "neuropose", "study", "run"]
    own = [*run, str(file.absolute())]
    scripts = {
        file.absolute().with_suffix(".trials.sbatch"): array_script(
            settings, [*own, "--part"], parts
        ),
        file.absolute().with_suffix(".report.sbatch"): array_script(
            settings, [*own, *(["--force"] if force else [])], None
        ),
    }
    for path, text in scripts.items():
        path.write_text(text, encoding="utf-8")
    trials_script, report_script = scripts
    numbers: list[str] = []
    if not dry_run:
        numbers.append(_sbatch([str(trials_script)]))
        # A trial that fails is in the report, with its reason.
        numbers.append(_sbatch([f"--dependency=afterany:{numbers[0]}", str(report_script)]))
    if as_json:
        write_json({"scripts": [str(path) for path in scripts], "parts": parts, "jobs": numbers})
        return
    for path in scripts:
        write(f"written   {path}")
    if dry_run:
        write(f"next      sbatch {trials_script}, then sbatch {report_script}")
    else:
        write(f"submitted {parts} parts as job {numbers[0]}, the report as job {numbers[1]}")


def array_script(settings: ClusterSettings, command: list[str], parts: int | None) -> str:
    """Return a script for ``sbatch``.

    Parameters
    ----------
    settings : ClusterSettings
        What each task gets.
    command : list of str
        What it runs; the part is appended.
    parts : int or None
        How many tasks there are. None: one, without a part.

    Returns
    -------
    str

    Examples
    --------
    >>> from neuropose.config import ClusterSettings
    >>> print(array_script(ClusterSettings(memory_gb=2), ["neuropose", "--part"], 3))
    #!/bin/sh
    #SBATCH --job-name=neuropose-study
    #SBATCH --cpus-per-task=1
    #SBATCH --mem=2000M
    #SBATCH --array=1-3
    export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
    exec neuropose --part "$SLURM_ARRAY_TASK_ID/3"
    <BLANKLINE>
    """
    cores = settings.cores or 1
    header = {
        "job-name": "neuropose-study",
        "cpus-per-task": cores,
        "mem": f"{settings.memory_gb * 1000:.0f}M",
        "partition": settings.queue,
        "account": settings.account,
        "time": settings.walltime,
        "array": None if parts is None else f"1-{parts}",
    }
    lines = [
        "#!/bin/sh",
        *(f"#SBATCH --{name}={value}" for name, value in header.items() if value is not None),
        *(f"#SBATCH {line}" for line in settings.directives),
        *settings.prologue,
        f"export OMP_NUM_THREADS={cores} OPENBLAS_NUM_THREADS={cores}",
        f"exec {shlex.join(command)}"
        + ("" if parts is None else f' "$SLURM_ARRAY_TASK_ID/{parts}"'),
    ]
    return "\n".join([*lines, ""])


def _sbatch(arguments: list[str]) -> str:
    """Submit a script, and return the number of its job."""
    try:
        done = subprocess.run(
            ["sbatch", "--parsable", *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=_SUBMITTING_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClusterError(
            f"nothing could be submitted: {error}", hint="run this where sbatch works"
        ) from error
    if done.returncode != 0:
        raise ClusterError(
            f"SLURM refuses the job: {' '.join(done.stderr.split())}",
            hint="check queue, account and walltime of cluster in the settings",
        )
    return done.stdout.strip().partition(";")[0]
