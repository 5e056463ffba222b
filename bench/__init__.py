"""Side-by-side measurements: Rollcall, the limit, and what people use now. `python -m bench`."""
