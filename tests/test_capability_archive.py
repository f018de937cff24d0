"""On the inputs of Epoch's own index, the fit ranks models as the published index does."""

import runpy
from pathlib import Path

import pytest

from pipelines.analysis.capability import estimate
from pipelines.settings import PROJECT


@pytest.mark.archive
def test_the_fit_agrees_with_the_published_index(archive: Path) -> None:
    """0.97 is what resampling Epoch's rows leaves of the rank correlation: its noise ceiling."""
    benchmark = runpy.run_path(str(PROJECT / "benchmarks" / "capability.py"))
    scores = benchmark["epoch_scores"](archive)
    assert (len(scores), scores["model"].nunique(), scores["benchmark"].nunique()) == (
        1324,
        179,
        38,
    )
    spearman, versions = benchmark["against_index"](archive, estimate(scores))
    assert versions > 130
    assert spearman >= 0.97
