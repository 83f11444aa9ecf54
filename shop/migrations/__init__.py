"""Schema changes: small, named by time; expand, fill, contract."""
