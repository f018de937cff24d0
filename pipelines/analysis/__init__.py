"""What SQL cannot compute: pure functions on frames, wrapped as tables by their SQL files."""
