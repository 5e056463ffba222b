"""The worker: a process that carries out jobs, and what keeps it going."""
