"""Partners' files: lines, cells and typed values read from bytes, and what is wrong with them."""
