"""Text out of fragments of markup: JATS in Crossref abstracts, HTML in titles, MathML, entities.

What is no element of these vocabularies is text: `p < 0.05` and `<unknown>` stay as they are.
"""

import html
import re

_BLOCKS = frozenset(
    {
        *(
            "p",
            "br",
            "div",
            "sec",
            "section",
            "title",
            "li",
            "ul",
            "ol",
            "list",
            "list-item",
            "tr",
            "table",
            "abstract",
        ),
        *("h1", "h2", "h3", "h4", "h5", "h6", "def-list", "def-item", "disp-quote", "disp-formula", "break", "label"),
        *("abstracttext", "article-title", "blockquote", "dt", "dd", "dl", "hr", "header"),
    }
)
_INLINE = frozenset(
    {
        *("i", "b", "u", "s", "a", "em", "strong", "italic", "bold", "sub", "sup", "sc", "scp", "small", "tt", "font"),
        *(
            "span",
            "inf",
            "underline",
            "roman",
            "sans-serif",
            "monospace",
            "strike",
            "overline",
            "ext-link",
            "uri",
            "xref",
        ),
        *(
            "email",
            "inline-formula",
            "alternatives",
            "named-content",
            "styled-content",
            "mark",
            "code",
            "cite",
            "q",
            "abbr",
        ),
        *(
            "inline-graphic",
            "graphic",
            "img",
            "fn",
            "formula",
            "subtitle",
            "bdo",
            "bdi",
            "td",
            "th",
            "tbody",
            "ins",
            "del",
        ),
        *("big", "kbd", "var", "chem-struct", "institution", "related-article", "related-object", "milestone-start"),
        *("fixed-case", "sub-title", "emph", "tex", "private-char", "ruby", "def", "term"),
    }
)
_TAG = re.compile(
    r"<(/?)(?:(jats|mml|m|xhtml|ns\d+):)?([A-Za-z][\w.-]*)(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'))*\s*/?>"
)
_UNSPOKEN = re.compile(
    r"<((?:\w+:)?(?:tex-math|annotation|annotation-xml|script|style))\b[^<>]{0,500}>.{0,4000}?</\1\s*>",
    re.DOTALL | re.IGNORECASE,
)
_LABELLED = re.compile(r"<AbstractText\b[^<>]*?\bLabel=\"([^\"<>]*)\"[^<>]*>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[|\]\]>", re.DOTALL)
_MATH = frozenset(
    {
        *("math", "mi", "mn", "mo", "ms", "mrow", "msub", "msup", "msubsup", "mfrac", "mtext", "mspace", "mover"),
        *(
            "munder",
            "munderover",
            "msqrt",
            "mroot",
            "mfenced",
            "mstyle",
            "mtable",
            "mtr",
            "mtd",
            "semantics",
            "mpadded",
        ),
        *("mphantom", "mmultiscripts", "mprescripts", "none", "menclose", "mlabeledtr", "merror", "maction"),
    }
)


def plain(fragment: str | None) -> str | None:
    """A fragment's text on one line, or None where it has none. For titles and names.

    >>> plain("Effects of CO<sub>2</sub> on <i>E. coli</i> &amp;amp; others, p < 0.05")
    'Effects of CO2 on E. coli & others, p < 0.05'
    """
    return " ".join(_stripped(fragment, block=" ").split()) or None if fragment else None


def paragraphs(fragment: str | None) -> str | None:
    """A fragment's text with one line for each heading and paragraph, or None. For abstracts.

    A first heading that says no more than "Abstract" is left out.

    >>> paragraphs("<jats:title>Abstract</jats:title><jats:sec><jats:title>Aim</jats:title><jats:p>To see.</jats:p>")
    'Aim\\nTo see.'
    """
    text = _LABELLED.sub(r"<title>\1</title><p>", fragment or "")
    if _TAG.search(text):
        # white space between elements is the file's layout, not the text's
        lines = [" ".join(line.split()) for line in _stripped(" ".join(text.split()), block="\n").split("\n")]
    else:
        lines = [" ".join(line.split()) for line in _stripped(text, block="\n").split("\n")]
    found = [line for line in lines if line]
    if found and found[0].casefold().strip(" .:") in ("abstract", "summary", "abstract:") and len(found) > 1:
        del found[0]
    return "\n".join(found) or None


def blanked(text: str) -> str:
    """A text of the same length in which spaces stand for tags, and signs for their entities.

    So it can be read, and what is found in it stands at the same offsets of the text as it was written.

    >>> blanked("<b>Aim:</b> CO<sub>2</sub> &amp; p &lt; .05")
    '   Aim:     CO     2       &     p <    .05'
    """
    if ("<" not in text and "&" not in text) or len(text) > _LIMIT:
        return text
    return _ENTITY.sub(_sign, _TAG.sub(_blank, _LABELLED.sub(_label, text)))


def _blank(match: re.Match[str]) -> str:
    said = _spoken(match, "\n")
    return said if said == match[0] else said.ljust(len(match[0]))


def _label(match: re.Match[str]) -> str:
    """`<AbstractText Label="RESULTS">` as a line of its own."""
    before, after = match.start(1) - match.start(), match.end() - match.end(1)
    return "\n".ljust(before) + match[1] + "\n".ljust(after)


def _sign(match: re.Match[str]) -> str:
    sign = html.unescape(match[0])
    return sign.ljust(len(match[0])) if len(sign) == 1 else match[0]


_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\dA-Fa-f]{1,6}|[A-Za-z]\w{1,31});")
_LIMIT = 200_000
"""Characters of the longest text whose markup is read; the longest real abstract seen has 30,000."""

_EMPHASISED = re.compile(
    r"<(?P<name>(?:jats:)?(?:i|b|em|italic|bold))>(?P<text>[^<>]{3,})</(?P=name)\s*>"
    r"|<(?P<math>(?:mml:)?math)\b[^<>]{0,500}>.{0,4000}?</(?P=math)\s*>",
    re.DOTALL,
)


def _stripped(text: str, block: str) -> str:
    """The text without its tags, with `block` in place of those that part lines."""
    if "<" not in text and "&" not in text:
        return text
    for _ in range(3):  # publishers escape markup within markup
        if "<" in text and len(text) <= _LIMIT:
            text = _UNSPOKEN.sub("", _COMMENT.sub("", text))
            text = _EMPHASISED.sub(_parted, text)
            text = _TAG.sub(lambda match: _spoken(match, block), text)
        once = html.unescape(text) if "&" in text else text
        if once == text:
            break
        text = once
    return text


def _spoken(match: re.Match[str], block: str) -> str:
    prefix, name = match[2], match[3].lower()
    if name in _BLOCKS:
        return block
    return "" if prefix or name in _INLINE or name in _MATH else match[0]


def _parted(match: re.Match[str]) -> str:
    """An emphasised word with the spaces around it that some publishers leave out ("the<i>Ravenna</i>sp.").

    Only between whole words: parts of a word (`m<i>RNA</i>`) have one letter on either side of the tag.
    """
    before = re.search(r"[^\W\d_]{2}$", match.string[max(0, match.start() - 2) : match.start()])
    after = re.match(r"[^\W\d_]{2}", match.string[match.end() : match.end() + 2])
    return f"{' ' if before else ''}{match[0]}{' ' if after else ''}"
