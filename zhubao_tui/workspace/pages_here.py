"""Pages served from this process: one desk, one server, what they count."""

from __future__ import annotations

from collections.abc import Callable

from zhubao_tui.casepage.server.running import Address, Server
from zhubao_tui.idle import monotonic

from .errors import AddressTaken
from .serving import Serving
from .workspace import Workspace

PORT = 8765
MINUTES = 120


class PagesHere:
    """Bound when it is made; serves while `until_stopped` runs."""

    def __init__(
        self,
        workspace: Workspace,
        host: str,
        port: int = PORT,
        minutes: int = MINUTES,
        look: Callable[[], object] = lambda: None,
    ) -> None:
        """Take an address; see `Serving` and `Server`. Raises `AddressTaken`."""
        self._desk = Serving(workspace, look)
        try:
            self._server = Server(self._desk, host, port, minutes * 60, clock=monotonic)  # a laptop's sleep counts
        except OSError as error:
            raise AddressTaken(f"{host}:{port}") from error

    @property
    def address(self) -> Address:
        """Where."""
        return self._server.address

    @property
    def url(self) -> str:
        """Where, as people type it."""
        return self.address.url

    @property
    def is_for_others(self) -> bool:
        """Whether other machines see them, too."""
        return self.address.is_for_others

    @property
    def seconds_left(self) -> float:
        """Until they are no longer served."""
        return self._server.seconds_left

    @property
    def visits(self) -> int:
        """Pages that were shown."""
        return self._server.front.visits

    @property
    def answers(self) -> int:
        """Households that said whether something is solved."""
        return self._desk.answers

    @property
    def proposals(self) -> int:
        """Troubles that households wrote down."""
        return self._desk.proposals

    async def until_stopped(self) -> None:
        """Serve until the time is up or `stop` is called; raises what went wrong at the desk."""
        await self._server.until_stopped()

    def stop(self) -> None:
        """Stop: what is being answered is answered, nothing new is taken."""
        self._server.stop()
