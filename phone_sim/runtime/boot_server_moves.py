"""How often a phone may be sent from one boot server to another without being in service in between (D21).

Real phones, it seems, go on for ever between two servers that send them to each other. Here it ends with the first
server that the phone comes back to, or after eight moves (our choice). This module does not know why a phone moves.
"""

from phone_sim.firmware.network_effects import CanMove, Move, MovesEndlessly

MOVE_LIMIT = 8
"""Maximum number of moves in a row (our choice)."""


class BootServerMoves:
    """The moves of one phone; `made` are those since it was switched on or rebooted for another reason.

    `endless` is the answer to a move that was not made, None while there was none in this row.
    """

    def __init__(self) -> None:
        self.made: tuple[Move, ...] = ()
        self.endless: MovesEndlessly | None = None
        self._is_under_way = False

    def begin(self) -> None:
        """The phone is switched on."""
        self.made, self.endless, self._is_under_way = (), None, False

    def reboot(self) -> None:
        """The phone reboots, for a move or for another reason."""
        if not self._is_under_way:
            self.begin()
        self._is_under_way = False

    def ask(self, move: Move) -> CanMove | MovesEndlessly:
        """Whether the phone may make a move, which then counts as made."""
        if len(self.made) >= MOVE_LIMIT or any(one.source == move.target for one in self.made):
            self.endless = MovesEndlessly((*self.made, move))
            return self.endless
        self.made, self._is_under_way = (*self.made, move), True
        return CanMove()
