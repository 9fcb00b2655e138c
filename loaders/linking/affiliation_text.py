"""Affiliation strings taken apart: words that tell, segments, the country that is named."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from loaders.linking.organisation_names import fold

NOISE = re.compile(r"\S+@\S+|https?://\S+|#[A-Z]{1,3}#")
"""Addresses, and the marks ("#TAB#") that stand for white space in strings of Microsoft Academic and OpenAlex."""
_SPELLINGS = {
    spelt: word
    for word, others in {
        "university": "univ uni universite universita universitat universidad universidade universiteit universitet "
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
        "international": "intl int",
        "foundation": "fdn",
        "laboratory": "lab",
        "telecommunications": "telecommun telecomm telecommunication",
        "communications": "commun communication",
        "economics": "econ economic",
        "information": "inf info",
        "association": "assoc",
        "laboratories": "labs",
        "saint": "st ste",
        "mount": "mt",
    }.items()
    for spelt in others.split()
}
_POINTS = re.compile(r"\b([A-Za-z])\.(?=[A-Za-z]\b)")
"""Between initials that are written as one word elsewhere: "M.D. Anderson"."""
SMALL = frozenset(
    re.findall(
        r"\S+",
        "of the for and at in on de la le les des du del dell della delle degli dei di der die und et y e da do "
        "studi inc ltd limited llc gmbh corp corporation co plc",
    )
)


@dataclass(frozen=True, slots=True)
class Text:
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
def countries() -> dict[str, str]:
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
    return [_SPELLINGS.get(word, word) for word in fold(_POINTS.sub(r"\1", name)).split() if word not in SMALL]


def taken_apart(text: str) -> Text:
    """A string's words, segments and country."""
    plain = re.sub(r"\b\d+(?=[^\W\d])", " ", _POINTS.sub(r"\1", NOISE.sub(" ", text)))  # "1University"
    parts = [fold(part).split() for part in re.split(r"[,;()\[\]|/•:]|\s[-–—]\s|(?<=[a-z]{6})\.\s(?=[A-Z])", plain)]
    rows: list[tuple[str, int, str, str]] = []
    for number, part in enumerate(parts):
        for place, word in enumerate(part):
            if word not in SMALL:
                before = part[place - 1] if place else ""
                after = part[place + 1] if place + 1 < len(part) else ""
                rows.append((_SPELLINGS.get(word, word), number, before, after))
    return Text(
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
            code = countries().get(" ".join(words[-size:])) if size <= len(words) else None
            if code and (size == len(words) or words[-size - 1] not in SMALL):
                return code
    return ""
