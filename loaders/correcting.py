"""A person's verdict on a piece of evidence, kept for good."""

import json

from loaders.archive import Archive, Work
from loaders.contracts import RecordKey
from loaders.evidence.corrections import Correction, correction
from loaders.prepare import Recipe, annotated, annotator, read


def correct(
    archive: Archive, recipe: Recipe, key: RecordKey, name: str, verdict: str, direction: str | None, person: str
) -> tuple[Correction, Work]:
    """Keep a verdict on the evidence of a record. `name` is the evidence's, in its record.

    What is returned beside the verdict is to be loaded again, which applies it. Raises LookupError for a record
    that is not there, NoSuchEvidence, ValueError.
    """
    held = archive.get(*key)
    raw = archive.raw(held.hash) if held else None
    if held is None or raw is None:
        raise LookupError(f"no such record: {key[0]}/{key[1]}")
    record = read(key[0], raw)
    # The machine's own evidence last: "yes" means that it holds, and takes an earlier verdict back.
    known = [*annotated(record, recipe)[0], *annotator(recipe.themes).annotate(record)]
    said = correction(record, known, name, verdict, direction)
    work = Work(key[0], raw, held.hash, held.file, held.place)
    with archive.transaction():  # begun with the verdict: a kill after this is taken up with it
        archive.decide("evidence", json.dumps(said.body(), ensure_ascii=False), person)
        archive.begin([work])
        archive.stale([held])
    return said, work


def corrections(archive: Archive) -> dict[RecordKey, tuple[Correction, ...]]:
    """Every correction that people made, by record, oldest first."""
    found: dict[RecordKey, list[Correction]] = {}
    for _, body, person, at in archive.decisions("evidence"):
        said = Correction(**json.loads(body), person=person, at=at)
        found.setdefault((said.source, said.key), []).append(said)
    return {key: tuple(said) for key, said in found.items()}
