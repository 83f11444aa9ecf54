"""`python -m shop COMMAND`."""

from shop.cli import main

main()
