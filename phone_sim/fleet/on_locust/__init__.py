"""A fleet as load, with Locust as a library: the only place that imports Locust.

Importing Locust replaces the sockets and locks of the whole process (gevent's monkey-patching). An import contract
keeps it here. This file imports nothing.
"""
