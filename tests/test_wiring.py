"""A process that was set up can say what any stored finding or alert means."""

import os
import subprocess
import sys

_STORED = ("deadline.two_weeks", "rules.look", "partner.waits", "sync.late", "file.missing")
_PROGRAM = f"""
from rollcall.wiring import set_up
set_up()
from rollcall.core.findings import Codes
for code in {_STORED}:
    Codes.get(code)
"""


def test_a_fresh_process_knows_the_codes_that_alerts_are_stored_with() -> None:
    unused = {**os.environ, "DATABASE_URL": "postgresql://unused", "ROLLCALL_KEY": "unused"}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=unused, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
