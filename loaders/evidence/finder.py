"""Where a record names which theme: labels found, wrong senses and shorter labels within longer ones left out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from loaders.evidence.match import Lexicon, haystack, needle, straight
from loaders.evidence.themes import Theme, acronym

_LABEL, _WEAK, _INSTRUMENT, _WRONG, _EITHER = range(5)  # _EITHER: both a weak label and by a label's pattern
Found = tuple[int, int, tuple[int, int, bool]]


@dataclass(frozen=True, slots=True)
class Mention:
    """text[start:end] names the theme at an index; `instrument` if it is what measures it."""

    start: int
    end: int
    theme: int
    instrument: bool
    weak: bool


class Finder:
    """Finds themes in the text fields of a record."""

    def __init__(self, themes: Sequence[Theme]) -> None:
        self._themes = tuple(themes)
        self._contexts = [[needle(phrase) for phrase in theme.contexts] for theme in themes]
        self._wrong = [[needle(phrase) for phrase in theme.wrong_contexts] for theme in themes]
        entries: list[tuple[str, tuple[int, int, bool]]] = []
        for at, theme in enumerate(themes):
            for kind, patterns in (
                (_LABEL, theme.labels),
                (_WEAK, theme.weak),
                (_INSTRUMENT, theme.instruments),
                (_WRONG, theme.wrong_senses),
            ):
                entries += [(pattern, (at, kind, kind != _WRONG and acronym(pattern))) for pattern in patterns]
        self._lexicon = Lexicon(entries)

    def find(self, fields: Mapping[str, str]) -> dict[str, list[Mention]]:
        """The mentions in each field, in order. All fields together decide whether a weak label counts."""
        texts = {name: straight(text) for name, text in fields.items()}
        hays = {name: haystack(text) for name, (text, _) in texts.items()}
        kept = {name: self._kept(texts[name][0], hay) for name, hay in hays.items()}
        sure = {theme for found in kept.values() for _, _, (theme, kind, _) in found if kind in (_LABEL, _INSTRUMENT)}
        known: dict[tuple[int, int], bool] = {}
        result = {}
        for name, found in kept.items():
            mentions = []
            places = texts[name][1]
            for start, end, (theme, kind, _) in found:
                if kind in (_WEAK, _EITHER):
                    if (theme, kind) not in known:
                        known[theme, kind] = self._means(theme, hays.values(), kind == _EITHER or theme in sure)
                    if not known[theme, kind] and not self._near(theme, hays[name], start, end):
                        continue
                if places is not None:
                    start, end = places[start], places[end]
                mentions.append(Mention(start, end, theme, kind == _INSTRUMENT, kind == _WEAK))
            result[name] = mentions
        return result

    def _kept(self, text: str, hay: str) -> list[Found]:
        """Matches that are in the right case, in no wrong sense and in no longer match."""
        found = self._lexicon.find(hay)
        if not found:
            return found
        found.sort(key=lambda hit: (hit[0], -hit[1]))
        kept: list[Found] = []
        reach = -1  # how far matches reach that begin before this one
        longest: list[tuple[int, int]] = []
        wrong = [(start, end, payload[0]) for start, end, payload in found if payload[1] == _WRONG]
        for hit in found:
            start, end, (theme, kind, capitals) = hit
            if kind == _WRONG or (capitals and not _in_capitals(text[start:end])):
                continue
            if wrong and any(a <= start < b and of == theme for a, b, of in wrong):
                continue
            if end <= reach and any(a <= start and end <= b and b - a > end - start for a, b in longest):
                continue
            if kept and kept[-1][0] == start and kept[-1][1] == end and kept[-1][2][0] == theme:
                if {kind, kept[-1][2][1]} == {_WEAK, _LABEL}:
                    kept[-1] = (start, end, (theme, _EITHER, False))
                continue
            kept.append(hit)
            if end > reach:
                reach = end
            longest = [span for span in longest if span[1] > start]
            longest.append((start, end))
        return kept

    def _means(self, theme: int, hays: Collection[str], sure: bool) -> bool:
        """Whether the record as a whole shows that a weak label means the theme."""
        if any(phrase in hay for hay in hays for phrase in self._wrong[theme]):
            return False
        return sure or any(phrase in hay for hay in hays for phrase in self._contexts[theme])

    def _near(self, theme: int, hay: str, start: int, end: int) -> bool:
        """Whether a context stands close by, which counts even where the record speaks of other things too."""
        near = hay[max(0, start - 150) : end + 150]
        return any(phrase in near for phrase in self._contexts[theme]) and not any(
            phrase in near for phrase in self._wrong[theme]
        )


def _in_capitals(text: str) -> bool:
    return not any(c.islower() for c in text.removesuffix("s"))
