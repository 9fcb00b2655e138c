"""SPARQL 1.1 over HTTP: protocol, updates, graph store, formats, limits on what is taken."""
