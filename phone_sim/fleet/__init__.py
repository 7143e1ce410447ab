"""Many phones at once, each of them the firmware itself: on virtual time without sockets, or as load on Locust.

`users`, `load`, `worker` and what they are made of import Locust, which replaces the sockets of its whole process; each
such module says so. The rest can be imported anywhere.
"""
