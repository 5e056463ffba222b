"""Pure decisions on frames and values: no clock, file, network, database, framework or log."""
