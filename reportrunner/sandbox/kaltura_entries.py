"""baseEntry.list and exportToCsv, category.list (kaltura.md §10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reportrunner.sandbox.categories import CATEGORIES, Category, inside
from reportrunner.sandbox.kaltura_asked import (
    MAX_MATCHES,
    Visit,
    group,
    list_response,
    listed,
    moment,
    ordered,
    pager,
    refuse_others,
)
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_filters import BASE_ENTRY, CATEGORY, MEDIA_ENTRY
from reportrunner.sandbox.kaltura_wire import Params, Thing
from reportrunner.sandbox.library import Item, items
from reportrunner.sandbox.people import people
from reportrunner.sandbox.universe import ACCOUNT_CREATED

_MEDIA = {"Video": 1, "Audio": 5, "Live stream": 201}
_READY = "2"
_ENTRY_FILTER = {
    *("idEqual", "idIn", "idNotIn", "nameLike", "nameEqual", "userIdEqual", "categoriesIdsMatchOr"),
    *("categoryAncestorIdIn", "createdAtGreaterThanOrEqual", "createdAtLessThanOrEqual", "statusEqual", "statusIn"),
    "orderBy",
}
_NARROWER = {f"Kaltura{kind}EntryFilter" for kind in ("Playable", "Media", "Live", "LiveStream")}
_ENTRY_ORDERS: dict[str, Callable[[Item], Any]] = {
    "createdAt": lambda found: (found.created_at, found.entry_id),
    "updatedAt": lambda found: (found.created_at, found.entry_id),
    "name": lambda found: (found.name, found.entry_id),
}


def _full_name(category: Category) -> str:
    return ">".join(step.name for step in category.path)


_CATEGORY_FILTER = {"idEqual", "idIn", "parentIdEqual", "fullNameStartsWith", "fullNameEqual", "orderBy"}
_CATEGORY_ORDERS: dict[str, Callable[[Category], Any]] = {
    "createdAt": lambda found: found.id,
    "depth": lambda found: (len(found.path), found.id),
    "fullName": _full_name,
    "name": lambda found: (found.name, found.id),
}


def entry_thing(found: Item, partner: int) -> Thing:
    """Describe an entry as the API does."""
    category = next(one for one in CATEGORIES if one.id == found.category)
    fields: dict[str, Any] = {
        "id": found.entry_id,
        "name": found.name,
        "partnerId": partner,
        "userId": found.owner,
        "creatorId": found.owner,
        "tags": ", ".join(found.tags),
        "categories": _full_name(category),
        "categoriesIds": str(category.id),
        "status": _READY,
        "type": "7" if found.live else "1",
        "createdAt": found.created_at,
        "updatedAt": found.created_at,
        "duration": found.duration,
        "msDuration": found.duration * 1000,
        "mediaType": _MEDIA[found.media_type],
        "sourceType": "32" if found.live else "1",
    }
    return Thing("KalturaLiveStreamEntry" if found.live else "KalturaMediaEntry", fields)


def list_entries(params: Params, visit: Visit) -> Thing:
    """``baseEntry.list``: pages capped at 500 silently, an error beyond 10,000 matches."""
    asked, page = group(params, "filter"), pager(params)
    narrower = str(asked.get("objectType")) in _NARROWER
    refuse_others(asked, BASE_ENTRY | MEDIA_ENTRY if narrower else BASE_ENTRY, _ENTRY_FILTER, "baseEntry.list")
    if page.size * page.index > MAX_MATCHES:
        raise ApiError("QUERY_EXCEEDED_MAX_MATCHES_ALLOWED")
    stays = _entry_filter(asked, visit.now)
    order = str(asked.get("orderBy") or "")
    found = ordered([one for one in items(visit.library) if stays(one)], order, _ENTRY_ORDERS, "-createdAt")
    objects = [entry_thing(one, visit.session.partner) for one in page.page(found)]
    return list_response("KalturaBaseEntryListResponse", objects, len(found))


def _entry_filter(asked: Params, now: int) -> Callable[[Item], bool]:
    one, some, none = listed(asked, "idEqual"), listed(asked, "idIn"), listed(asked, "idNotIn")
    status = listed(asked, "statusIn") or listed(asked, "statusEqual")
    like, name = str(asked.get("nameLike") or "").lower(), str(asked.get("nameEqual") or "")
    owner = str(asked.get("userIdEqual") or "")
    exact, above = listed(asked, "categoriesIdsMatchOr"), listed(asked, "categoryAncestorIdIn")
    below = {str(one) for text in above or () if text.isdecimal() for one in inside(int(text))}
    since, until = (moment(asked, f"createdAt{end}ThanOrEqual", now) for end in ("Greater", "Less"))

    def stays(found: Item) -> bool:
        return (
            (one is None or found.entry_id in one)
            and (some is None or found.entry_id in some)
            and (none is None or found.entry_id not in none)
            and (status is None or _READY in status)
            and like in found.name.lower()
            and name in ("", found.name)
            and owner in ("", found.owner)
            and (exact is None or str(found.category) in exact)
            and (above is None or str(found.category) in below)
            and (not since or found.created_at >= since)
            and (not until or found.created_at <= until)
        )

    return stays


def export_address(visit: Visit) -> str:
    """Give the e-mail address an export goes to; raises USER_EMAIL_NOT_FOUND when the session's user has none."""
    person = people().get(visit.session.user)
    if person is None:
        raise ApiError("USER_EMAIL_NOT_FOUND", USER_ID=visit.session.user)
    return person.email


def export_entries(_params: Params, visit: Visit) -> str:
    """``baseEntry.exportToCsv``: the address; no mail is sent."""
    return export_address(visit)


def _category_thing(category: Category, visit: Visit) -> Thing:
    library = items(visit.library)
    direct = sum(one.category == category.id for one in library)
    fields: dict[str, Any] = {
        "id": category.id,
        "parentId": category.parent,
        "depth": len(category.path) - 1,
        "partnerId": visit.session.partner,
        "name": category.name,
        "fullName": _full_name(category),
        "fullIds": ">".join(str(step.id) for step in category.path),
        "entriesCount": sum(one.category in inside(category.id) for one in library),
        "createdAt": ACCOUNT_CREATED + category.id,
        "updatedAt": ACCOUNT_CREATED + category.id,
        "directEntriesCount": direct,
        "status": 2,
        "directSubCategoriesCount": sum(other.parent == category.id for other in CATEGORIES),
    }
    return Thing("KalturaCategory", fields)


def list_categories(params: Params, visit: Visit) -> Thing:
    """``category.list``."""
    asked, page = group(params, "filter"), pager(params)
    refuse_others(asked, CATEGORY, _CATEGORY_FILTER, "category.list")
    one, some, parent = listed(asked, "idEqual"), listed(asked, "idIn"), listed(asked, "parentIdEqual")
    starts, full = str(asked.get("fullNameStartsWith") or ""), str(asked.get("fullNameEqual") or "")
    found = [
        category
        for category in CATEGORIES
        if (one is None or str(category.id) in one)
        and (some is None or str(category.id) in some)
        and (parent is None or str(category.parent) in parent)
        and _full_name(category).startswith(starts)
        and full in ("", _full_name(category))
    ]
    found = ordered(found, str(asked.get("orderBy") or ""), _CATEGORY_ORDERS, "+createdAt")
    objects = [_category_thing(category, visit) for category in page.page(found)]
    return list_response("KalturaCategoryListResponse", objects, len(found))
