"""A server on this machine, on an event loop of its own in a thread."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self


class LoopServer(ABC):
    """Answers while it is entered: `with MyServer(...) as server: ...`."""

    @abstractmethod
    async def listen(self) -> None:
        """Begin to answer, on the running loop."""

    @abstractmethod
    async def close(self) -> None:
        """Stop answering."""

    @abstractmethod
    async def abort(self) -> None:
        """Cut every connection there is."""

    def break_off(self) -> None:
        """Cut every connection there is, as a dying server does; new ones are still answered."""
        self._run(self.abort())

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._run(self.listen())
        except BaseException:
            self._end_loop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run(self.close())
        self._end_loop()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
