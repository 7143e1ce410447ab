"""Many phones at once, each of them the firmware itself: on virtual time without sockets, or as load on Locust.

Here is the core: the fleet, a phone of it, what happens to one, and the census. `population` says which phones there
are, `protocol` what master and workers tell each other, `transport` how phones ask, `on_locust` makes load of them.
`users` is for people's own locustfiles.
"""
