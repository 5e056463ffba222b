"""The web pages: declared in `urls`, guarded by `routes`, one module a page in `pages`."""
