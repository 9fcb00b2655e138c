"""Affiliation strings: which institution of the register do they name?

The names of the register are found in the string first, whole words alone; the place in the string, its country and
city choose between several. Only where none is found are near spellings looked for. Doubt gives no match.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from loaders.linking.organisation_names import fold
from loaders.linking.registry import Entry, Registry, registry

LONGEST = 12
"""Words of the longest name that is looked for."""
_MAIL = re.compile(r"\S+@\S+|https?://\S+")
_SPELLINGS = {
    spelt: word
    for word, others in {
        "university": "univ universite universita universitat universidad universidade universiteit universitet "
        "universitas uniwersytet univerzita universitatea universitesi",
        "institute": "inst institut instituto istituto",
        "center": "ctr centre centro zentrum centrum",
        "national": "natl nat nacional nationale nazionale",
        "hospital": "hosp hopital ospedale",
        "academy": "acad academia academie akademie accademia",
        "sciences": "sci science",
        "technology": "technol tech technological technische",
        "polytechnic": "polytech polytechnical polytechnique politecnico",
        "engineering": "eng engg engn",
        "mathematics": "math maths mathematical",
        "physics": "phys",
        "chemistry": "chem",
        "biology": "biol biological",
        "agricultural": "agr agric agriculture",
        "automation": "autom",
        "computer": "comput computing",
        "health": "hlth",
        "school": "sch",
        "electronics": "electron electronic",
        "management": "mgmt manag",
        "development": "dev",
        "medical": "med",
        "college": "coll",
        "research": "res",
        "international": "intl",
        "foundation": "fdn",
        "laboratory": "lab",
        "laboratories": "labs",
        "saint": "st ste",
        "mount": "mt",
    }.items()
    for spelt in others.split()
}
_SMALL = frozenset(
    re.findall(r"\S+", "of the for and at in on de la le les des du del della di der die und et y e da do")
)
_OTHER_AFTER = frozenset(re.findall(r"\S+", "hospital hospitals clinic medical press hospitalier of"))
"""Words after a university's name that make it another institution's."""
CERTAIN = 0.65
"""Score from which a match is held to be right. Measured on three sets of affiliation strings of which 85% name an
institution of the register: precision .96, .95 and .94, recall .76, .75 and .67."""
_COMMON = 120
"""A word that more entries bear says little: a name of such words alone names an institution in many countries."""
_WEIGHT = {"education": 0.3, "healthcare": 0.15, "facility": 0.12, "government": 0.1, "nonprofit": 0.05, "company": 0.1}


@dataclass(frozen=True, slots=True)
class Found:
    """An institution that a string names. `score` 0 to 1; `reason` in words."""

    entry: Entry
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class _Text:
    """A string taken apart: its telling words; for each the number of its segment, the word before it and the word
    after it there (small ones too); the country that it names.
    """

    words: tuple[str, ...]
    segments: tuple[int, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    country: str
    folded: str

    @property
    def city(self) -> str:
        """The last segment, which is a city's where no country is named."""
        last = [word for word, number in zip(self.words, self.segments, strict=True) if number == self.segments[-1]]
        return " ".join(last) if self.segments and self.segments[-1] else ""

    def starts(self, place: int) -> bool:
        """Whether a segment begins here."""
        return place == 0 or self.segments[place] != self.segments[place - 1]

    def ends(self, place: int) -> bool:
        """Whether a segment ends before this place."""
        return place == len(self.words) or self.segments[place] != self.segments[place - 1]


@cache
def _countries() -> dict[str, str]:
    """Folded name of a country, or of a state that names no city, to its code."""
    found: dict[str, str] = {}
    text = files("loaders.linking").joinpath("data/countries.tsv").read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            code, names = line.split("\t")
            found.update((fold(name), code) for name in names.split("|"))
    return found


def telling(name: str) -> list[str]:
    """The words of a name that tell: folded, abbreviations and foreign forms of the commonest brought to one, small
    words left out.
    """
    return [_SPELLINGS.get(word, word) for word in fold(name).split() if word not in _SMALL]


def _read(text: str) -> _Text:
    plain = re.sub(r"\b\d+(?=[^\W\d])", " ", _MAIL.sub(" ", text))  # "1University"
    parts = [fold(part).split() for part in re.split(r"[,;()\[\]|/•:]|\s[-–—]\s|(?<=[a-z]{6})\.\s(?=[A-Z])", plain)]
    rows: list[tuple[str, int, str, str]] = []
    for number, part in enumerate(parts):
        for place, word in enumerate(part):
            if word not in _SMALL:
                before = part[place - 1] if place else ""
                after = part[place + 1] if place + 1 < len(part) else ""
                rows.append((_SPELLINGS.get(word, word), number, before, after))
    return _Text(
        words=tuple(row[0] for row in rows),
        segments=tuple(row[1] for row in rows),
        before=tuple(row[2] for row in rows),
        after=tuple(row[3] for row in rows),
        country=_country(parts),
        folded=f" {fold(text)} ",
    )


def _country(parts: list[list[str]]) -> str:
    """The country named last: by a whole segment, or by the end of one ("Nantong 226001 China")."""
    for part in reversed(parts):
        words = [word for word in part if not any(c.isdigit() for c in word)]
        for size in (4, 3, 2, 1):
            code = _countries().get(" ".join(words[-size:])) if size <= len(words) else None
            if code and (size == len(words) or words[-size - 1] not in _SMALL):
                return code
    return ""


class Matcher:
    """Finds institutions of a register in strings."""

    def __init__(self, register: Registry) -> None:
        self._entries = register.entries
        self._acronyms = register.acronyms
        self._names: dict[str, list[int]] = {}
        self._bearers: dict[str, int] = {}
        self._cities = {" ".join(telling(entry.city)) for entry in register.entries}
        for number, entry in enumerate(register.entries):
            keys = {" ".join(telling(name)) for name in entry.names}
            for word in {word for key in keys for word in key.split()}:
                self._bearers[word] = self._bearers.get(word, 0) + 1
            for key in keys:
                if key:
                    self._names.setdefault(key, []).append(number)
        for key in [key for key in self._names if key.startswith("university ")]:
            place = key.removeprefix("university ")
            here = [n for n in self._names[key] if " ".join(telling(self._entries[n].city)) == place]
            if (
                here
            ):  # "Cagliari University" for the University of Cagliari, but Washington University is not in Seattle
                self._names.setdefault(f"{place} university", here)

    def find(self, text: str) -> list[Found]:
        """The institutions that a string names, the likeliest first; several where it names several."""
        read = _read(text)
        best: dict[int, Found] = {}
        for start, end, numbers in self._spans(read):
            for number, score, reason in self._among(read, start, end, numbers):
                if number not in best or best[number].score < score:
                    best[number] = Found(self._entries[number], score, reason)
        if not best:
            best = self._by_acronym(text, read)
        return sorted(best.values(), key=lambda found: (-found.score, found.entry.iri))

    def distinctive(self, name: str) -> bool:
        """Whether a name that the register lacks says enough to be one institution's wherever it stands."""
        words = telling(name)
        return len(words) > 1 and min(self._bearers.get(word, 0) for word in words) < 40

    def _spans(self, read: _Text) -> Iterator[tuple[int, int, list[int]]]:
        """The longest names in a string, none within another: start, end and who bears them."""
        taken = 0
        for start in range(len(read.words)):
            if start < taken:
                continue
            for end in range(min(len(read.words), start + LONGEST), start, -1):
                numbers = self._names.get(" ".join(read.words[start:end]))
                if numbers and self._fits(read, start, end):
                    yield start, end, numbers
                    taken = end
                    break

    def _fits(self, read: _Text, start: int, end: int) -> bool:
        words = read.words[start:end]
        whole = read.starts(start) and read.ends(end)
        if read.segments[start] != read.segments[end - 1] and not whole:
            return False  # across commas only from end to end
        if len(words) == 1 or " ".join(words) in self._cities or " ".join(words) in _countries():
            return whole and len(words[0]) > 3 and words[0] not in self._cities and words[0] not in _countries()
        return True

    def _among(self, read: _Text, start: int, end: int, numbers: list[int]) -> Iterator[tuple[int, float, str]]:
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
            elif vague or not read.country:
                score -= 0.3 if vague else 0.1
            if near or (read.country and entry.country == read.country):
                reason += ", in the same " + ("city" if near else "country")
            score += max((_WEIGHT.get(kind, 0.0) for kind in entry.types.split("|")), default=0.0)
            told.append((score, number, reason))
        told.sort(reverse=True)
        if len(told) == 1 or told[0][0] - told[1][0] >= 0.1:
            score, number, reason = told[0]
            yield number, score, reason

    def _name_score(self, read: _Text, start: int, end: int) -> float:
        """How well a name stands in the string, whoever bears it."""
        words = read.words[start:end]
        score = 0.5 + 0.05 * min(len(words) - 1, 2)
        first, last = read.starts(start), read.ends(end)
        score += 0.1 if first and last else -0.1
        if not last and read.after[end - 1] in _OTHER_AFTER and words[-1] != "hospital":
            score -= 0.5  # "Aarhus University | Hospital", "Nanjing University | of Posts"
        if not first and read.before[start] not in _SMALL and self._bearers.get(words[0], 0) > _COMMON:
            score -= 0.35  # "Sardar Vallabhbhai | National Institute of Technology"
        if "university" in words and self._part_of_hospital(read, start):
            score -= 0.5
        return score

    def _part_of_hospital(self, read: _Text, start: int) -> bool:
        """Whether a hospital is named before, in the same segment: "Affiliated Hospital of | Nantong University"."""
        while start > 0 and read.segments[start - 1] == read.segments[start]:
            start -= 1
            if read.words[start] in ("hospital", "hospitals", "clinic"):
                return True
        return False

    def _by_acronym(self, text: str, read: _Text) -> dict[int, Found]:
        """The one institution whose acronym stands as a segment of its own, in the country that the string names."""
        found: dict[int, Found] = {}
        for part in re.split(r"[,;()\[\]]", text):
            numbers = self._acronyms.get(part.strip(), [])
            here = [n for n in numbers if self._entries[n].country == read.country or not read.country]
            if len(here) == 1 and len(part.strip()) > 2 and (read.country or len(numbers) == 1):
                score = 0.75 if read.country else 0.6
                found[here[0]] = Found(self._entries[here[0]], score, "the register has this acronym")
        return found


@cache
def matcher() -> Matcher:
    """The matcher over the shipped register."""
    return Matcher(registry())
