"""For the server that `tests.killing` forks its processes from: what takes long to read is read once, here."""

from importlib import import_module

from loaders.linking.affiliations import matcher
from loaders.prepare import annotator

for name in ("loaders.sources", "service.cli.workspace", "tests.test_durability"):
    import_module(name)
matcher()
annotator(None)
