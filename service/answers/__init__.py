"""Questions and their answers, as plain dicts: what the JSON API and the pages both say.

Lists, filters, totals and full text come from the index; what is known of one thing comes from the graph by the
queries in `queries/`. What nobody says is None, never a placeholder.
"""

from service.answers.common import Archive, Ask, Found, Item, Knowledge
from service.answers.errors import BadQuestion, NotKnown, Unheard

__all__ = ["Archive", "Ask", "BadQuestion", "Found", "Item", "Knowledge", "NotKnown", "Unheard"]
