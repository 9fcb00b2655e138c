"""TeX as bibliographies write it: accents, special letters, quotes, simple formulas, commands around words."""

import re
import unicodedata

_ACCENTS = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307"}
_ACCENTS |= {"u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a"}
_ACCENTS |= {"d": "\u0323", "b": "\u0331", "t": "\u0361", "h": "\u0309"}
_LETTERS = {"ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å"}
_LETTERS |= {"AA": "Å", "i": "i", "j": "j", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "ng": "ŋ", "NG": "Ŋ", "dj": "đ"}
_SIGNS = {
    "textendash": "–",
    "textemdash": "—",
    "textquoteright": "’",
    "textquoteleft": "‘",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "textquotesingle": "'",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textbackslash": "\\",
    "textunderscore": "_",
    "textdegree": "°",
    "textregistered": "®",
    "texttrademark": "™",
    "textgreater": ">",
    "textless": "<",
    "textbar": "|",
    "textmu": "µ",
    "textbullet": "•",
    "ldots": "…",
    "dots": "…",
    "textellipsis": "…",
    "S": "§",
    "pounds": "£",
    "euro": "€",
    "copyright": "©",
    "times": "×",
    "pm": "±",
    "leq": "≤",
    "le": "≤",
    "geq": "≥",
    "ge": "≥",
    "neq": "≠",
    "approx": "≈",
    "sim": "∼",
    "rightarrow": "→",
    "to": "→",
    "infty": "∞",
    "cdot": "·",
    "circ": "°",
    "degree": "°",
    "mu": "μ",
}
_GREEK = (
    *("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta", "Theta", "Iota", "Kappa", "Lambda", "Mu", "Nu"),
    *("Xi", "Omicron", "Pi", "Rho", "Sigma", "Tau", "Upsilon", "Phi", "Chi", "Psi", "Omega"),
)
_SIGNS |= {
    form(name): form(unicodedata.lookup(f"GREEK CAPITAL LETTER {name.upper().replace('LAMBDA', 'LAMDA')}"))
    for name in _GREEK
    for form in (str, str.lower)
}
_COMMANDS = _LETTERS | _SIGNS
_ESCAPED = {mark: chr(0xE000 + place) for place, mark in enumerate("\\&%$#_{}~")}
"""What stands for an escaped character while the unescaped ones are read."""
# Braces of a text are written so where none may count.
_COMMANDS |= {"textbraceleft": _ESCAPED["{"], "textbraceright": _ESCAPED["}"]}
_QUOTE = re.compile(r"\s*(?:\\ )?''(?:\s*\\ )?")
_SIGN_ACCENT = re.compile(r"""\\([`'^~"=.])\s*(?:\{\s*(\\?[A-Za-z])\s*\}|(\\[ij](?![A-Za-z])|[A-Za-z]))""")
_LETTER_ACCENT = re.compile(r"\\([uvHckrdbth])(?:\s*\{\s*(\\?[A-Za-z])\s*\}|\s+(\\?[A-Za-z])(?![A-Za-z]))")
_FORMULA = re.compile(r"\$([^$]{0,120}[\\_^][^$]{0,120})\$")


def detex(text: str) -> str:
    """A text without the TeX that bibliographies write into it. A formula beyond sub- and superscripts and
    Greek letters stays as it is, but for its braces.

    >>> detex(r"{Sch{\\"o}n} {\\&} Garc{\\'\\i}a --- {\\o}re"), detex("a {b} $x_1$ \\\\emph{c}")
    ('Schön & García — øre', 'a b x1 c')
    >>> detex(r"a set \\textbraceleft{}1, 2\\textbraceright{}")
    'a set {1, 2}'
    >>> detex(r"CO$_{2}$, $\\Sigma^{0}$, jafnr{\\ae}{\\dh}i, D\\textquotesingle Arc"), detex("from $5 to $10")
    ("CO2, Σ0, jafnræði, D'Arc", 'from $5 to $10')
    """
    if not re.search(r"[\\{]|\$[^$]*[_^][^$]*\$", text):
        return text
    if "``" in text:
        text = _QUOTE.sub("” ", text.replace("``", "“")).replace("” ,", "”,").strip()
    text = re.sub(r"\\([\\&%$#_{}~])(?!\s*\{?\\?[A-Za-z]\}?)|\\([&%$#_{}])", _escaped, text)
    text = _SIGN_ACCENT.sub(_accented, text)
    text = _LETTER_ACCENT.sub(_accented, text)
    text = re.sub(r"\\(?:url|href)\s*\{([^{}]*)\}(?:\{([^{}]*)\})?", lambda m: m[2] or m[1], text)
    text = _FORMULA.sub(_formula, text)
    text = re.sub(r"\\text(?:sub|super)script\s?\{", "{", text)
    text = re.sub(r"\\([A-Za-z]+)\*?[ \t]?(?:\{\})?", _command, text)
    text = re.sub(r"\\([-/,;:! ])", lambda match: " " if match[1] in ",;: " else "", text)
    text = re.sub(r"(?<!-)---(?!-)", "—", text)
    text = re.sub(r"[{}]", "", text)
    for mark, held in _ESCAPED.items():
        text = text.replace(held, mark)
    return text


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPED[match[1] or match[2]]


def _accented(match: re.Match[str]) -> str:
    letter = (match[2] or match[3]).replace("\\", "")
    return unicodedata.normalize("NFC", letter + _ACCENTS[match[1]])


def _command(match: re.Match[str]) -> str:
    """A letter or sign for its command; of another command (`\\emph`) nothing, so that its words remain."""
    return _COMMANDS.get(match[1], "")


def _formula(match: re.Match[str]) -> str:
    """A formula of letters, digits, scripts and Greek as plain text; another one as it is."""
    inner = re.sub(r"\\(?:text|math)(?:rm|it|bf|sf|tt|cal|bb|up)?\s?(?=\{)", "", match[1])
    inner = re.sub(r"\\([A-Za-z]+)\s?", lambda m: _SIGNS.get(m[1], m[0]), inner)
    inner = re.sub(r"[_^]", "", re.sub(r"[{}]", "", inner))
    return match[0] if "\\" in inner else inner
