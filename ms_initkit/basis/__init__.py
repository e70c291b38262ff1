"""What every room stands on, and what Python might have brought along: records, and the collector paused."""
