"""Many phones at once, each of them the firmware itself: on virtual time without sockets, or as load on Locust.

Only the modules named for it here, `users` and `load`, import Locust, which replaces the sockets of its whole process;
the rest can be imported anywhere.
"""
