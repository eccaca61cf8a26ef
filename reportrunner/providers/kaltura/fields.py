"""Columns and codes of the listed objects, as the official client library types them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from reportrunner.providers.kaltura.listing import coded, column
from reportrunner.table import ColumnType

Names = Mapping[str, str]
Words = Mapping[str, tuple[str, Names]]
"""A column of words: the field whose code it spells, and the words."""

CORE = "KalturaGeneratedAPIClientsPython (Core.py)"
CAPTION = "KalturaGeneratedAPIClientsPython (Caption.py)"
NODES = "kaltura.md §10 (source-proven)"
S, I, B, T = ColumnType.STRING, ColumnType.INTEGER, ColumnType.BOOLEAN, ColumnType.TIMESTAMP  # noqa: E741

ENTRY_STATUSES: Names = {
    "-2": "error_importing",
    "-1": "error_converting",
    "0": "import",
    "1": "preconvert",
    "2": "ready",
    "3": "deleted",
    "4": "pending",
    "5": "moderate",
    "6": "blocked",
    "7": "no_content",
    "virusScan.Infected": "infected",
    "virusScan.ScanFailure": "scan_failure",
}
ENTRY_TYPES: Names = {
    "-1": "automatic",
    "1": "media_clip",
    "2": "mix",
    "5": "playlist",
    "6": "data",
    "7": "live_stream",
    "8": "live_channel",
    "10": "document",
    "externalMedia.externalMedia": "external_media",
    "room.room": "room",
}
MEDIA_TYPES: Names = {
    "1": "video",
    "2": "image",
    "5": "audio",
    "201": "live_stream_flash",
    "202": "live_stream_windows_media",
    "203": "live_stream_real_media",
    "204": "live_stream_quicktime",
}
ENTRY_WORDS: Words = {
    "status_name": ("status", ENTRY_STATUSES),
    "type_name": ("type", ENTRY_TYPES),
    "media_type_name": ("mediaType", MEDIA_TYPES),
}
ENTRIES = (
    column(S, "id", "Entry id", CORE),
    column(S, "name", "Name", CORE, personal=None),
    column(S, "description", "Description", CORE, personal=None),
    column(T, "createdAt", "When it was made", CORE),
    column(T, "updatedAt", "When it was last changed", CORE),
    column(I, "duration", "Length", CORE, unit="s", additive=True),
    column(S, "type", "Code of the kind of entry", CORE),
    column(S, "type_name", "Kind of entry", CORE),
    column(I, "mediaType", "Code of the kind of media", CORE),
    column(S, "media_type_name", "Kind of media", CORE),
    column(S, "status", "Code of the status", CORE),
    column(S, "status_name", "Status", CORE),
    column(S, "tags", "Tags, joined by commas", CORE),
    column(S, "categories", "Full names of its categories, joined by commas", CORE),
    column(S, "categoriesIds", "Ids of its categories, joined by commas", CORE),
    column(S, "referenceId", "Id in a system of the account's own", CORE),
    column(S, "userId", "Who owns it", CORE, personal=True),
    column(I, "plays", "Plays since it was made", CORE, unit="plays", additive=True),
    column(I, "views", "Loads of its player since it was made", CORE, unit="views", additive=True),
    column(T, "lastPlayedAt", "When it was last played", CORE),
)

CATEGORIES = (
    column(I, "id", "Category id", CORE),
    column(S, "name", "Name", CORE),
    column(S, "fullName", "Name with those of its parents, joined by >", CORE),
    column(S, "fullIds", "Id with those of its parents, joined by >", CORE),
    column(I, "parentId", "Id of the parent", CORE),
    column(I, "depth", "How many parents it has", CORE, additive=False),
    column(I, "entriesCount", "Entries in it and in what is under it", CORE, unit="entries", additive=False),
    column(I, "directEntriesCount", "Entries in it", CORE, unit="entries", additive=False),
    column(I, "membersCount", "Members", CORE, unit="users", additive=False),
    column(S, "owner", "Who owns it", CORE, personal=True),
    column(S, "tags", "Tags, joined by commas", CORE),
    column(S, "referenceId", "Id in a system of the account's own", CORE),
    column(T, "createdAt", "When it was made", CORE),
    column(T, "updatedAt", "When it was last changed", CORE),
)

CAPTION_STATUSES: Names = {
    "-1": "error",
    "0": "queued",
    "2": "ready",
    "3": "deleted",
    "7": "importing",
    "9": "exporting",
}
CAPTION_WORDS: Words = {
    "format_name": ("format", {"1": "srt", "2": "dfxp", "3": "webvtt", "4": "cap", "5": "scc"}),
    "status_name": ("status", CAPTION_STATUSES),
}
CAPTIONS = (
    column(S, "id", "Id of the caption", CAPTION),
    column(S, "entryId", "Entry id", CAPTION),
    column(S, "language", "Language in English", CAPTION),
    column(S, "languageCode", "Code of the language", CAPTION),
    column(S, "label", "Label that players show", CAPTION),
    column(S, "format", "Code of the file format", CAPTION),
    column(S, "format_name", "File format", CAPTION),
    column(B, "isDefault", "Whether players show it first", CAPTION),
    column(I, "status", "Code of the status", CAPTION),
    column(S, "status_name", "Status", CAPTION),
    column(I, "accuracy", "Accuracy in percent", CAPTION, unit="%", additive=False),
    column(B, "displayOnPlayer", "Whether players offer it", CAPTION),
    column(T, "createdAt", "When it was made", CAPTION),
    column(T, "updatedAt", "When it was last changed", CAPTION),
)

SERVER_STATUSES: Names = {
    "-1": "error",
    "0": "stopped",
    "1": "playable",
    "2": "broadcasting",
    "3": "authenticated",
    "4": "marked_for_deletion",
    "5": "task_pending",
    "6": "task_queued",
    "7": "task_processing",
    "8": "task_uploading",
    "9": "task_finished",
}
SERVER_TYPES: Names = {"0": "primary", "1": "backup", "2": "clipping"}
SERVER_WORDS: Words = {
    "status_name": ("status", SERVER_STATUSES),
    "server_type_name": ("serverType", SERVER_TYPES),
}
SERVERS = (
    column(I, "id", "Id of the pair of entry and server", NODES),
    column(S, "entryId", "Live entry", NODES),
    column(I, "serverNodeId", "Id of the server", NODES),
    column(I, "status", "Code of the status", NODES),
    column(S, "status_name", "Status", NODES),
    column(S, "serverType", "Code of the stream", NODES),
    column(S, "server_type_name", "primary, backup or clipping", NODES),
    column(T, "createdAt", "When it was made", CORE),
    column(T, "updatedAt", "When it was last changed", CORE),
)

TASK_STATUSES: Names = {
    "1": "pending",
    "2": "ready",
    "3": "processing",
    "4": "pending_moderation",
    "5": "rejected",
    "6": "error",
    "7": "aborted",
    "8": "pending_entry_ready",
    "9": "scheduled",
}

EntryStatuses = Annotated[list[Annotated[str, coded(ENTRY_STATUSES, "entry status")]], Field(min_length=1)]
EntryTypes = Annotated[list[Annotated[str, coded(ENTRY_TYPES, "entry type")]], Field(min_length=1)]
CaptionStatuses = Annotated[list[Annotated[str, coded(CAPTION_STATUSES, "caption status")]], Field(min_length=1)]
ServerStatuses = Annotated[list[Annotated[str, coded(SERVER_STATUSES, "server status")]], Field(min_length=1)]
ServerTypes = Annotated[list[Annotated[str, coded(SERVER_TYPES, "server type")]], Field(min_length=1)]
TaskStatuses = Annotated[list[Annotated[str, coded(TASK_STATUSES, "task status")]], Field(min_length=1)]
