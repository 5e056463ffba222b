"""What can go wrong on the way to a file, as coded data: what happened, what to do, who, what next.

The same codes come from every transport, so that the connection test, a run's mail and the pages
say the same thing about a folder, an SFTP server and a Windows share.
"""

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Next, Problem, words

_NEXT: dict[str, Next] = {}


def _add(code: str, after: Next, text: str, what_to_do: str, who: str) -> str:
    _NEXT[code] = after
    return Codes.add(code, Severity.ERROR, text, what_to_do, who)


_ADMIN = "The person who set up the connection"
_OWNER = "The owner of the file server"
_BOTH = "The person who set up the connection, with the owner of the file server"
_SERVER = "Whoever runs Rollcall's server"

ADDRESS_NOT_ALLOWED = _add(
    "connection.address_not_allowed",
    Next.FIX_SETTINGS,
    "Connections of this district cannot go to this address.",
    "Public addresses are always allowed. For a server of the district's own network, ask whoever "
    "runs Rollcall's server to allow it: `rollcall installation allow --address ADDRESS`.",
    _SERVER,
)
FOLDER_NOT_ALLOWED = _add(
    "connection.folder_not_allowed",
    Next.FIX_SETTINGS,
    "This district cannot use this folder, or what a link in it leads to.",
    "Use a folder that is allowed, or ask whoever runs Rollcall's server to allow this one: "
    "`rollcall installation allow --folder PATH`. Rollcall's own folder never is.",
    _SERVER,
)

UNKNOWN_HOST = _add(
    "connection.unknown_host",
    Next.FIX_SETTINGS,
    "The host name is not known.",
    "Check the spelling of `host`. A name that exists only inside the district's network is not "
    "known outside of it.",
    _ADMIN,
)
REFUSED = _add(
    "connection.refused",
    Next.AGAIN,
    "The host answered, but nothing listens on that port.",
    "Check `port`, and ask whether the file server is running and whether a firewall refuses "
    "this machine.",
    _BOTH,
)
TIMEOUT = _add(
    "connection.timeout",
    Next.AGAIN,
    "The server did not answer in time.",
    "Most often a firewall drops the connection: ask for this machine's address to be let in. "
    "A slow server can be given more time with `timeout_seconds`.",
    _BOTH,
)
UNREACHABLE = _add(
    "connection.unreachable",
    Next.AGAIN,
    "There is no network path to the host.",
    "Check this machine's network, its VPN, and the address the host name stands for.",
    _ADMIN,
)
LOST = _add(
    "connection.lost",
    Next.AGAIN,
    "The connection broke while it was in use.",
    "It is tried again. If it happens each time, ask what closes the connection at that moment.",
    _OWNER,
)
PROTOCOL = _add(
    "connection.protocol",
    Next.FIX_SETTINGS,
    "What answered does not speak this protocol, or no encryption both sides accept was found.",
    "Check `type` and `port`. If they are right the server is too old for safe encryption and "
    "needs an update.",
    _BOTH,
)
CERTIFICATE = _add(
    "connection.certificate",
    Next.FIX_SETTINGS,
    "The server's certificate is not trusted, so no password was sent.",
    "The host in `url` has to be the name in the certificate. For a certificate of an authority of "
    "the partner's own, give that authority's certificate as `ca_certificate`.",
    _BOTH,
)
CA_FILE = _add(
    "connection.ca_file",
    Next.FIX_SETTINGS,
    "The certificate authority in the settings could not be read.",
    "Give the whole text of the authority's certificate (PEM) as `ca_certificate`.",
    _ADMIN,
)
ANSWER_TOO_LARGE = _add(
    "connection.answer_too_large",
    Next.GIVE_UP,
    "The server's answer was larger than any that makes sense.",
    "Check that `url` is the API's address, and give the server's words to its owner.",
    _BOTH,
)
HOST_KEY_UNKNOWN = _add(
    "connection.host_key_unknown",
    Next.FIX_SETTINGS,
    "The server's host key has not been confirmed yet, so no password was sent.",
    "Ask the server's owner, by another way than this connection, for the host key's "
    "fingerprint. If it is the one shown here, set it as `host_key`.",
    _BOTH,
)
HOST_KEY_CHANGED = _add(
    "connection.host_key_changed",
    Next.FIX_SETTINGS,
    "The server showed another host key than the one in the settings, so no password was sent.",
    "Ask the server's owner whether the server or its key was replaced. Only if so, set the new "
    "`host_key`; if not, somebody may be between you and the server.",
    _BOTH,
)
SIGN_IN_REFUSED = _add(
    "connection.sign_in_refused",
    Next.FIX_SETTINGS,
    "The server refused the user name, the password or the key.",
    "Check `user` and `password` (or `key`; for a Windows share also `domain`), and ask whether "
    "the account is locked or its password has expired.",
    _BOTH,
)
KEY_REFUSED = _add(
    "connection.key_refused",
    Next.FIX_SETTINGS,
    "The server refused the key or its secret.",
    "Check `key` and `secret`: both are of one application, and often of one school year. Ask "
    "whether the key was replaced.",
    _BOTH,
)
NO_API = _add(
    "connection.no_api",
    Next.FIX_SETTINGS,
    "The server answered, but not as this API does.",
    "Check `url`: it is the API's base address, as its owner gives it.",
    _BOTH,
)
NO_FILES = _add(
    "connection.no_files",
    Next.FIX_SETTINGS,
    "This connection is to an API, which has no files.",
    "Give the sync a connection to a folder, an SFTP server or a Windows share.",
    _ADMIN,
)
KEY_UNREADABLE = _add(
    "connection.key_unreadable",
    Next.FIX_SETTINGS,
    "The private key in the settings could not be read.",
    "Give the whole text of an OpenSSH or PEM private key as `key`, and its `passphrase` if it "
    "has one.",
    _ADMIN,
)
NO_ENCRYPTION = _add(
    "connection.no_encryption",
    Next.FIX_SETTINGS,
    "The server cannot encrypt or sign this connection, which the settings require.",
    "Ask for SMB 3 encryption to be turned on and guest access to be turned off. As a last "
    "resort, inside a network you trust, set `require_encryption = false`.",
    _BOTH,
)
NO_FILE_SERVICE = _add(
    "connection.no_file_service",
    Next.FIX_SETTINGS,
    "Signing in worked, but this account gets no file transfer (SFTP) on the server.",
    "Ask for SFTP to be enabled for this account.",
    _OWNER,
)
NO_DIRECTORY = _add(
    "connection.no_directory",
    Next.FIX_SETTINGS,
    "The folder does not exist on the server, or this account does not see it.",
    "Check the folder in the settings: spelling, upper and lower case, and whether it begins "
    "where this account begins.",
    _BOTH,
)
TOO_MANY_FILES = _add(
    "connection.too_many_files",
    Next.FIX_SETTINGS,
    "The folder has more files than are listed.",
    "Give the exports a folder of their own, and have old ones removed from it.",
    _OWNER,
)
NO_PERMISSION = _add(
    "connection.no_permission",
    Next.FIX_SETTINGS,
    "The server does not let this account do that.",
    "Ask for the right to list and read the folder (and to write, where files are sent).",
    _OWNER,
)
NO_SPACE = _add(
    "connection.no_space",
    Next.AGAIN,
    "The server has no room left for the file.",
    "Ask for space or quota on the server.",
    _OWNER,
)
FAILED = _add(
    "connection.failed",
    Next.AGAIN,
    "The server could not do what was asked.",
    "It is tried again. If it happens each time, give the server's words to its owner.",
    _OWNER,
)
FILE_MISSING = _add(
    "file.missing",
    Next.AGAIN,
    "The file is not in the folder.",
    "Check the file name in the settings (upper and lower case count on many servers) and "
    "whether the other system has written the file.",
    "The person who exports the file",
)
NOT_A_FILE = _add(
    "file.not_a_file",
    Next.FIX_SETTINGS,
    "There is something of that name, but it is not a file.",
    "Check the file name in the settings.",
    _ADMIN,
)
NAME_REFUSED = _add(
    "file.name_refused",
    Next.FIX_SETTINGS,
    "This is not the plain name of a file.",
    "Give the file's name only; the folder belongs to the connection's settings.",
    _ADMIN,
)
FILE_CHANGED = _add(
    "file.changed",
    Next.AGAIN,
    "The file changed while it was being read, or only a part of it arrived.",
    "It is read again. If it happens each time, run the import at an hour when the other system "
    "does not write the file.",
    "The person who exports the file",
)
FILE_LOCKED = _add(
    "file.locked",
    Next.AGAIN,
    "Another program has the file open.",
    "It is tried again. Close the file where it is open, or wait for the export to end.",
    "The person who exports the file",
)
STILL_WRITTEN = _add(
    "file.still_written",
    Next.AGAIN,
    "The file was still being written when the time to wait for it was over.",
    "Start the import later, or let the other system write under another name and rename the "
    "file when it is whole.",
    "The person who exports the file",
)


class TransportError(Problem):
    """A connection or a file that cannot be used. `said` is the server's own words, if any. What
    is named in `detail` may be named by a server, with any bytes: it is made fit to show.
    """

    def __init__(self, code: str, detail: str = "", server_text: str = "") -> None:
        self.said, detail = words(server_text), words(detail)
        quoted = f"the server said: {self.said}" if self.said else ""
        super().__init__(code, "; ".join(part for part in (detail, quoted) if part))

    @property
    def next(self) -> Next:
        """Whether to try again, change the settings or leave it."""
        return _NEXT[self.code]
