"""Comment to buy: a comment in the room becomes a held, payable offer."""
