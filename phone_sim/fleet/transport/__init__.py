"""Transports of a fleet: what the single phone's transports do, for many phones on gevent."""
