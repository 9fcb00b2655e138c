"""Affiliation strings: which institution of the register do they name?

The names of the register are found in the string first, whole words alone; the place in the string, its country and
city choose between several. Only where none is found are near spellings looked for. Doubt gives no match.
"""

import gc
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from loaders.linking.affiliation_text import NOISE, SMALL, Text, countries, taken_apart, telling
from loaders.linking.organisation_names import fold
from loaders.linking.registry import Entry, Registry, registry

LONGEST = 12
"""Words of the longest name that is looked for."""
_OTHER_AFTER = frozenset(re.findall(r"\S+", "hospital hospitals clinic medical press hospitalier of"))
"""Words after a university's name that make it another institution's."""
_LEFT_OUT = {"institute": ("sciences", "technology"), "university": ("school", "college", "faculty")}
"""With what a name goes on that is often left out after a telling word: "Weizmann Institute" of Science, "St. Marianna
University" School of Medicine."""
_RARE = 5
"""Entries that bear a word so telling."""
_UNITS = frozenset(
    re.findall(
        r"\S+",
        "department departments dept faculty fakultas fakultet school institut institute sciences science engineering "
        "medicine physics mathematics chemistry biology economics law studies laboratory lab division unit group "
        "programme program pharmacy psychology surgery kedokteran",
    )
)
"""Words with which a unit's name ends: what follows without a comma is a name of its own."""
CERTAIN = 0.65
"""Score from which a match is held to be right. Measured on three sets of affiliation strings of which 85% name an
institution of the register: precision .96, .95 and .94, recall .77, .76 and .72."""
_COMMON = 120
"""A word that more entries bear says little: a name of such words alone names an institution in many countries."""
_WEIGHT = {"education": 0.3, "healthcare": 0.15, "facility": 0.12, "government": 0.1, "nonprofit": 0.05, "company": 0.1}


@dataclass(frozen=True, slots=True)
class Found:
    """An institution that a string names. `score` 0 to 1; `reason` in words."""

    entry: Entry
    score: float
    reason: str


class Matcher:
    """Finds institutions of a register in strings."""

    def __init__(self, register: Registry) -> None:
        self._entries = register.entries
        self._acronyms = register.acronyms
        self._names: dict[str, list[int]] = {}
        self._bearers: dict[str, int] = {}
        cities = {city: " ".join(telling(city)) for city in {entry.city for entry in register.entries}}
        self._cities = set(cities.values())
        told: list[list[str]] = []
        for number, entry in enumerate(register.entries):
            names = [" ".join(telling(name)) for name in entry.names]
            for word in {word for name in names for word in name.split()}:
                self._bearers[word] = self._bearers.get(word, 0) + 1
            for key in set(names):
                if key:
                    self._names.setdefault(key, []).append(number)
            told.append(names)
        further: dict[str, list[int]] = {}
        for number, (entry, names) in enumerate(zip(register.entries, told, strict=True)):
            for key in self._shortened(entry, [name.split() for name in names], cities[entry.city]):
                if key not in self._names and number not in further.setdefault(key, []):
                    further[key].append(number)
        self._names.update(further)
        self._longest: dict[str, int] = {}
        for key in self._names:
            first, size = key.partition(" ")[0], min(key.count(" ") + 1, LONGEST)
            self._longest[first] = max(size, self._longest.get(first, 0))

    def _shortened(self, entry: Entry, told: list[list[str]], city: str) -> Iterator[str]:
        """Further forms of an entry's names, which count where no entry has them for a name. `told` and `city` are the
        words that tell of its names and its city.
        """
        for name, words in zip(entry.names, told, strict=True):
            place = " ".join(words[1:])
            if words[:1] == ["university"] and city:
                if place == city:  # "Cagliari University", but Washington University is not in Seattle
                    yield f"{place} university"
                elif place.startswith(f"{city} ") and place.split()[city.count(" ") + 1] not in _OTHER_AFTER:
                    yield f"university {city}"  # "University of Bari" Aldo Moro
            elif words[-1:] == ["university"] and len(words) == 2 and words[0] not in self._cities:
                yield f"university {words[0]}"  # "University of Fudan"
            bare, _, within = name.rstrip(")").partition(" (")
            if within and fold(within) in countries() and len(telling(bare)) > 1:
                yield " ".join(telling(bare))  # "Fate Therapeutics (United States)"
            for head, after in _LEFT_OUT.items():
                at = words.index(head) if head in words else 0
                left_out = 0 < at < len(words) - 1 and words[at + 1] in after
                if left_out and min(self._bearers[word] for word in words[:at]) <= _RARE:
                    yield " ".join(words[: at + 1])

    def find(self, text: str) -> list[Found]:
        """The institutions that a string names, the likeliest first; several where it names several."""
        read = taken_apart(text)
        best: dict[int, Found] = {}
        for start, end, numbers in self._spans(read):
            for number, score, reason in self._among(read, start, end, numbers):
                if number not in best or best[number].score < score:
                    best[number] = Found(self._entries[number], score, reason)
        if not any(found.score >= CERTAIN for found in best.values()):
            best |= self._by_acronym(text, read)
        return sorted(best.values(), key=lambda found: (-found.score, found.entry.iri))

    def distinctive(self, name: str) -> bool:
        """Whether a name that the register lacks says enough to be one institution's wherever it stands."""
        words = telling(name)
        return len(words) > 1 and min(self._bearers.get(word, 0) for word in words) < 40

    def _spans(self, read: Text) -> Iterator[tuple[int, int, list[int]]]:
        """The longest names in a string, none within another: start, end and who bears them."""
        taken = 0
        for start in range(len(read.words)):
            if start < taken:
                continue
            for end in range(min(len(read.words), start + self._longest.get(read.words[start], 0)), start, -1):
                numbers = self._names.get(" ".join(read.words[start:end]))
                if numbers and self._fits(read, start, end):
                    yield start, end, self._campus(read, start, end) or numbers
                    taken = end
                    break

    def _campus(self, read: Text, start: int, end: int) -> list[int]:
        """Who bears the name together with a later segment: "University of California, 1 Cyclotron Road, Berkeley"."""
        name = " ".join(read.words[start:end])
        for number in sorted(set(read.segments[end:]) - {read.segments[end - 1]}):
            place = " ".join(w for w, segment in zip(read.words, read.segments, strict=True) if segment == number)
            if place in self._cities and (numbers := self._names.get(f"{name} {place}")):
                return numbers
        return []

    def _fits(self, read: Text, start: int, end: int) -> bool:
        words = read.words[start:end]
        whole = read.starts(start) and read.ends(end)
        if read.segments[start] != read.segments[end - 1] and not whole:
            return False  # across commas only from end to end
        if len(words) == 1 or " ".join(words) in self._cities or " ".join(words) in countries():
            return whole and len(words[0]) > 3 and words[0] not in self._cities and words[0] not in countries()
        return True

    def _among(self, read: Text, start: int, end: int, numbers: list[int]) -> Iterator[tuple[int, float, str]]:
        """The bearer of a name that is meant, with how sure that is; nothing where it might be several."""
        name = self._name_score(read, start, end)
        vague = min(self._bearers.get(word, 0) for word in read.words[start:end]) > _COMMON
        told: list[tuple[float, int, str]] = []
        for number in numbers:
            entry = self._entries[number]
            score, reason = name, "the register has this name"
            near = bool(entry.city) and f" {fold(entry.city)} " in read.folded
            if read.country:
                score += 0.2 if entry.country == read.country else -0.4
            if near:
                score += 0.15
            elif read.city in self._cities and not read.country:
                score -= 0.4  # another city: "Trinity College, Cambridge" for that in Hartford
            elif vague or (not read.country and len(numbers) > 1):
                score -= 0.3 if vague else 0.1
            if near or (read.country and entry.country == read.country):
                reason += ", in the same " + ("city" if near else "country")
            score += max((_WEIGHT.get(kind, 0.0) for kind in entry.types.split("|")), default=0.0)
            told.append((score, number, reason))
        told.sort(reverse=True)
        if len(told) == 1 or told[0][0] - told[1][0] >= 0.1:
            score, number, reason = told[0]
            yield number, score, reason

    def _name_score(self, read: Text, start: int, end: int) -> float:
        """How well a name stands in the string, whoever bears it."""
        words = read.words[start:end]
        score = 0.5 + 0.05 * min(len(words) - 1, 2)
        first, last = read.starts(start), read.ends(end)
        score += 0.1 if first and last else -0.1
        if not last and read.after[end - 1] in _OTHER_AFTER and words[-1] != "hospital":
            score -= 0.5  # "Aarhus University | Hospital", "Nanjing University | of Posts"
        before = read.before[start]
        if not first and before not in SMALL | _UNITS and self._bearers.get(words[0], 0) > _COMMON:
            score -= 0.35  # "Sardar Vallabhbhai | National Institute of Technology"
        if "university" in words and self._part_of_hospital(read, start):
            score -= 0.5
        return score

    def _part_of_hospital(self, read: Text, start: int) -> bool:
        """Whether a hospital is named before, in the same segment: "Affiliated Hospital of | Nantong University"."""
        while start > 0 and read.segments[start - 1] == read.segments[start]:
            start -= 1
            if read.words[start] in ("hospital", "hospitals", "clinic"):
                return True
        return False

    def _by_acronym(self, text: str, read: Text) -> dict[int, Found]:
        """The one institution whose acronym stands as a segment of its own, in the country that the string names."""
        found: dict[int, Found] = {}
        for part in re.split(r"[,;()\[\]]", NOISE.sub(" ", text)):
            numbers = self._acronyms.get(part.strip(), [])
            here = [n for n in numbers if self._entries[n].country == read.country or not read.country]
            if len(here) == 1 and len(part.strip()) > 2 and (read.country or len(numbers) == 1):
                score = 0.75 if read.country else 0.66 if len(part.strip()) > 3 else 0.6
                found[here[0]] = Found(self._entries[here[0]], score, "the register has this acronym")
        return found


@cache
def matcher() -> Matcher:
    """The matcher over the register in use."""
    made = Matcher(registry())
    # the register's million objects live as long as the program: the collector need not look through them every time
    gc.freeze()
    return made
