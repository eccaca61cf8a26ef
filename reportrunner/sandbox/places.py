"""Where the sandbox's plays come from: countries, regions, cities with coordinates, world regions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from reportrunner.sandbox.universe import Event


@dataclass(frozen=True, slots=True)
class Country:
    """A country as reports name it: short code, coordinates as ``lat/long``, and its cities by region."""

    code: str
    coordinates: str
    world_region: str
    cities: tuple[tuple[str, str, str], ...]
    """(region, city, coordinates)"""


COUNTRIES = {
    "United States": Country(
        "US",
        "37.09/-95.71",
        "North America",
        (
            ("New York", "New York", "40.71/-74.01"),
            ("New York", "Buffalo", "42.89/-78.88"),
            ("California", "San Francisco", "37.77/-122.42"),
            ("Texas", "Austin", "30.27/-97.74"),
            ("District of Columbia", "Washington, D.C.", "38.91/-77.04"),
        ),
    ),
    "Germany": Country(
        "DE",
        "51.17/10.45",
        "Europe",
        (
            ("Berlin", "Berlin", "52.52/13.41"),
            ("Bavaria", "München", "48.14/11.58"),
            ("Bavaria", "Nürnberg", "49.45/11.08"),
        ),
    ),
    "United Kingdom": Country(
        "GB", "55.38/-3.44", "Europe", (("England", "London", "51.51/-0.13"), ("Scotland", "Edinburgh", "55.95/-3.19"))
    ),
    "Japan": Country(
        "JP", "36.20/138.25", "Asia", (("Tokyo", "Tokyo", "35.68/139.69"), ("Osaka", "Osaka", "34.69/135.50"))
    ),
    "Brazil": Country(
        "BR",
        "-14.24/-51.93",
        "South America",
        (("São Paulo", "São Paulo", "-23.55/-46.63"), ("Bahia", "Salvador", "-12.97/-38.50")),
    ),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where one play was watched."""

    country: str
    region: str
    city: str
    coordinates: str


@cache
def _places(country: str) -> tuple[Place, ...]:
    return tuple(Place(country, *city) for city in COUNTRIES[country].cities)


def place(event: Event) -> Place:
    """Find the place of a play."""
    places = _places(event.country)
    return places[event.traits[0] % len(places)]


@cache
def region_coordinates(country: str, region: str) -> str:
    """Return the coordinates of a region: those of its first city."""
    return next(found.coordinates for found in _places(country) if found.region == region)
