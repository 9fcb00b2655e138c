"""A person's verdict on a piece of evidence, kept for good."""

import json
from dataclasses import dataclass

from loaders.archive import Archive, Work
from loaders.contracts import RecordKey
from loaders.evidence.corrections import UNDO, Correction, correction, in_force
from loaders.names import signed
from loaders.prepare import Recipe, annotated, annotator, read
from loaders.record import Unreadable, Withdrawn


def correct(
    archive: Archive, recipe: Recipe, key: RecordKey, name: str, verdict: str, direction: str | None, person: str
) -> tuple[Correction, Work]:
    """Keep a verdict on the evidence of a record. `name` is the evidence's, in its record.

    What is returned beside the verdict is to be loaded again, which applies it. Raises LookupError for a record
    that is not there, NoSuchEvidence, ValueError.
    """
    person = signed(person)
    held = archive.get(*key)
    raw = archive.raw(held.hash) if held else None
    if held is None or raw is None:
        raise LookupError(f"no such record: {key[0]}/{key[1]}")
    record = read(key[0], raw)
    # The machine's own evidence last: "yes" means that it holds, and takes an earlier verdict back.
    known = [*annotated(record, recipe)[0], *annotator(recipe.themes).annotate(record)]
    said = correction(record, known, name, verdict, direction)
    before = recipe.corrections.get(key, ())
    if verdict == UNDO and len(in_force(record, [*before, said])) == len(in_force(record, before)):
        raise ValueError(f"nothing that was said of {name} is in force, so there is nothing to take back")
    work = Work(key[0], raw, held.hash, held.file, held.place)
    with archive.transaction():  # begun with the verdict: a kill after this is taken up with it
        archive.decide("evidence", json.dumps(said.body(), ensure_ascii=False), person)
        archive.begin([work])
        archive.stale([held])
    return corrections(archive)[key][-1], work


def corrections(archive: Archive) -> dict[RecordKey, tuple[Correction, ...]]:
    """Every correction that people made, by record, oldest first."""
    found: dict[RecordKey, list[Correction]] = {}
    for said in _every(archive):
        found.setdefault((said.source, said.key), []).append(said)
    return {key: tuple(said) for key, said in found.items()}


def _every(archive: Archive) -> list[Correction]:
    """Every correction that people made, oldest first."""
    return [Correction(**json.loads(body), person=by, at=at) for _, body, by, at in archive.decisions("evidence")]


@dataclass(frozen=True, slots=True)
class Decision:
    """A correction as it was said. `stands`: it is in force in the record as it is now."""

    said: Correction
    stands: bool


def decisions(archive: Archive, limit: int, offset: int) -> tuple[list[Decision], int]:
    """A part of all corrections, the latest first, and how many there are."""
    every = _every(archive)
    part = every[::-1][offset : offset + limit]
    force = {key: _in_force(archive, key, every) for key in {(c.source, c.key) for c in part}}
    return [Decision(c, any(c is said for said in force[c.source, c.key])) for c in part], len(every)


def _in_force(archive: Archive, key: RecordKey, every: list[Correction]) -> list[Correction]:
    held = archive.get(*key)
    raw = archive.raw(held.hash) if held else None
    try:
        record = read(key[0], raw) if raw is not None else None
    except (Unreadable, Withdrawn):  # by the reader of today
        return []
    return [c for c, _ in in_force(record, [c for c in every if (c.source, c.key) == key])] if record else []
