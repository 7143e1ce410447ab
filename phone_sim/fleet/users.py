"""Phones as users of Locust: `PhoneUser` for people's own locustfiles.

    from phone_sim.fleet.users import PhoneUser

    class Desk(PhoneUser):
        host = "http://boot.example/"
        population = "phones.toml"

This import replaces the sockets and locks of the whole process (gevent's monkey-patching), as importing Locust does.
"""

from phone_sim.fleet.on_locust.users import PhoneUser

__all__ = ["PhoneUser"]
