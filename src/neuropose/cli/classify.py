"""``neuropose classify``: classifiers over features or curves, validated by subject."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import WholeSentences, frame_progress, note, write, write_json
from neuropose.cli._estimating import JsonOption
from neuropose.cli.render.classification import card_lines, note_columns
from neuropose.cores import available_cores
from neuropose.errors import FeatureTableError, OutputError
from neuropose.grammar import counted

if TYPE_CHECKING:
    from neuropose.classify import ModelCard, Predictions, TableColumns, Trials
    from neuropose.classify.trials import Kind

app = typer.Typer(
    cls=WholeSentences,
    help="Train classifiers on features or curves, validated by subject, and use them.",
    epilog="Example: neuropose classify predict model/ new.csv --output predicted.csv",
    rich_markup_mode=None,
)

_MODELS = ("logistic", "forest", "svm", "knn-dtw", "minirocket")
_VALIDATIONS = ("group-k-fold", "leave-one-subject-out", "k-fold")
_WEIGHTS = ("balanced", "none")
_FILLINGS = ("raise", "median")
_HOLDS: dict[Kind, str] = {
    "features": "features: one row a trial",
    "distances": "distances: one row a trial, columns named like trials",
    "series": "series: several rows a trial, one a sample",
}

_Folder = Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of the classifier.")]
_Features = Annotated[
    Path,
    typer.Argument(
        metavar="FEATURES.csv",
        help="One row a trial, one column a feature; of curves one row a sample, one column a "
        "channel.",
    ),
]
_Workers = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="CPU cores, all by default; does not change the result."),
]


@app.command(
    epilog="Example: neuropose classify train features.csv --label group --subject subject "
    "--model logistic --output model/"
)
def train(
    features: _Features,
    label: Annotated[str, typer.Option(metavar="COLUMN", help="Group of each trial.")],
    subject: Annotated[str, typer.Option(metavar="COLUMN", help="Whose each trial is.")],
    model: Annotated[str, typer.Option(metavar="|".join(_MODELS), help="Which classifier.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="MODEL", help="Folder to write into.")
    ],
    trial: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Name of each trial; for knn-dtw and minirocket. knn-dtw takes curves (several "
            "rows a trial) or distances (one row a trial, columns named like trials).",
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Is no feature; repeat for more.")
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Is a feature; repeat for more. Default: every column that can be one. Never "
            "identifiers, counters, files and constants.",
        ),
    ] = None,
    validation: Annotated[
        str, typer.Option(metavar="|".join(_VALIDATIONS), help="How folds are made.")
    ] = "group-k-fold",
    folds: Annotated[int, typer.Option(min=2, metavar="N", help="Of the validation.")] = 5,
    missing: Annotated[
        str, typer.Option(metavar="|".join(_FILLINGS), help="Missing features.")
    ] = "raise",
    class_weight: Annotated[
        str, typer.Option(metavar="|".join(_WEIGHTS), help="Whether groups weigh the same.")
    ] = "balanced",
    permutations: Annotated[
        int, typer.Option(min=0, metavar="N", help="For the p-value; 0: none.")
    ] = 199,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of all that is drawn.")] = 0,
    workers: _Workers = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a classifier that is there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Validate a classifier by subject, train it on all trials, and save it with its card."""
    from neuropose.classify import (
        MODELS,
        ClassifierSettings,
        TableColumns,
        save_classifier,
    )
    from neuropose.classify import train as train_classifier
    from neuropose.classify.classifier import CARD_FILE

    for value, known in (
        (model, _MODELS),
        (validation, _VALIDATIONS),
        (missing, _FILLINGS),
        (class_weight, _WEIGHTS),
    ):
        if value not in known:
            raise typer.BadParameter(f"{value!r} is none of {', '.join(known)}")
    if (output / CARD_FILE).exists() and not force:
        raise OutputError(
            f"{output} holds a classifier already", hint="choose another folder, or --force"
        )
    settings = ClassifierSettings.model_validate(
        {
            "model": model,
            "validation": validation,
            "folds": folds,
            "missing": missing,
            "class_weight": class_weight,
            "permutations": permutations,
            "seed": seed,
        }
    )
    columns = TableColumns(subject=subject, label=label, trial=trial, ignored=tuple(ignore or ()))
    trials = _read(features, columns, MODELS[settings.model].kinds, wanted=feature)
    note_columns(trials)
    with ExitStack() as shown:
        classifier = train_classifier(
            trials,
            settings,
            columns=columns,
            workers=workers or available_cores(),
            progress=_in_turn(shown, "permutations", "permutations"),
            pair_progress=_in_turn(shown, "distances", "pairs"),
        )
    save_classifier(output, classifier, replace=force)
    _show(classifier.card, as_json=as_json)


@app.command(epilog="Example: neuropose classify predict model/ new.csv --output predicted.csv")
def predict(
    model: _Folder,
    features: _Features,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="CSV; default: standard output."),
    ] = None,
    workers: _Workers = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Predict the group of trials with the features that a classifier was trained on."""
    from neuropose.classify import load_classifier
    from neuropose.io.atomic import write_atomically

    if output is not None and output.exists() and not force:
        raise OutputError(f"{output} is there already", hint="choose another name, or --force")
    classifier = load_classifier(model)
    columns = classifier.card.columns
    if columns is None:
        raise FeatureTableError(
            "the classifier was not trained on a table",
            hint="use it from Python: load_classifier(folder).predict(trials)",
        )
    trials = _read_new(features, classifier.card, columns)
    with ExitStack() as shown:
        predictions = classifier.predict(
            trials,
            workers=workers or available_cores(),
            progress=_in_turn(shown, "distances", "pairs"),
        )
    for warning in predictions.warnings:
        note(f"warning: {warning}")
    if as_json:
        write_json(predictions.model_dump(mode="json"))
    if output is not None:
        write_atomically(output, [_csv(predictions).encode()])
        note(f"{counted(len(predictions.trials), 'trial')} written to {output}")
    elif not as_json:
        write(_csv(predictions).rstrip("\n"))


@app.command(epilog="Example: neuropose classify report model/")
def report(model: _Folder, as_json: JsonOption = False) -> None:
    """Show the card of a classifier: what it was made from, and how well it does."""
    from neuropose.classify import load_card

    _show(load_card(model), as_json=as_json)


def _in_turn(shown: ExitStack, label: str, unit: str) -> Callable[[int, int], None]:
    """Show progress from its first step on, in the place of what was shown before."""
    show = None

    def step(done: int, total: int) -> None:
        nonlocal show
        if show is None:
            shown.close()
            show = shown.enter_context(frame_progress(label, unit=unit))
        show(done, total)

    return step


def _read(
    path: Path, columns: TableColumns, kinds: Sequence[Kind], *, wanted: Sequence[str] | None
) -> Trials:
    """Take trials to train on out of a file."""
    from neuropose.classify import kind_of_table, trials_from_table
    from neuropose.classify.same_settings import MEASURED_WITH
    from neuropose.io.feature_tables import read_table

    roles = [columns.subject, columns.label, *([columns.trial] if columns.trial else [])]
    table = read_table(path, text=[*roles, *columns.ignored, MEASURED_WITH])
    kind = kind_of_table(
        table,
        kinds,
        trial=columns.trial,
        roles=[columns.subject, columns.label, *columns.ignored],
    )
    if len(kinds) > 1:
        note(f"the table holds {_HOLDS[kind]}")
    return trials_from_table(
        table,
        subject=columns.subject,
        label=columns.label,
        trial=columns.trial,
        kind=kind,
        ignore=columns.ignored,
        features=wanted,
    )


def _read_new(path: Path, card: ModelCard, columns: TableColumns) -> Trials:
    """Take trials to be predicted out of a file; their group may be there, and is not looked at."""
    from neuropose.classify import trials_from_table
    from neuropose.classify.same_settings import MEASURED_WITH
    from neuropose.io.feature_tables import read_table

    roles = [columns.subject, *([columns.trial] if columns.trial else [])]
    known = dict.fromkeys([columns.label, *columns.ignored, *card.left_out])
    others = [name for name in known if name != MEASURED_WITH]
    table = read_table(path, text=[*roles, *others, MEASURED_WITH])
    return trials_from_table(
        table,
        subject=columns.subject,
        label=None,
        trial=columns.trial,
        kind=card.kind,
        ignore=[name for name in others if name in table.columns and name not in roles],
    )


def _show(card: ModelCard, *, as_json: bool) -> None:
    if as_json:
        write_json(card.model_dump(mode="json"))
        return
    for line in card_lines(card):
        write(line)
    for warning in card.report.warnings:
        note(f"warning: {warning}")


def _csv(predictions: Predictions) -> str:
    kind = "probability" if predictions.probabilities else "score"
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["trial", "subject", "predicted", *(f"{kind}_{c}" for c in predictions.classes)])
    for each in predictions.trials:
        rows.writerow([each.trial, each.subject, each.predicted, *map(repr, each.scores)])
    return text.getvalue()
