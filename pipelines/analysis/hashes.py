"""Hashes of rows, by which a step tells what it has computed before."""

from collections.abc import Hashable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Rows = NDArray[np.uint64]


def hash_rows(frame: pd.DataFrame) -> Rows:
    """A hash of each row's values, (rows,)."""
    return np.asarray(pd.util.hash_pandas_object(frame, index=False).to_numpy(np.uint64))


def summed(keys: pd.MultiIndex | pd.Series, hashes: Rows) -> dict[Hashable, int]:
    """Hashes of the rows of each key, in whatever order: their sum, modulo 2^64."""
    groups, names = pd.factorize(keys)
    found = np.zeros(len(names), np.uint64)
    np.add.at(found, groups[groups >= 0], hashes[groups >= 0])
    return dict(zip(names, map(int, found), strict=True))
