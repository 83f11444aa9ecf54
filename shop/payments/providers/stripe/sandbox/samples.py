"""Sample names and addresses for the payment page, so that trying it out takes one tap."""

from __future__ import annotations

import re

# Country → street, postal code, city. Public buildings, nobody's home.
_PLACES = {
    "IT": ("Piazza del Duomo 1", "20121", "Milano"),
    "FR": ("5 Avenue Anatole France", "75007", "Paris"),
    "DE": ("Platz der Republik 1", "11011", "Berlin"),
    "ES": ("Calle de Felipe IV 10", "28014", "Madrid"),
    "AT": ("Stephansplatz 3", "1010", "Wien"),
    "BE": ("Grand-Place 1", "1000", "Bruxelles"),
    "NL": ("Museumstraat 1", "1071 XX", "Amsterdam"),
    "PT": ("Praça do Comércio 1", "1100-148", "Lisboa"),
    "GB": ("1 Great Russell Street", "WC1B 3DG", "London"),
    "CH": ("Bundesplatz 3", "3005", "Bern"),
    "US": ("350 Fifth Avenue", "10118", "New York"),
    "JP": ("1-1 Marunouchi", "100-0005", "Tokyo"),
}
_ANYWHERE = ("Main Street 1", "10000", "Springfield")


def sample_address(allowed: list[str]) -> dict[str, str]:
    """In the first allowed country that we know a place in; Italy if it is allowed."""
    country = "IT" if "IT" in allowed else next((c for c in allowed if c in _PLACES), allowed[0])
    line1, postal_code, city = _PLACES.get(country, _ANYWHERE)
    state = "NY" if country == "US" else ""
    return {"line1": line1, "line2": "", "postal_code": postal_code, "city": city, "state": state, "country": country}


def sample_name(email: str) -> str:
    """`giulia@…` → Giulia."""
    parts = [part for part in re.split(r"[^a-zA-Z]+", email.partition("@")[0]) if part]
    known = " ".join(part.capitalize() for part in parts[:3])
    return known if known and known != "Guest" else "Anna Verdi"
