"""California's special-education files (CASEMIS), as student information systems import them."""
