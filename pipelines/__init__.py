"""Bellwether: market intelligence for the model-API market, on evidence."""

import os

# Must stand before numpy is loaded. The fits' matrices are small: on a busy machine of two cores,
# BLAS threads that wait for each other take eight times as long (13.5 s against 1.6 s).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
