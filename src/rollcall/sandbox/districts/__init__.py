"""Made-up districts and their people."""
