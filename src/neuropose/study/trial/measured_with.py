"""A mark of the settings that the features and curves of a recording depend on."""

from __future__ import annotations

import hashlib
import json

from neuropose.classify.same_settings import MEASURED_WITH
from neuropose.data import Table
from neuropose.data.report import Column
from neuropose.study.contract.pipeline import Pipeline, Selection

_DIGITS = 12


def measured_with(pipeline: Pipeline) -> str:
    """Return the mark of the settings that features and curves depend on.

    Parameters
    ----------
    pipeline : Pipeline
        The validated pipeline file.

    Returns
    -------
    str
        First 12 hex digits of the SHA-256 of the preparation, the segmentation, the curves in any
        order, and how files are read (see `Selection`), defaults included, as JSON with sorted
        keys. Not of files, tasks, comparisons, statistics, classification and outputs.

    Notes
    -----
    Numbers under the same name mean the same only if their marks are the same. A version of
    NeuroPose with another setting, or another default, gives another mark.
    """
    source = pipeline.inputs.cohort or pipeline.inputs.primary
    assert source is not None  # the contract has one of them
    own = {
        "selection": source.model_dump(mode="json", include=set(Selection.model_fields)),
        "preparation": pipeline.preparation.model_dump(mode="json"),
        # Strides are found with the preparation of the pipeline, whatever is written here.
        "segmentation": pipeline.segmentation.model_dump(
            mode="json", exclude={"settings": {"preparation"}}
        ),
        "curves": sorted(pipeline.analysis.curves),
    }
    canonical = json.dumps(own, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGITS]


def marked(table: Table, mark: str) -> Table:
    """Write the mark of the settings into each row.

    Parameters
    ----------
    table : Table
        Table of a report.
    mark : str
        Of `measured_with`.

    Returns
    -------
    Table
        With the column ``measured_with``, the last one.
    """
    return Table(
        columns=(*table.columns, Column(name=MEASURED_WITH)),
        rows=tuple((*row, mark) for row in table.rows),
    )
