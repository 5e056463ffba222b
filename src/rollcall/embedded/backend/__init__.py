"""Django's PostgreSQL backend over the embedded server: one that died is started again.

Whoever finds it gone, a page, a worker or a command, brings it back when it connects.
"""
