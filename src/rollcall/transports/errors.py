"""What can go wrong with a connection or file, as coded data: what happened, what to do, who.

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
_SERVER = "The administrator of Rollcall's server"

ADDRESS_NOT_ALLOWED = _add(
    "connection.address_not_allowed",
    Next.FIX_SETTINGS,
    "Connections of this district cannot go to this address.",
    "Public addresses are always allowed. For a server in the district's own network, ask the "
    "administrator of Rollcall's server to allow it: "
    "`rollcall installation allow --address ADDRESS`.",
    _SERVER,
)
FOLDER_NOT_ALLOWED = _add(
    "connection.folder_not_allowed",
    Next.FIX_SETTINGS,
    "This district cannot use this folder, or a folder that a link in it leads to.",
    "Use an allowed folder, or ask the administrator of Rollcall's server to allow this one: "
    "`rollcall installation allow --folder PATH`. Rollcall's own folder is never allowed.",
    _SERVER,
)

UNKNOWN_HOST = _add(
    "connection.unknown_host",
    Next.FIX_SETTINGS,
    "The host name is not known.",
    "Check the spelling of `host`. A name that exists only inside the district's network is not "
    "known outside it.",
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
    "In most cases a firewall drops the connection: ask for this machine's address to be "
    "allowed. For a slow server, increase `timeout_seconds`.",
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
    "Rollcall tries again. If this happens every time, ask what closes the connection.",
    _OWNER,
)
PROTOCOL = _add(
    "connection.protocol",
    Next.FIX_SETTINGS,
    "The server does not use this protocol, or the two sides have no encryption in common.",
    "Check `type` and `port`. If they are right, the server is too old for safe encryption and "
    "needs an update.",
    _BOTH,
)
CERTIFICATE = _add(
    "connection.certificate",
    Next.FIX_SETTINGS,
    "The server's certificate is not trusted, so no password was sent.",
    "The host in `url` must be the name in the certificate. If the partner has its own certificate "
    "authority, enter that authority's certificate as `ca_certificate`.",
    _BOTH,
)
CA_FILE = _add(
    "connection.ca_file",
    Next.FIX_SETTINGS,
    "The certificate authority in the settings could not be read.",
    "Enter the full text of the authority's certificate (PEM) as `ca_certificate`.",
    _ADMIN,
)
ANSWER_TOO_LARGE = _add(
    "connection.answer_too_large",
    Next.GIVE_UP,
    "The server's answer was too large.",
    "Check that `url` is the API's address, and send the server's message to its owner.",
    _BOTH,
)
HOST_KEY_UNKNOWN = _add(
    "connection.host_key_unknown",
    Next.FIX_SETTINGS,
    "The server's host key has not been confirmed yet, so no password was sent.",
    "Ask the server's owner for the host key's fingerprint, in another way than this connection. "
    "If it is the one shown here, set it as `host_key`.",
    _BOTH,
)
HOST_KEY_CHANGED = _add(
    "connection.host_key_changed",
    Next.FIX_SETTINGS,
    "The server showed another host key than the one in the settings, so no password was sent.",
    "Ask the server's owner whether the server or its key was replaced. Only if so, set the new "
    "`host_key`; if not, the connection may be intercepted.",
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
    "Check `key` and `secret`: they belong to one application, and often to one school year. Ask "
    "whether the key was replaced.",
    _BOTH,
)
NO_API = _add(
    "connection.no_api",
    Next.FIX_SETTINGS,
    "The server answered, but it is not this API.",
    "Check `url`: it must be the API's base address, as its owner gives it.",
    _BOTH,
)
NO_FILES = _add(
    "connection.no_files",
    Next.FIX_SETTINGS,
    "This connection is to an API, which has no files.",
    "Choose a connection to a folder, an SFTP server or a Windows share.",
    _ADMIN,
)
KEY_UNREADABLE = _add(
    "connection.key_unreadable",
    Next.FIX_SETTINGS,
    "The private key in the settings could not be read.",
    "Enter the full text of an OpenSSH or PEM private key as `key`, and its `passphrase` if it "
    "has one.",
    _ADMIN,
)
NO_ENCRYPTION = _add(
    "connection.no_encryption",
    Next.FIX_SETTINGS,
    "The server cannot encrypt or sign this connection, which the settings require.",
    "Ask the owner to turn SMB 3 encryption on and guest access off. As a last resort, inside a "
    "network you trust, set `require_encryption = false`.",
    _BOTH,
)
NO_FILE_SERVICE = _add(
    "connection.no_file_service",
    Next.FIX_SETTINGS,
    "Signing in worked, but this account cannot transfer files (SFTP) on the server.",
    "Ask the owner to enable SFTP for this account.",
    _OWNER,
)
NO_DIRECTORY = _add(
    "connection.no_directory",
    Next.FIX_SETTINGS,
    "The folder does not exist on the server, or this account cannot see it.",
    "Check the folder in the settings: its spelling, upper and lower case, and whether its path "
    "begins at this account's first folder.",
    _BOTH,
)
TOO_MANY_FILES = _add(
    "connection.too_many_files",
    Next.FIX_SETTINGS,
    "The folder has too many files to list.",
    "Use a separate folder for the exports, and remove old files from it.",
    _OWNER,
)
NO_PERMISSION = _add(
    "connection.no_permission",
    Next.FIX_SETTINGS,
    "The server does not allow this account to do that.",
    "Ask for permission to list and read the folder (and to write, if files are sent).",
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
    "The server could not carry out the request.",
    "Rollcall tries again. If this happens every time, send the server's message to its owner.",
    _OWNER,
)
FILE_MISSING = _add(
    "file.missing",
    Next.AGAIN,
    "The file is not in the folder.",
    "Check the file name in the settings (many servers distinguish upper and lower case) and "
    "whether the other system has written the file.",
    "The person who exports the file",
)
NOT_A_FILE = _add(
    "file.not_a_file",
    Next.FIX_SETTINGS,
    "There is a folder or something else with this name, but not a file.",
    "Check the file name in the settings.",
    _ADMIN,
)
NAME_REFUSED = _add(
    "file.name_refused",
    Next.FIX_SETTINGS,
    "This is not the plain name of a file.",
    "Enter the file's name only; the folder is in the connection's settings.",
    _ADMIN,
)
FILE_CHANGED = _add(
    "file.changed",
    Next.AGAIN,
    "The file changed while it was being read, or only a part of it arrived.",
    "Rollcall reads it again. If this happens every time, run the import at an hour when the "
    "other system does not write the file.",
    "The person who exports the file",
)
FILE_LOCKED = _add(
    "file.locked",
    Next.AGAIN,
    "Another program has the file open.",
    "Rollcall tries again. Close the file where it is open, or wait for the export to end.",
    "The person who exports the file",
)
STILL_WRITTEN = _add(
    "file.still_written",
    Next.AGAIN,
    "The file was still being written when the waiting time was over.",
    "Start the import later, or have the other system write under another name and rename the "
    "file when it is complete.",
    "The person who exports the file",
)


class TransportError(Problem):
    """A connection or a file that cannot be used. `server_text` is the server's own words, if any.
    Names in `detail` can come from a server, with any bytes: they are made safe to show.
    """

    def __init__(self, code: str, detail: str = "", server_text: str = "") -> None:
        self.server_text, detail = words(server_text), words(detail)
        quoted = f"the server said: {self.server_text}" if self.server_text else ""
        super().__init__(code, "; ".join(part for part in (detail, quoted) if part))

    @property
    def next(self) -> Next:
        """Whether to try again, change the settings or give up."""
        return _NEXT[self.code]
