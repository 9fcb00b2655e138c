"""Counts how common names and words are: `data/frequencies.tsv`, which `frequencies.py` reads."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from math import log, log1p

from loaders.linking.personal_names import family_key, parse
from loaders.linking.things import content_words
from loaders.parts import people
from loaders.record import Record


def count(found: list[Record], articles: Iterable[Record], labelled: Callable[[str, str, str], bool]) -> str:
    """The table of frequencies: kind, name, weight (`frequencies.py`). Of the articles only the family names are
    counted, and without the labelled mentions (source, key and part), each of which is there because of its name.
    """
    families: dict[str, set[str]] = defaultdict(set)
    given: dict[str, set[str]] = defaultdict(set)
    titles: dict[str, int] = defaultdict(int)
    places: dict[str, int] = defaultdict(int)
    affiliations = 0
    for record in articles:
        for part, person in people(record):
            name = parse(person)
            if name.given and not person.collective and not labelled(record.source, record.key, part):
                families[family_key(name.family)].add(name.given[0])
    for record in found:
        for word in content_words(" ".join((record.title, *record.keywords))):
            titles[word] += 1
        for person in record.people:
            name = parse(person)
            if person.collective or not name.given:
                continue
            families[family_key(name.family)].add(name.given[0])
            if len(name.given[0]) > 1:
                given[name.given[0]].add(family_key(name.family))
            for word in content_words(" ".join(a.name for a in person.affiliations)):
                places[word] += 1
            affiliations += bool(person.affiliations)
    rows = [("family", name, _common(len(of))) for name, of in families.items() if len(of) > 3]
    rows += [("scarce", name, log1p(len(of)) / log1p(4)) for name, of in families.items() if 1 < len(of) < 4]
    rows += [("given", name, _common(len(of))) for name, of in given.items() if len(of) > 3]
    rows += [("word", word, log(len(found) / n)) for word, n in titles.items() if n >= 15]
    rows += [("place", word, log(affiliations / n)) for word, n in places.items() if n >= 15]
    return "".join(f"{kind}\t{name}\t{value:.2f}\n" for kind, name, value in sorted(rows) if value >= 0.01)


def _common(different: int) -> float:
    """0 for a name seen with three others, 1 for one seen with 150 or more."""
    return min(1.0, log1p(different - 3) / log1p(147))
