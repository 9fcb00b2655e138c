"""What changes in a record's graphs, as statements and in a person's words.

The words follow the record, not the triples: an author is one thing with a name, an ORCID and a place in the list,
though nine statements say so, and one who is put in at the head of the list changes nobody else.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from loaders.things import Thing, things

PEOPLE = ("author", "editor", "contact", "chief investigator")
Graphs = Mapping[str, Collection[str]]
"""Graph IRI to N-Triples statements without their final dots."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What goes and what comes, each a pair of a graph's IRI and a statement, sorted; and the same in words."""

    removed: tuple[tuple[str, str], ...]
    added: tuple[tuple[str, str], ...]
    words: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.removed or self.added)

    def patch(self) -> str:
        """The change as RDF Patch: lines of N-Quads, `D` before what goes and `A` before what comes."""
        gone = (f"D {statement} <{graph}> .\n" for graph, statement in self.removed)
        come = (f"A {statement} <{graph}> .\n" for graph, statement in self.added)
        return "".join((*gone, *come))


def difference(before: Graphs, after: Graphs, record: str) -> Difference:
    """What changes from the graphs of a record, by its IRI, as they are to those that it would have."""
    old, new = canonical(before), canonical(after)
    removed, added = tuple(sorted(old - new)), tuple(sorted(new - old))
    return Difference(removed, added, tuple(_words(old, new, record)) if removed or added else ())


def canonical(graphs: Graphs) -> set[tuple[str, str]]:
    """Statements as the store writes them: it has its own forms of some literals."""
    store = ox.Store()
    lines = "".join(f"{statement} <{graph}> .\n" for graph, statements in graphs.items() for statement in statements)
    store.load(lines.encode(), format=ox.RdfFormat.N_QUADS)
    found = set()
    for quad in store:
        assert isinstance(quad.graph_name, ox.NamedNode)
        found.add((quad.graph_name.value, str(quad.triple)))
    return found


def _words(old: set[tuple[str, str]], new: set[tuple[str, str]], record: str) -> list[str]:
    was, now = (things([s for _, s in sorted(side)], record, {g for g, _ in side}) for side in (old, new))
    if not was:
        return _whole(now, "added")
    if not now:
        return _whole(was, "removed")
    said: list[str] = []
    for kind in dict.fromkeys(t.kind for t in (*was, *now)):
        said += _of_kind([t for t in was if t.kind == kind], [t for t in now if t.kind == kind])
    if not said:
        return ["nothing that is said of it, only the bytes that say so"]
    return said


def _whole(held: Sequence[Thing], how: str) -> list[str]:
    """A record that comes or goes as a whole: its things, without what they say."""
    return [f"{thing.title} {how}{_called(thing)}" for thing in held if thing.kind != "provenance"]


def _of_kind(was: list[Thing], now: list[Thing]) -> list[str]:
    pairs, gone, come = _matched(was, now)
    said: list[str] = []
    for before, after in pairs:
        said += _facts(before, after)
    places = [now.index(after) for _, after in pairs]
    if places != sorted(places) and was[0].kind in PEOPLE:
        order = " → ".join("; ".join(t.name for t in side) for side in (was, now))
        said.append(f"order of {was[0].kind}s: {order}")
    said += [f"{thing.title} removed{_called(thing)}" for thing in gone]
    said += [f"{thing.title} added{_called(thing)}" for thing in come]
    return said


def _matched(was: list[Thing], now: list[Thing]) -> tuple[list[tuple[Thing, Thing]], list[Thing], list[Thing]]:
    """Which thing became which: by identity, and people whose names changed by their place."""
    left = {t.identity: t for t in was}
    pairs = [(left.pop(t.identity), t) for t in now if t.identity in left]
    paired = {id(t) for pair in pairs for t in pair}
    places = {t.title: t for t in left.values() if t.kind in PEOPLE and len(was) == len(now)}
    for thing in now:
        if id(thing) not in paired and (before := places.get(thing.title)):
            pairs.append((left.pop(before.identity), thing))
            paired.add(id(thing))
    pairs.sort(key=lambda pair: was.index(pair[0]))
    return pairs, list(left.values()), [t for t in now if id(t) not in paired]


def _facts(before: Thing, after: Thing) -> Iterable[str]:
    of = "" if before.main else f"{after.title}{f' ({after.name})' if after.name else ''}: "
    for label in dict.fromkeys((*before.facts, *after.facts)):
        old, new = before.facts.get(label, ()), after.facts.get(label, ())
        gone, come = [v for v in old if v not in new], [v for v in new if v not in old]
        if len(gone) == len(come) == 1:
            yield f"{of}{label}: {gone[0]} → {come[0]}"
        else:
            yield from (f"{of}{label} removed: {value}" for value in gone)
            yield from (f"{of}{label} added: {value}" for value in come)


def _called(thing: Thing) -> str:
    told = [thing.name] if thing.name else []
    if thing.kind in PEOPLE:
        told += [", ".join(values) for label, values in thing.facts.items() if label in ("ORCID", "member of")]
    return f": {'; '.join(told)}" if told else ""


def shortened(text: str, most: int = 300) -> str:
    """A text for one line of a terminal.

    >>> shortened("a\\n b"), shortened("abcdef", 4)
    ('a b', 'abc…')
    """
    line = re.sub(r"\s+", " ", text)
    return line if len(line) <= most else line[: most - 1] + "…"
