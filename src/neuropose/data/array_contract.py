"""The base class of contracts that hold arrays."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Self, TypeVar

import numpy as np

from neuropose.data.metadata import Contract

_ContractT = TypeVar("_ContractT", bound=Contract)


class ArrayContract(Contract):
    """A contract that holds arrays: compared by value, and read-only in every copy too."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(_same(mine, getattr(other, name)) for name, mine in self._values().items())

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return (_make, (type(self), self._values()))

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return _make(type(self), copy.deepcopy(self._values(), memo))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with some fields replaced and validated.

        Parameters
        ----------
        update : mapping of str to value, optional
            Fields to replace.
        deep : bool
            Also copy mappings. Arrays are read-only, so they never need to be copied.

        Returns
        -------
        Same class
            The validated copy.

        Raises
        ------
        pydantic.ValidationError
            If the new values are invalid.
        """
        values = {**self._values(), **(update or {})}
        return _make(type(self), copy.deepcopy(values) if deep else values)

    def _values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields}


def _make(contract: type[_ContractT], values: dict[str, Any]) -> _ContractT:
    return contract(**values)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return bool(one == other)
