"""People, catalogue and money. Knows nothing about live video."""
