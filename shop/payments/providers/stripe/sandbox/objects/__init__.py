"""New objects with every field that Stripe's own examples have, so that a reader of replies misses nothing."""
