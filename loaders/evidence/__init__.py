"""Which themes a record reports, measures, asks about or merely names, with the sentence that says so."""

from loaders.evidence.annotator import Annotator, field, keywords_text
from loaders.evidence.roles import REPORTING
from loaders.evidence.sections import Sentence

VERSION = "10"
"""Raised whenever the same record would be annotated differently."""

__all__ = ["REPORTING", "VERSION", "Annotator", "Sentence", "field", "keywords_text"]
