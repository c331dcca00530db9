"""Comparisons of groups and sessions of a cohort, and classification of groups."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from neuropose.classify import MODELS, ClassifierSettings
from neuropose.classify.models import candidates
from neuropose.data.metadata import Contract
from neuropose.errors import FeatureTableError, did_you_mean
from neuropose.features import FEATURES

_Name = Annotated[str, Field(min_length=1)]
_Two = tuple[_Name, _Name]


class Repeated(NamedTuple):
    """Two levels of what every subject has several of.

    Parameters
    ----------
    column : {"session", "condition"}
        Column of the cohort's table.
    first, second : str
        Two of its values; the difference is second − first.
    """

    column: Literal["session", "condition"]
    first: _Name
    second: _Name

    @property
    def levels(self) -> tuple[str, str]:
        """Both levels."""
        return self.first, self.second


_COLUMNS = {*FEATURES, *(each.spread_column for each in FEATURES.values())}


class Statistics(Contract):
    """How groups and sessions of a cohort are compared; subjects count, not trials.

    Parameters
    ----------
    groups : list of two str, or null
        Two values of the column ``group`` for a permutation test and Hedges' g of the first against
        the second.
    reliability : {"2,1", "3,1"} or null
        Form of the intraclass correlation between the sessions: those of `sessions`, or else of
        `agreement`, or else all of the table.
    agreement : list of two str, or null
        Two values of the column ``session`` for bias and limits of agreement of the first against
        the second.
    sessions : list of two str, or null
        Two values of the column ``session``: the second against the first, subject by subject.
    conditions : list of two str, or null
        Two values of the column ``condition``, likewise. With `groups`, the groups' changes are
        compared too.
    mixed_models : bool
        Whether `sessions` and `conditions` (and `groups`) are also compared by a linear mixed
        model, in which subjects who lack one of two levels count too. It needs statsmodels (extra
        ``mixed``).
    features : list of str
        Columns that are compared.
    measures : list of str
        Measures of the trials' reports (``gait_cadence``) that are compared.
    curves : bool
        Whether the mean curves of `groups` are compared as well.
    adjustment : {"holm", "benjamini-hochberg"}
        Adjustment of the p-values for multiple testing, separately for features and curves.
    permutations : int
        Number of random labellings.
    seed : int
        Seed of the permutations.
    """

    groups: _Two | None = None
    reliability: Literal["2,1", "3,1"] | None = None
    agreement: _Two | None = None
    sessions: _Two | None = None
    conditions: _Two | None = None
    mixed_models: bool = False
    features: tuple[_Name, ...] = ()
    measures: tuple[_Name, ...] = ()
    curves: bool = False
    adjustment: Literal["holm", "benjamini-hochberg"] = "holm"
    permutations: Annotated[int, Field(ge=99)] = 9999
    seed: Annotated[int, Field(ge=0)] = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Features and measures that are compared."""
        return (*self.features, *self.measures)

    @property
    def repeated(self) -> tuple[Repeated, ...]:
        """Pairs of levels that are compared subject by subject."""
        pairs: tuple[tuple[Literal["session", "condition"], _Two | None], ...] = (
            ("session", self.sessions),
            ("condition", self.conditions),
        )
        return tuple(
            Repeated(column=column, first=pair[0], second=pair[1])
            for column, pair in pairs
            if pair is not None
        )

    @model_validator(mode="after")
    def _check(self) -> Self:
        of_features = (
            self.reliability is not None or self.agreement is not None or bool(self.repeated)
        )
        if self.groups is None and not of_features:
            raise ValueError("give groups, reliability, agreement, sessions or conditions")
        for what, pair in (
            ("group", self.groups),
            ("session", self.agreement),
            ("session", self.sessions),
            ("condition", self.conditions),
        ):
            if pair is not None and pair[0] == pair[1]:
                raise ValueError(f"a {what} cannot be compared with itself")
        if self.mixed_models and not self.repeated:
            raise ValueError("mixed_models are of sessions or conditions: give two")
        if self.curves and self.groups is None:
            raise ValueError("curves are those of groups: give two")
        if not self.names and (of_features or not self.curves):
            raise ValueError("features is missing: name the columns that are compared")
        if len(set(self.measures)) < len(self.measures):
            raise ValueError("a measure is there twice")
        _check_columns(self.features)
        return self


class Classification(ClassifierSettings):
    """How groups of a cohort are classified: `ClassifierSettings`, groups and features.

    Parameters
    ----------
    groups : list of str, or null
        Values of the column ``group``; recordings of other groups are left out. Null: all.
    features : list of str, or null
        Columns, for the models that take features. Null: all that every recording has, or, with
        `missing` at ``median``, half of them.

    Notes
    -----
    A recording is one trial: its means and standard deviations over the segments that count, or,
    for ``knn-dtw`` and ``minirocket``, its mean curves.
    """

    groups: Annotated[tuple[_Name, ...], Field(min_length=2)] | None = None
    features: Annotated[tuple[_Name, ...], Field(min_length=1)] | None = None

    @property
    def of_curves(self) -> bool:
        """Whether the model takes curves instead of features."""
        return "features" not in MODELS[self.model].kinds

    def settings(self) -> ClassifierSettings:
        """Return these settings in the form of `neuropose.classify`.

        Returns
        -------
        ClassifierSettings
        """
        return ClassifierSettings(
            **{name: getattr(self, name) for name in ClassifierSettings.model_fields}
        )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.groups is not None and len(set(self.groups)) < len(self.groups):
            raise ValueError("a group is there twice")
        if self.features is not None and self.of_curves:
            raise ValueError(f"features: {self.model} takes the mean curves")
        _check_columns(self.features or ())
        try:
            candidates(self.settings())
        except FeatureTableError as error:
            raise ValueError(f"parameters: {error.message}; {error.hint}") from None
        return self


def _check_columns(names: tuple[str, ...]) -> None:
    wrong = [name for name in names if name not in _COLUMNS]
    if wrong:
        meant = did_you_mean(
            wrong[0], sorted(_COLUMNS), instead="none has a similar name", most=3, cutoff=0.5
        )
        raise ValueError(f"there is no feature {wrong[0]!r}; {meant}")
    if len(set(names)) < len(names):  # it would be adjusted for, or weigh, twice
        raise ValueError("a feature is there twice")
