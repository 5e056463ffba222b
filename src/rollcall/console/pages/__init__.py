"""One module a page: parse the request, ask the engine or the records, show."""
