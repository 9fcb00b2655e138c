"""Files that are still there after the power fails."""

import os
from pathlib import Path


def sync(place: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
