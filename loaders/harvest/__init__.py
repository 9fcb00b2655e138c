"""Harvests from services on the web. To add a service: write its module, add it to SERVICES."""

from loaders.harvest.biorxiv import BioRxiv
from loaders.harvest.crossref import Crossref
from loaders.harvest.datacite import DataCite
from loaders.harvest.europepmc import EuropePmc
from loaders.harvest.oai_pmh import OaiPmh
from loaders.harvest.openalex import OpenAlex
from loaders.harvest.pubmed import PubMed
from loaders.harvest.semantic_scholar import SemanticScholar
from loaders.harvest.service import Service
from loaders.harvest.web_pages import WebPages

SERVICES: tuple[Service, ...] = (
    Crossref(),
    OpenAlex(),
    SemanticScholar(),
    EuropePmc(),
    PubMed(),
    DataCite(),
    BioRxiv("biorxiv"),
    BioRxiv("medrxiv"),
    OaiPmh(),
    WebPages(),
)
"""Every service, in the order in which help lists them."""


def named(name: str) -> Service:
    """The service of that name. Raises KeyError where there is none."""
    return {service.name: service for service in SERVICES}[name]
