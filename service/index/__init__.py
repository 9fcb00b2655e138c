"""The read model beside the store: lists, filters, totals, full text."""
