"""The channel to a partner's API over HTTP with JSON: signing in, documents, pages."""
