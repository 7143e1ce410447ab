"""The license authority: the side that signs license keys. Ours (D5): the vendor's own key is not public."""
