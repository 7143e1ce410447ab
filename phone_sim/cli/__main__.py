"""`python -m phone_sim.cli` is `phone-sim`."""

from phone_sim.cli.main import main

main(prog_name="phone-sim")
