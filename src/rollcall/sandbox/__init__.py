"""Stand-ins for partners and a seeded district: for the demo, the tests, the benchmarks."""
