"""Standard normals with which SQL draws from the joint posterior of capability."""

import numpy as np
import pandas as pd
from scipy.special import ndtri

from pipelines.analysis.capability import FACTORS

#: Draws (a power of two, for balance), and how many models at a time have draws of their own.
DRAWS, SLOTS, SEED = 128, 256, 20240912

READS: dict[str, str] = {}


def compute() -> dict[str, pd.DataFrame]:
    """Tables `factor_draws` (a row per draw) and `own_draws` (a row per draw and slot).

    Scrambled Sobol points through the inverse of the normal distribution, and their mirror images:
    of two models alike each is ahead in exactly half the draws.
    """
    from scipy.stats import qmc  # takes half a second, and mostly these tables are kept

    points = qmc.Sobol(FACTORS + SLOTS, scramble=True, rng=SEED).random(DRAWS // 2)
    normal = ndtri(np.clip(points, 1e-9, 1 - 1e-9))
    normal = np.concatenate([normal, -normal])
    factors = pd.DataFrame(
        normal[:, :FACTORS], columns=[f"factor_{i + 1}" for i in range(FACTORS)]
    ).assign(draw=np.arange(DRAWS))
    own = pd.DataFrame(
        {
            "draw": np.repeat(np.arange(DRAWS), SLOTS),
            "slot": np.tile(np.arange(1, SLOTS + 1), DRAWS),
            "own": normal[:, FACTORS:].ravel(),
        }
    )
    return {"factor_draws": factors, "own_draws": own}
