"""What of the running service reaches the loaders: the archive of raw bytes behind the records."""

from loaders.archive import Archive
from service.settings import Settings


def archive(settings: Settings) -> Archive:
    """The archive of the data folder. Its reader closes it."""
    return Archive(settings.data / "archive.sqlite")
