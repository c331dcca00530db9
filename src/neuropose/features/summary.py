"""Features of a trial, as means and spreads of those of its strides or repetitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.features.definitions import FEATURES

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


def summarise_features(table: pd.DataFrame) -> dict[str, float]:
    """Return the mean and the standard deviation of every feature over the rows that count.

    Parameters
    ----------
    table : DataFrame
        Table from `neuropose.features.movement_features`.

    Returns
    -------
    dict of str to float
        By column; the standard deviation as ``NAME_sd_SIDE_UNIT`` (``stride_time_sd_left_s``).
        Rows that count are those of `counted_values`. NaN: no such row has a value, or, for a
        spread, fewer than two.

    Examples
    --------
    >>> import pandas as pd
    >>> times = {"stride_time_left_s": [1.0, 1.2, 9.0], "excluded": [None, None, "turning"]}
    >>> summary = summarise_features(pd.DataFrame({"segment": "stride", "side": "left", **times}))
    >>> round(summary["stride_time_left_s"], 3), round(summary["stride_time_sd_left_s"], 3)
    (1.1, 0.141)
    """
    summary: dict[str, float] = {}
    for column, values in counted_values(table).items():
        spread = float(values.std(ddof=1)) if len(values) > 1 else np.nan
        summary[column] = float(values.mean()) if len(values) else np.nan
        summary[FEATURES[column].spread_column] = spread
    return summary


def counted_values(table: pd.DataFrame) -> dict[str, Array]:
    """Return the values behind the mean and the spread of every feature.

    Parameters
    ----------
    table : DataFrame
        Table from `neuropose.features.movement_features`.

    Returns
    -------
    dict of str to ndarray, shape (N,)
        By column, without NaN. Rows that are ``excluded`` do not count.

    Notes
    -----
    What belongs to one side (``knee_flexion_range_left_deg``) is taken from the strides of that
    foot only, and has no number without them. Strides of the other foot overlap with them in time,
    so they hold the same steps of that leg again. Repetitions and whole trials count for both
    sides. What has no side (``trunk_lean_right_mean_deg``, a symmetry index) is taken from the
    strides of both feet: if there are both, its values are not independent.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"segment": "stride", "side": ["left", "right"], "excluded": None}
    >>> values = counted_values(pd.DataFrame({**rows, "knee_flexion_range_left_deg": [60.0, 61.0]}))
    >>> values["knee_flexion_range_left_deg"]
    array([60.])
    """
    counted = table[table["excluded"].isna()]
    no_stride = (counted["segment"] != "stride").to_numpy()
    values_of: dict[str, Array] = {}
    for column, feature in FEATURES.items():
        if column not in counted:
            continue
        values = counted[column].to_numpy(dtype=np.float64)
        if feature.side is not None:
            values = values[no_stride | (counted["side"] == feature.side).to_numpy(dtype=bool)]
        values_of[column] = values[np.isfinite(values)]
    return values_of
