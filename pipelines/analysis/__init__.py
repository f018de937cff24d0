"""What SQL cannot compute: pure functions on frames, wrapped as tables by their SQL files."""

#: Coverage that every interval of the analysis claims.
INTERVAL = 0.8
