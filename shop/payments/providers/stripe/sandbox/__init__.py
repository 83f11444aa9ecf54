"""A Stripe that runs here: the API, the hosted payment page and signed webhooks, with pretend money.

It is a separate app and process with its own SQLite file. It imports nothing of the shop but its own package and the
contract beside it, so that what the shop believes about Stripe is never the sandbox's excuse.
"""
