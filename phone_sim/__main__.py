"""`phone-sim`, also as `python -m phone_sim`: a signal that comes while Python imports ends it without a traceback."""

import os
import signal

from phone_sim.signals import ending_signals


def main() -> None:
    """Run the verb on the command line."""
    for number in ending_signals():
        signal.signal(number, _leave)
    from phone_sim.cli.main import main as run

    run(prog_name="phone-sim")


def _leave(number: int, _: object) -> None:
    os._exit(128 + number)


if __name__ == "__main__":
    main()
