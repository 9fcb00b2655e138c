"""The resolvers of what is compared in pairs, in the order of their numbers in the tables."""

from loaders.linking.people import People
from loaders.linking.studies import Studies
from loaders.linking.things import Resolver
from loaders.linking.works import Works

RESOLVERS: tuple[Resolver, ...] = (People(), Works(), Studies())
ORGANISATION = len(RESOLVERS)
"""The number of organisations, which are not compared in pairs: their names are looked up (`keyed.py`)."""
