"""The activation portal (B8): its pages at `/portal`, its forms, and the service that does the work."""
