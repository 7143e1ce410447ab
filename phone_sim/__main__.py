"""`python -m phone_sim` is `phone-sim`."""

from phone_sim.cli.main import main

main(prog_name="phone-sim")
