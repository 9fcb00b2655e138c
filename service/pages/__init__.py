"""The same answers as HTML, every IRI's page, the ontology's."""
