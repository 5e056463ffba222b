"""Signed requests to an API: one token for all, asked for where there is none."""

from datetime import timedelta

from rollcall.core.sending.channel import Opening, Verdict
from rollcall.core.sending.pacing import backoff
from rollcall.transports.http import HttpClient
from rollcall.transports.http_json.api import JsonApi, Target
from rollcall.transports.http_json.exchange import UNAUTHORIZED
from rollcall.transports.http_messages import Answer, Request

#: A token is renewed when it has less than this part of its life left.
_RENEW = 0.1


class Session:
    """Requests of one sync over one client, signed with a token."""

    def __init__(self, opening: Opening, api: JsonApi, target: Target) -> None:
        self._client: HttpClient = opening.connection
        self._api, self._target, self._clock = api, target, opening.clock
        self._shared = opening.session
        self._token, self._until = "", opening.clock()
        self._failures, self._sign_in_at = 0, opening.clock()
        self._signing_in = self._taken = False
        #: Why there is no token, while there is none because the partner gave none.
        self.trouble: Verdict | None = None

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def signed_in(self) -> bool:
        """Whether there is a token; if not, one is asked for."""
        at = self._clock()
        if self._token and at < self._until:
            return True
        if self._signing_in:
            return False
        # The token that another sender of this connection asked for, while it lasts.
        if shared_token := self._shared.read(at):
            self._token, self._until = shared_token
            self.trouble = None
            return True
        if at >= self._sign_in_at:
            self._signing_in = True
            settings = self._client.settings
            key, secret = settings.key, settings.secret.get_secret_value()
            self._client.send(None, self._api.sign_in(self._target, key, secret))
        return False

    def send(self, tag: object, request: Request) -> None:
        """Send a request; `tag` comes back with its answer."""
        self._client.send((tag, self._token), request, self._token)

    def receive(self, seconds: float) -> list[tuple[object, Answer]]:
        """The answers that are there, after at most so long. A token that was refused is not used
        again.
        """
        answers = []
        for tag, answer in self._client.poll(seconds):
            if not isinstance(tag, tuple):
                self._take_token(answer)
                continue
            own_tag, token = tag
            if answer.status == UNAUTHORIZED:
                self._refused(token)
            elif answer.status:
                self._taken, self._failures = True, 0
            answers.append((own_tag, answer))
        return answers

    def ask(self, request: Request) -> Answer:
        """One request, waited for; signed in where that is possible. Only while nothing is under
        way.
        """
        self.trouble = None
        while not self.signed_in() and self.trouble is None:
            self.receive(0.1)
        self.send(None, request)
        while True:
            for _, answer in self.receive(0.1):
                return answer

    def _refused(self, token: str) -> None:
        """The token is no longer taken: a new one, at once if this one was taken before."""
        if token != self._token:
            return  # an answer to a request that was sent with an earlier one
        self._token = ""
        self._shared.forget()
        if not self._taken:
            self._fail(0.0)
        self._taken = False

    def _take_token(self, answer: Answer) -> None:
        self._signing_in = False
        token_answer = self._api.token(answer)
        if isinstance(token_answer, Verdict):
            self.trouble = token_answer
            self._fail(token_answer.after)
            return
        self._token, seconds = token_answer
        self._until = self._clock() + timedelta(seconds=seconds * (1 - _RENEW))
        self.trouble = None
        self._shared.write(self._token, self._until)

    def _fail(self, asked_after: float) -> None:
        """Sign in again only after a pause that grows."""
        pause = timedelta(seconds=backoff(self._failures, asked_after))
        self._sign_in_at = self._clock() + pause
        self._failures += 1
