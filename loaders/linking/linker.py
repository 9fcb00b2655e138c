"""The linker: keeps the resolution graph right while records come and go.

Things that share a block are compared; what scores high enough is linked; connected things make clusters. What
a change can reach is worked out anew: the blocks of the records that changed and the components around their
links. So the outcome follows from the records alone, not from the order in which they came.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from heapq import heappop, heappush
from pathlib import Path

import orjson

from loaders.linking import reading, registry
from loaders.linking.decisions import KINDS, Decision, Standing, Verdict, standing
from loaders.linking.keyed import Organisations
from loaders.linking.nodes import Nodes
from loaders.linking.output import Delta, Output
from loaders.linking.pairing import CANDIDATE, Pairing
from loaders.linking.reading import Reader, Reading
from loaders.linking.resolvers import ORGANISATION, RESOLVERS
from loaders.linking.settling import Settling
from loaders.linking.statements import Mapping
from loaders.linking.tables import BY_NAME, VERSION, Tables
from loaders.record import Record
from ontology.iris import Iris

MAPPED = 4 << 30
"""Bytes of the tables that are mapped while a few records are linked."""
AT_ONCE = 5000
"""Items whose components are settled at a time where they were put off: some 100,000 statements."""


class Linker:
    """Resolves persons, organisations, works and studies.

    `path` is the file of its working tables; None keeps them in memory. `decisions` are all that people ever
    decided, in the order in which they did, or what gives them whenever it is asked; None leaves those that stand in
    the tables.
    """

    def __init__(
        self,
        path: Path | None,
        iris: Iris,
        decisions: Sequence[Decision] | Callable[[], Sequence[Decision]] | None = None,
    ) -> None:
        self.iris = iris
        self._tables = Tables(path)
        self._decisions = (lambda: decisions) if isinstance(decisions, Sequence) else decisions
        self._nodes = Nodes(self._tables)
        self._output = Output(self._tables, iris)
        self._pairing = Pairing(self._tables, self._nodes)
        self._settling = Settling(self._tables, self._nodes, self._output, iris)
        self._organisations = Organisations(self._tables, self._output, iris)

    @property
    def empty(self) -> bool:
        """Whether the tables hold nothing: they are new, or were lost."""
        return self._tables.setting("made") is None

    @property
    def holds(self) -> bool:
        """Whether there is anything that a graph follows."""
        return self._output.any

    @property
    def stale(self) -> bool:
        """Whether the tables were made by another version of the linker, with another register of organisations or for
        another base: `rebuild` is due.
        """
        made = self._tables.setting("made")
        return made is not None and made != self._made

    @property
    def behind(self) -> bool:
        """Whether people decided something that no update has seen to yet."""
        return self._decisions is not None and standing(self._decisions()) != standing(self._stored())

    @property
    def _made(self) -> str:
        return f"{VERSION} {registry.edition()} {self.iris.base}"

    @property
    def reader(self) -> Reader:
        """What makes ready, in whatever process, the records that `update` takes."""
        return Reader(self.iris.base, registry.CHOSEN, registry.edition())

    def update(
        self,
        changed: Sequence[Record | Reading],
        removed: Sequence[tuple[str, str]] = (),
        decisions: Sequence[Decision] | None = None,
        *,
        put_off: bool = False,
    ) -> Delta:
        """What changes in the resolution graph when these records come, come anew, or go.

        It counts once `commit` is called; another `update` before that takes it back first. Records may have been read
        before, in other processes (`reader`). One to be removed that is not known is passed over. `decisions` are
        all of them, as in the constructor. Where it is `put_off` who is one with whom waits for `settle`: of many
        updates in a row each would work out again much of what the one before it did.
        """
        self._tables.map(0 if put_off else MAPPED)
        self._begin()
        self._tables.set("made", self._made)
        redecided, decided = self._decide(decisions)
        seeds = self._exchange(changed, removed, redecided, decided)
        if put_off:
            self._tables.put_off(seeds)
        else:
            self._settling.settle(seeds, decided)
        return self._end()

    @property
    def unsettled(self) -> bool:
        """Whether updates have put something off."""
        return bool(self._tables.due(1))

    def settle(self) -> Delta:
        """What changes in the resolution graph when a part of what updates put off is worked out. Counts once `commit`
        is called; to be called as long as anything is `unsettled`.
        """
        self._begin()
        reached = self._settling.settle(self._tables.due(AT_ONCE), standing(self._stored()))
        self._tables.settled(reached)
        return self._end()

    def clear(self) -> None:
        """Forgets everything but what people decided: every record is to be linked again, in an empty graph."""
        self._begin()
        decisions = self._tables.setting("decisions")
        self._tables.clear()
        self._tables.set("made", self._made)
        if decisions is not None:
            self._tables.set("decisions", decisions)
        self._tables.commit()

    def explain(self, left: str, right: str) -> Mapping | None:
        """What is held of two nodes (IRIs of one kind) and why, whether or not the graph has a mapping of them.

        None where either is unknown or they are of two kinds. The status says whether they stand in one cluster; then
        the score is that of the two, or of the weakest link on the surest way from one to the other where that is
        more. Of organisations there are no scores of pairs.
        """
        nodes: dict[str, list[int]] = {left: [], right: []}
        kinds: set[int] = set()
        for item, kind, iri, _ in self._tables.of_nodes(nodes):
            nodes[iri].append(item)
            kinds.add(kind)
        if len(kinds) != 1 or kinds == {ORGANISATION} or not all(nodes.values()):
            return None
        resolver = RESOLVERS[kinds.pop()]
        self._nodes.load(nodes[left] + nodes[right])
        pairs = [(self._nodes[one], self._nodes[other]) for one in nodes[left] for other in nodes[right]]
        one, other = max(pairs, key=lambda pair: (resolver.score(*pair), pair[0].document.record))
        reasons, justification = resolver.reasons(one, other)
        score = resolver.score(one, other)
        together = self._tables.home(left) == self._tables.home(right)
        if together and score < resolver.accept:
            score = max(score, self._way(nodes[left], set(nodes[right])))
        status = "accepted" if together else "candidate" if CANDIDATE <= score < resolver.accept else "rejected"
        first, second = sorted((left, right))
        return Mapping(first, second, resolver.same, score, justification, status, reasons)

    def _way(self, start: Iterable[int], goal: Collection[int]) -> float:
        """How sure the weakest link is on the surest way from one item to another; 0 where there is none."""
        reached: set[int] = set()
        ahead = [(-1.0, item) for item in start]
        while ahead:
            surest, item = heappop(ahead)
            if item in goal:
                return -surest
            if item in reached:
                continue
            reached.add(item)
            query = 'select "left" + "right" - ?1, score from pair where firm and ("left" = ?1 or "right" = ?1)'
            for other, score in self._tables.db.execute(query, (item,)):
                heappush(ahead, (max(surest, -score), other))
        return 0.0

    def kind(self, iri: str) -> str:
        """What a node is, by its word in KINDS; empty where it is not known."""
        number = next((kind for _, kind, _, _ in self._tables.of_nodes([iri])), None)
        return "" if number is None else KINDS[1] if number == ORGANISATION else RESOLVERS[number].name

    def mapping(self, left: str, right: str) -> Mapping | None:
        """What is written of two nodes, in whatever order they are given."""
        query = 'select said from mapping where ("left" = ?1 and "right" = ?2) or ("left" = ?2 and "right" = ?1)'
        row = self._tables.db.execute(query, (left, right)).fetchone()
        return Mapping(**orjson.loads(row[0])) if row else None

    def commit(self) -> None:
        """Makes the last update count. What it changes is kept as `unapplied` until it is `applied`, or until the next
        update counts, for which it must have been.
        """
        self._tables.commit()
        self._tables.map(0)

    @property
    def unapplied(self) -> Delta | None:
        """The difference that the graph may lack: that of the last update that counts, even of an earlier process.

        Of an earlier one's there may be statements among those to come that the graph has.
        """
        return self._output.kept()

    def applied(self) -> None:
        """Notes that the graph has what was `unapplied`, on disk."""
        self._begin()
        self._output.forget()
        self._tables.commit()

    def close(self) -> None:
        """Closes the tables; an update that was not committed never happened."""
        self._tables.rollback()
        self._tables.close()

    def _begin(self) -> None:
        """A transaction; what an update before left behind that was not committed is forgotten."""
        self._tables.begin()
        self._nodes.clear()
        self._output.begin()

    def _end(self) -> Delta:
        self._nodes.clear()
        return self._output.delta()

    def _decide(self, given: Sequence[Decision] | None) -> tuple[set[str], Standing]:
        """The IRIs whose decisions changed since the last update, and what stands."""
        stored = self._stored()
        decisions = given if given is not None else self._decisions() if self._decisions else stored
        was, now = standing(stored), standing(decisions)
        if decisions is not stored:
            self._tables.set("decisions", orjson.dumps(list(decisions)).decode())
        touched = {iri for pair, _ in was.pairs.items() ^ now.pairs.items() for iri in pair}
        touched.update(iri for iri, _ in was.alone.items() ^ now.alone.items())
        touched.update(pair[0] for pair, _ in was.affiliations.items() ^ now.affiliations.items())
        return touched, now

    def _stored(self) -> list[Decision]:
        stored = orjson.loads(self._tables.setting("decisions") or "[]")
        return [Decision(**said | {"verdict": Verdict(said["verdict"])}) for said in stored]

    def _exchange(
        self,
        changed: Iterable[Record | Reading],
        removed: Iterable[tuple[str, str]],
        redecided: set[str],
        decided: Standing,
    ) -> set[int]:
        """Exchanges what the tables hold of records, compares what their blocks now bring together, and settles their
        organisations; the items whose components are to be settled.
        """
        known = self._tables.record
        old = [row[0] for key in removed if (row := known(*key))]
        new: list[Reading] = []
        given = (r if isinstance(r, Reading) else reading.read(r, self.iris) for r in changed)
        for read in {read.record: read for read in given}.values():
            row = known(*read.record)
            if row is None or row[1] != read.mark:
                new.append(read)
                old += [row[0]] if row else []
        gone = list(self._tables.of_records(old))
        keys = {key for _, _, names in gone for key in names}
        keys.update(key for read in new for row in read.rows for key in row.keys.split("\n"))
        compared = [key for key in keys if not _keyed(key)]
        before = self._pairing.before(compared)
        seeds = self._pairing.drop([item for item, _, _ in gone], before)
        for number in old:
            self._tables.remove(number)
        fresh = [item for read in new for item in self._add(read)]
        nodes = {iri for _, iri, _ in gone}
        # who was one with a node that people decided on is worked out anew even where nothing leads there any more
        beside = self._tables.beside(redecided | (nodes & decided.members if nodes else nodes))
        left = list(self._tables.of_nodes(nodes | redecided | beside))
        nodes.difference_update(iri for _, _, iri, _ in left)
        self._output.place(dict.fromkeys(nodes), {})
        for kind in KINDS:
            self._output.map(kind, nodes, [])
        seeds.update(item for item, kind, _, _ in left if kind != ORGANISATION)
        anew = {key for _, _, names in gone for key in names if _keyed(key)}
        anew.update(key for _, kind, _, names in left if kind == ORGANISATION for key in names)
        new_items = [item for kind, item in fresh if kind != ORGANISATION]
        seeds |= self._pairing.after(compared, new_items, before)
        self._organisations.settle([item for kind, item in fresh if kind == ORGANISATION], anew, decided)
        return seeds.union(new_items)

    def _add(self, read: Reading) -> list[tuple[int, int]]:
        """Puts a record into the tables; its items' kinds and ids."""
        added = self._tables.add(read)
        return [(row.kind, item) for item, row in zip(added, read.rows, strict=True)]


def _keyed(key: str) -> bool:
    """Whether a block is one of organisations."""
    return key.startswith(BY_NAME)
