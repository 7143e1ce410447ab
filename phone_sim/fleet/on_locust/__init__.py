"""A fleet as load, with Locust as a library.

Only here is Locust imported, which replaces the sockets of its whole process (gevent's monkey-patching); an import
contract holds it. Nothing is imported in this file.
"""
