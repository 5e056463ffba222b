"""A session with a partner's API: one token for all requests, and what is under way."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.core.sending.outbound import (
    Answer,
    Remote,
    Request,
    Target,
    Verdict,
)
from rollcall.core.sending.pacing import backoff
from rollcall.engine import secrets
from rollcall.engine.clock import Clock
from rollcall.engine.connections.reach import reach_of
from rollcall.engine.models import Sync
from rollcall.engine.outbound.models import PartnerToken
from rollcall.engine.outbound.queue import QueuedSubmission
from rollcall.engine.settings import configure
from rollcall.transports.http import HttpClient
from rollcall.transports.settings import HttpSettings

NO_CONNECTION = Codes.add(
    "partner.no_connection",
    Severity.ERROR,
    "This sync has no connection to an API to send to",
    "Add a connection to the partner's API and choose it in the settings of the sync.",
    "the person who keeps the connection",
)

#: A token is renewed when it has less than this part of its life left.
_RENEW = 0.1
UNAUTHORIZED = 401


class Session:
    """Requests of one sync over one client; they wait until there is a token."""

    def __init__(self, sync: Sync, remote: Remote, target: Target, clock: Clock) -> None:
        if sync.connection is None:
            raise Problem(NO_CONNECTION)
        self._remote, self._target, self._clock = remote, target, clock
        connection_settings: object = configure.connection_settings(sync.connection)
        if not isinstance(connection_settings, HttpSettings):
            raise Problem(NO_CONNECTION)
        self._connection = connection_settings
        self._client = HttpClient(connection_settings, reach_of(sync.district))
        self._stored = PartnerToken.objects.filter(connection=sync.connection)
        self._of = sync.connection
        self._token, self._until = "", clock.now()
        self._failures, self._sign_in_at = 0, clock.now()
        self._signing_in = self._taken = False
        #: Why there is no token, while there is none because the partner gave none.
        self.trouble: Verdict | None = None

    @property
    def under_way(self) -> int:
        """How many requests wait for an answer."""
        return self._client.under_way

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def signed_in(self, at: datetime) -> bool:
        """Whether there is a token; if not, one is asked for."""
        if self._token and at < self._until:
            return True
        if self._signing_in:
            return False
        # The token that another sender of this connection asked for, while it lasts.
        if shared_token := self._stored.filter(until__gt=at).first():
            self._token, self._until = secrets.unseal(shared_token.sealed), shared_token.until
            return True
        if at >= self._sign_in_at:
            self._signing_in = True
            key, secret = self._connection.key, self._connection.secret.get_secret_value()
            self._client.send(None, self._remote.sign_in(self._target, key, secret))
        return False

    def _refused(self, token: str) -> None:
        """The token is no longer taken: a new one, at once if this one was taken before."""
        if token != self._token:
            return  # an answer to a request that was sent with an earlier one
        self._token = ""
        self._stored.delete()
        if not self._taken:
            self._fail(0.0)
        self._taken = False

    def send(self, taken: QueuedSubmission, request: Request) -> None:
        """Send on behalf of a submission."""
        self._client.send((taken, request, self._token), request, self._token)

    def receive(self, wait: float) -> list[tuple[QueuedSubmission, Request, Answer]]:
        """The answers that are there, after at most `wait` seconds."""
        answers = []
        for tag, answer in self._client.poll(wait):
            if not isinstance(tag, tuple):
                self._take_token(answer)
                continue
            taken, request, token = tag
            if answer.status == UNAUTHORIZED:
                self._refused(token)
            elif answer.status:
                self._taken, self._failures = True, 0
            answers.append((taken, request, answer))
        return answers

    def _take_token(self, answer: Answer) -> None:
        at = self._clock.now()
        self._signing_in = False
        token_answer = self._remote.token(answer)
        if isinstance(token_answer, Verdict):
            self.trouble = token_answer
            self._fail(token_answer.after)
            return
        self._token, seconds = token_answer
        self._until = at + timedelta(seconds=seconds * (1 - _RENEW))
        self.trouble = None
        stored_token = {"sealed": secrets.seal(self._token), "until": self._until}
        PartnerToken.objects.update_or_create(connection=self._of, defaults=stored_token)

    def _fail(self, asked_after: float) -> None:
        """Sign in again only after a pause that grows."""
        pause = timedelta(seconds=backoff(self._failures, asked_after))
        self._sign_in_at = self._clock.now() + pause
        self._failures += 1

    def ask(self, request: Request) -> Answer:
        """One request, waited for; signed in where that is possible. Only while nothing is under
        way. A token that is refused is not used again.
        """
        self.trouble = None
        while not self.signed_in(self._clock.now()) and self.trouble is None:
            self.receive(0.1)
        self._client.send((None, request, self._token), request, self._token)
        while True:
            for _, _, answer in self.receive(0.1):
                return answer

    def orders(self) -> Mapping[str, int]:
        """The API's own order of its resources, by path; nothing where it does not tell."""
        dependencies = self._remote.orders(self.ask(self._remote.dependencies(self._target)))
        return {} if isinstance(dependencies, Verdict) else dependencies
