"""Reproducible analyses: a YAML file in, the same report out every time."""

from neuropose.study.cohort.table import CohortTrial, cohort_trials
from neuropose.study.contract.loading import load_pipeline
from neuropose.study.contract.pipeline import Pipeline
from neuropose.study.run import PipelineResult, run_pipeline, save_result, work_folder

__all__ = [
    "CohortTrial",
    "Pipeline",
    "PipelineResult",
    "cohort_trials",
    "load_pipeline",
    "run_pipeline",
    "save_result",
    "work_folder",
]
