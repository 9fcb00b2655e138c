"""The graph as it is stored, snapshotted, written and read, here or in another engine."""
