"""Items out of the tables, kept while an update is at work."""

from collections.abc import Iterable

import orjson

from loaders.linking.resolvers import RESOLVERS
from loaders.linking.tables import Tables
from loaders.linking.things import Document, Node, document

_KEPT = 10_000  # nodes in memory, some 5 KB each, beside those of one load


class Nodes:
    """A cache. What was loaded last is there until the next `load`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._nodes: dict[int, Node] = {}
        self._documents: dict[int, Document] = {}

    def __getitem__(self, item: int) -> Node:
        return self._nodes[item]

    def clear(self) -> None:
        self._nodes.clear()
        self._documents.clear()

    def load(self, items: Iterable[int]) -> None:
        """Makes sure that these items are there."""
        wanted = set(items)
        missing = wanted.difference(self._nodes)
        if not missing:
            return
        if len(self._nodes) > _KEPT:
            self.clear()
            missing = wanted
        rows = list(self._tables.items(missing))
        unread = {row[5] for row in rows if row[5] not in self._documents}
        for number, said in self._tables.documents(unread):
            self._documents[number] = document(orjson.loads(said))
        for number, kind, iri, label, traits, record in rows:
            read = RESOLVERS[kind].read(orjson.loads(traits))
            self._nodes[number] = Node(number, kind, iri, label, read, self._documents[record])
