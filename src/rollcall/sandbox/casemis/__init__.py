"""CASEMIS files of a made-up district, with faults to order."""
