"""What the connections of tests may reach: servers of this machine, and folders for tests."""

import tempfile

from rollcall.core.reach import Reach, networks

#: Loopback, and all of the folder that tests make theirs in.
HERE = Reach(folders=(tempfile.gettempdir(),), networks=networks(["loopback"]))
#: Public addresses and no folder: a district of an installation of several.
NOTHING = Reach()
