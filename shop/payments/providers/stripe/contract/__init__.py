"""What the pinned Stripe API version allows, as data: requests and replies are checked against it.

`generate.py` derives the file from the types of the installed stripe package (Stripe generates those from its own
specification, for exactly the version the package sends); `check.py` reads it.
"""
