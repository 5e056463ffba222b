"""nginx as a district has it in front of Rollcall: it ends TLS and says for whom it asks."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.processes import free_port, start, stop

from rollcall.sandbox.edfi import certificate

NGINX = "/usr/sbin/nginx"
#: Whose lines are tried.
_GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "people.md"


def documented(upstream: int) -> str:
    """The `location` of the documented configuration, before a server on port `upstream`."""
    (found,) = re.findall(r"location / \{.*?\}", _GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert "127.0.0.1:8080" in found
    return str(found).replace("127.0.0.1:8080", f"127.0.0.1:{upstream}")


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[int]:
    """The port it listens on with TLS, in front of a server on port `upstream`."""
    shown, key = certificate.write(folder, "127.0.0.1")
    port = free_port()
    (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {shown}; ssl_certificate_key {key};
    {documented(upstream)}
  }}
}}
""")
    process: subprocess.Popen[bytes] = start(
        [NGINX, "-c", str(folder / "nginx.conf")], port, folder / "log"
    )
    try:
        yield port
    finally:
        stop(process)
