"""The people of the sandbox's account: one company's learners, outside watchers, guests of live events."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

LEARNERS = 640
ANONYMOUS = "Unknown"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _words(
    "Ana Åsa Bruno Chloé Dmitri Elif Farid Grace Hana Ines Jörg Kofi Lena Mateo Nadia Olu Priya Quentin Rosa "
    "Sinéad Tomáš Uma Viktor Wanda Xavier Yuki Zoë Amir Beatriz Cem Dana Emeka Freya Gustav Henrik Ivana "
    "Jamal Kasia Leïla Marc"
)
_LAST = _words(
    "Berg Okafor Núñez Schmidt Tanaka Öberg Rossi Kowalska Haddad Murphy Silva Petrov Yilmaz Andersen Dubois "
    "Novák Mensah Fischer Garcia Lindqvist Moreau Iyer Castro Weber Bianchi Larsen Costa Hughes Kaya Marin "
    "Sokolov Blanc Eriksen Pereira Vogel Quist Adeyemi Horvat Keller Zhang"
)
_MANAGERS = _words(
    "m.ortega s.lind j.park a.nowak r.banerjee k.meyer t.oconnor l.fontaine d.abebe h.sato p.ricci e.larsson "
    "n.haddad c.whitfield"
)
_COMPANIES = ("Example Corp", "Example Logistics, Inc.", "Example Labs", "Example Retail")

# Names that break naive readers of the wire: its two separators, a quote, a formula, another script.
_AWKWARD_NAMES = {
    17: "Berg; Ana Lucía",
    58: "Jon | Facilities",
    101: 'Sinéad "Shay" Murphy',
    144: "=Max Muster",
    203: "山田 花子",
    377: "Fontaine, Leïla",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account: learners have a manager, everybody else has none."""

    user_id: str
    name: str
    email: str
    manager: str
    company: str

    @property
    def first_name(self) -> str:
        """The name up to its first space."""
        return self.name.partition(" ")[0]

    @property
    def last_name(self) -> str:
        """The name after its first space."""
        return self.name.partition(" ")[2]


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def _learner(number: int) -> Person:
    # 3 and 40 share no factor: no two of the first 1600 learners get the same pair of names.
    first = _FIRST[number % 40]
    last = _LAST[(number % 40 + 3 * (number // 40)) % 40]
    user_id = f"{_ascii(first)}.{_ascii(last)}@example.org"
    name = _AWKWARD_NAMES.get(number, f"{first} {last}")
    return Person(user_id, name, user_id, _MANAGERS[number * 5 % 14], _COMPANIES[number * 7 % 4])


@cache
def roster() -> tuple[Person, ...]:
    """List the learners who should have watched the courses, in account order."""
    return tuple(_learner(number) for number in range(LEARNERS))


@cache
def watchers() -> tuple[Person, ...]:
    """People who watch the courses without being on the roster (contractors)."""
    names = (
        "Dana Quill",
        "Ravi Menon",
        "Olga Brandt",
        "Pete Hollis",
        "Mina Sørby",
        "Luc Tessier",
        "Jo Abara",
        "Kit Wren",
    )
    ids = (
        "dana.quill",
        "ravi.menon",
        "olga.brandt",
        "pete.hollis",
        "mina.sorby",
        "luc.tessier",
        "jo.abara",
        "kit.wren",
    )
    return tuple(
        Person(f"{user}@contractor.example", name, f"{user}@contractor.example", "", "Contractor")
        for user, name in zip(ids, names, strict=True)
    )


@cache
def guests() -> tuple[Person, ...]:
    """People who only come to live events (customers, investors)."""
    return tuple(
        Person(f"guest.{n:03d}@partner.example", f"Guest {n:03d}", f"guest.{n:03d}@partner.example", "", "Partner")
        for n in range(1, 121)
    )


@cache
def people() -> dict[str, Person]:
    """Everybody with an account, by user id; anonymous viewers are in nobody's list."""
    return {person.user_id: person for person in (*roster(), *watchers(), *guests())}
