"""thumbAsset: the pictures of entries, kept in memory (kaltura.md §10)."""

from __future__ import annotations

import threading
from typing import Any

from reportrunner.sandbox.kaltura_asked import Visit, list_response, pager, required
from reportrunner.sandbox.kaltura_captions import asset_entries, asset_stays
from reportrunner.sandbox.kaltura_errors import ApiError
from reportrunner.sandbox.kaltura_filters import THUMB_ASSET
from reportrunner.sandbox.kaltura_wire import Params, Thing
from reportrunner.sandbox.library import Item, item

_DEFAULT = "default_thumb"


class Thumbnails:
    """One picture an entry and those generated so far; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[tuple[int, str], list[dict[str, Any]]] = {}
        self._default: dict[tuple[int, str], str] = {}

    def list_thumbs(self, params: Params, visit: Visit) -> Thing:
        """``thumbAsset.list`` of one or several entries."""
        page = pager(params)
        with self._lock:
            found = [
                thumb
                for one in asset_entries(params, visit, "KalturaThumbAssetFilter", THUMB_ASSET)
                for thumb in self._of(one, visit)
                if asset_stays(params, thumb.fields["id"])
            ]
        return list_response("KalturaThumbAssetListResponse", page.page(found), len(found))

    def generate(self, params: Params, visit: Visit) -> Thing:
        """``thumbAsset.generate``: a frame of an entry becomes a picture, not yet its default."""
        entry_id = str(required(params, "entryId"))
        required(params, "thumbParams")
        one = item(entry_id, visit.library)
        if one is None:
            raise ApiError("ENTRY_ID_NOT_FOUND", ENTRY_ID=entry_id)
        with self._lock:
            made = self._made.setdefault((visit.session.partner, entry_id), [])
            made.append({"id": f"{entry_id}_t{len(made) + 1}", "createdAt": visit.now, "updatedAt": visit.now})
            return self._of(one, visit)[-1]

    def set_default(self, params: Params, visit: Visit) -> None:
        """``thumbAsset.setAsDefault``: void."""
        wanted = str(required(params, "thumbAssetId"))
        one = item(wanted.rpartition("_t")[0], visit.library)
        with self._lock:
            if one is None or wanted not in {thumb.fields["id"] for thumb in self._of(one, visit)}:
                raise ApiError("THUMB_ASSET_ID_NOT_FOUND", THUMB_ASSET_ID=wanted)
            self._default[visit.session.partner, one.entry_id] = wanted

    def _of(self, one: Item, visit: Visit) -> list[Thing]:
        key = (visit.session.partner, one.entry_id)
        first = {"id": f"{one.entry_id}_t0", "createdAt": one.created_at, "updatedAt": one.created_at}
        default = self._default.get(key, first["id"])
        return [
            Thing(
                "KalturaThumbAsset",
                {
                    **thumb,
                    "entryId": one.entry_id,
                    "partnerId": visit.session.partner,
                    "version": 1,
                    "tags": _DEFAULT if thumb["id"] == default else "",
                    "fileExt": "jpg",
                    "thumbParamsId": 0,
                    "width": 640,
                    "height": 360,
                    "status": 2,
                },
            )
            for thumb in (first, *self._made.get(key, []))
        ]
