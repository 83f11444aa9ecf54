"""One folder per payment provider; each is registered by one line in settings."""
