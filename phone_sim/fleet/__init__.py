"""Many phones at once, on gevent."""
