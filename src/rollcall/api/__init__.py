"""The REST API: what the pages and the command line do, for programs, with a token."""
