"""Which countries a parcel can go to, and which group of rates they belong to."""

from __future__ import annotations

from collections.abc import Iterable

from shop.shipping.models import CountryGroup

_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
# The rest of the world that we offer: countries that Stripe's address form knows
# (https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-shipping_address_collection).
_OTHERS = (
    "AD AE AL AU BA BR CA CH CL CN GB GI HK IL IN IS JP KR LI MC MD ME MK MX NO NZ RS SA SG SM TH TR TW UA US VA ZA"
)

EU = frozenset(_EU.split())
OTHERS = frozenset(_OTHERS.split())


def group_for(country: str, brand_country: str) -> CountryGroup:
    """The group of rates that a brand uses for a parcel to this country."""
    if country == brand_country:
        return CountryGroup.HOME
    return CountryGroup.EU if country in EU else CountryGroup.WORLD


def home_of(brand_countries: Iterable[str]) -> str | None:
    """The country all brands of a bag share; None when they differ: then no destination is "home" to all."""
    found = set(brand_countries)
    return found.pop() if len(found) == 1 else None


def countries_in(group: CountryGroup, brand_countries: Iterable[str]) -> tuple[str, ...]:
    """Countries a parcel of this group may go to, in alphabetical order of their codes."""
    home = home_of(brand_countries)
    if group is CountryGroup.HOME:
        return (home,) if home else ()
    wanted = EU if group is CountryGroup.EU else OTHERS
    return tuple(sorted(wanted - ({home} if home else set())))
