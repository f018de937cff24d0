"""Scores of the backtest's forecasts, and the default model as it was known at each launch."""

from typing import Any

import pandas as pd

from pipelines.analysis.backtest import FORECASTS, scores, with_default
from pipelines.analysis.windows import WINDOWS, PastLaunches

READS = WINDOWS | {
    "forecasts": (
        f"select {', '.join(FORECASTS)} from analysis.model_forecasts "
        "order by cadence, scheme desc, origin, model, product"
    )
}


def compute(forecasts: pd.DataFrame, **launches: Any) -> dict[str, pd.DataFrame]:
    """Tables `backtest_forecasts` and `backtest_scores`."""
    found = with_default(forecasts, PastLaunches(**launches))
    return {"backtest_forecasts": found, "backtest_scores": scores(found)}
