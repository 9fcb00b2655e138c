"""Opens the store and the pool that the settings ask for: the embedded engine, or another one over HTTP."""

from service.settings import Settings
from service.store.remote import RemoteStore
from service.store.store import EmbeddedStore, Store
from service.workers.pool import Pool
from service.workers.remote_pool import RemotePool


def open_store(settings: Settings, moving: bool = False) -> Store:
    """The store. `moving`: all of it is to be made anew, so that it may have been in the other place before.

    Raises FolderInUse, BaseMismatch, UnknownFormat, OSError.
    """
    if settings.remote_query:
        return RemoteStore(settings, moving=moving)
    return EmbeddedStore(settings.data, settings.base, settings.default_graph, moving)


def make_pool(settings: Settings) -> Pool:
    """What answers queries; not started."""
    return RemotePool(settings) if settings.remote_query else Pool(settings)
