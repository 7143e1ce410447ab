"""Phones as users of Locust: `PhoneUser` for people's own locustfiles.

    from phone_sim.fleet.users import PhoneUser

    class Desk(PhoneUser):
        host = "http://boot.example/"
        population = "phones.toml"

Importing this imports Locust, which replaces the sockets of its whole process.
"""

from phone_sim.fleet.on_locust.users import PhoneUser

__all__ = ["PhoneUser"]
