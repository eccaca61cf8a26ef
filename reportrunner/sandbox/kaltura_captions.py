"""caption_captionAsset.list (kaltura.md §10), and the filter that asset lists share."""

from __future__ import annotations

from collections.abc import Collection

from reportrunner.sandbox.kaltura_asked import Visit, list_response, listed, pager, refuse_others, required
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_filters import ASSET, CAPTION_ASSET
from reportrunner.sandbox.kaltura_wire import Params, Thing
from reportrunner.sandbox.library import Caption, Item, captions, items

_FILTER = {"entryIdEqual", "entryIdIn", "idEqual", "idIn"}
_SRT = "1"


def asset_entries(params: Params, visit: Visit, narrower: str, more: Collection[str]) -> list[Item]:
    """Find the entries that an asset list asks for; it must name some. ``more``: fields of the ``narrower`` filter."""
    required(params, "filter")
    asked = params["filter"] if isinstance(params["filter"], dict) else {}
    kind = narrower if asked.get("objectType") == narrower else "KalturaAssetFilter"
    known = {*ASSET, *more} if kind == narrower else ASSET
    refuse_others(asked, known, _FILTER, narrower.removeprefix("Kaltura").removesuffix("Filter"))
    wanted = listed(asked, "entryIdEqual") or listed(asked, "entryIdIn")
    if not wanted:
        raise ApiError("PROPERTY_VALIDATION_CANNOT_BE_NULL", PROP_NAME=f"{kind}::entryIdEqual/{kind}::entryIdIn")
    return [one for one in items(visit.library) if one.entry_id in wanted]


def asset_stays(params: Params, asset_id: str) -> bool:
    """Whether the filter keeps an asset of that id."""
    asked = params["filter"]
    wanted = listed(asked, "idEqual") or listed(asked, "idIn")
    return wanted is None or asset_id in wanted


def _thing(found: Item, caption: Caption, number: int, partner: int) -> Thing:
    fields = {
        "id": caption.asset_id,
        "entryId": found.entry_id,
        "partnerId": partner,
        "version": 1,
        "size": 1,
        "tags": "",
        "fileExt": "srt",
        "createdAt": found.created_at + 600,
        "updatedAt": found.created_at + 600,
        "captionParamsId": 0,
        "language": caption.language,
        "languageCode": caption.code,
        "isDefault": int(number == 0),
        "label": caption.language,
        "format": _SRT,
        "status": 2,
        "accuracy": 85 if caption.made else 99,
    }
    return Thing("KalturaCaptionAsset", fields)


def list_captions(params: Params, visit: Visit) -> Thing:
    """``caption_captionAsset.list`` of one or several entries."""
    page = pager(params)
    found = [
        _thing(one, caption, number, visit.session.partner)
        for one in asset_entries(params, visit, "KalturaCaptionAssetFilter", CAPTION_ASSET)
        for number, caption in enumerate(captions(one))
        if asset_stays(params, caption.asset_id)
    ]
    return list_response("KalturaCaptionAssetListResponse", page.page(found), len(found))
