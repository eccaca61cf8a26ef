"""The stable codes of built-in findings: what each means and what to do about it (`explain CODE`)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CODES: Mapping[str, str] = MappingProxyType(
    {
        "check": "A check of the job found violations. The check's own message says what; `severity` says how bad.",
        "empty": (
            "A dataset came back without rows. Providers answer a broken window or an unknown id with an empty report,"
            ' so this is an error unless the dataset says empty = "warn" or "ok".'
        ),
        "duplicated": (
            "Rows came back twice, identical in every column: the ranking moved between pages. They were dropped."
        ),
        "conflicting": (
            "Rows with one key came back with different values. No row can be trusted over the other; ask again, with"
            " an order, or over a window that has ended. Rows of two packs of an `each` conflict even when they are"
            " equal: packs are not added up, so a row must belong to one of them."
        ),
        "unreconciled": (
            "The sums of a table differ from the provider's own total of the same question: rows are missing or"
            " doubled. Integers must be equal, decimals to 1e-9."
        ),
        "row_count": (
            "The provider's own count of rows, where it can be trusted, differs from the rows that came: some are"
            " missing, or too many. Or a part of a series came without buckets: the service answers none for a stretch"
            " in which nothing happened, and averages over buckets would leave it out; take those buckets as 0 in SQL,"
            " and accept this with that reason."
        ),
        "row_estimate": (
            "The provider estimates many more rows than came. Its estimates are often off by some per cent; this one is"
            " off by more than a tenth."
        ),
        "action.held_back": (
            "An action was not carried out, because a dataset failed or a check found an error before it. Nothing was"
            " changed at the provider."
        ),
        "secret_in_reply": (
            "A reply held a secret of this run, such as its session; *** stands in its place, in the table as in every"
            " document. Ask for other columns, or accept it where the column is not used."
        ),
        "unexpected_column": "An answer had a column that neither catalogue nor job declares. It was dropped.",
        "cloudflare.absent_column": (
            "A column that only the job declares is in no object of the answer. The service may leave out what is null,"
            " or the column's name may be misspelt."
        ),
        "cloudflare.incomplete": (
            "The service had not processed all events of the last intervals, or of the window's end, when it was asked"
            " (data_lag). Their numbers still grow; leave them out, or end the window earlier."
        ),
        "cloudflare.interval_edges": (
            "The intervals of an answer do not begin and end with the window, the first or the last is shorter than the"
            " others, some are missing between them, or the answer says that it is of another span. Its first and last"
            " numbers count more, or less, than was asked. Take a window that begins and ends with whole intervals in"
            " UTC, or a finer time_delta."
        ),
        "cloudflare.orientation": (
            "As many metrics as intervals came, and nothing to hold them against. No source says which of the two comes"
            " first; metrics were taken to, and if they do not, every number stands in the wrong place. Ask for one"
            " interval more or less."
        ),
        "cloudflare.outside_window": (
            "The service answered days that the window does not hold. They were dropped, and are not part of what its"
            " own totals are held against."
        ),
        "cloudflare.repeated_page": (
            "A page of a list held only objects of earlier pages and was taken for the end of the list. If the service"
            " ignores the number of the page, the rest is missing: raise per_page, or ask a shorter window."
        ),
        "cloudflare.truncated": (
            "As many rows came as the limit allows, the dataset's own or the one that the service took by itself: rows"
            " are missing. Raise limit, or ask a shorter window, fewer dimensions or narrower filters."
        ),
        "kaltura.lossy_text": (
            "A table's texts differ from those of a CSV export of the same question: `;` and the delimiter arrive as"
            " blanks in tables (kaltura.md §5.1). Use the export's texts where exact names matter."
        ),
        "kaltura.percent": (
            "A completion rate is above 1. It is documented as a share from 0 to 1, and the service seems to write per"
            " cent: a threshold such as 0.9 would let everybody pass. Divide by 100 in SQL, and"
            " accept this with that reason."
        ),
        "kaltura.vod_only": (
            "Reports of the historical family count on-demand plays only, unless playbackTypeIn is given: live and DVR"
            " audience is silently missing (kaltura.md §5.6)."
        ),
        "kaltura.absent_column": (
            "A column that only the job declares is in no object of the answer. The service leaves out what is null, so"
            " it may be null everywhere, or its name may be misspelt."
        ),
        "livekit.clamped": (
            'A window began earlier than the service answers for, and the job said too_old = "clamp". Sessions of the'
            " earlier days are missing, and sums over the window are too small."
        ),
        "livekit.details_pending": (
            "Sessions came without the participants that they count, or ended a short while ago: the service fills"
            " details in over minutes. Participants, minutes and bytes of these may still grow; run again later."
        ),
        "livekit.repeated_page": (
            "A page of sessions held nothing new and was taken for the end of the list. If sessions began faster than"
            " pages were fetched, or the service ignores the number of the page, some are missing: run again, or raise"
            " limit."
        ),
        "livekit.session_gone": (
            "The service answered 404 for a session that was listed or named. Its details are missing here; if those of"
            " all sessions are, check the source's project."
        ),
        "livekit.undated": (
            "A session came without the moment at which it began. Whether it belongs to the window is not known; it was"
            " kept."
        ),
        "livekit.untimed": (
            "Connections ended before they began, or have an end and no beginning: how long they lasted is not known."
            " Their connectedSeconds are null, and sums over a participant are without them and too small."
        ),
        "rest.full_page": (
            "An answer came as one page, as full as the source's paging asks for, and nothing in it says whether there"
            " is another. Rows are probably missing: compare paging.next with an answer. If the service leaves it out"
            " on its last page and the rows are all there, accept this with that reason."
        ),
        "rest.undated": (
            'Rows came without the timestamp by which zone_mismatch = "covering" keeps rows: whether they lie in the'
            " window is not known. They are kept."
        ),
        "rest.no_next": (
            "An answer came as one page, and nothing in it says whether there is another: the place that the source's"
            " paging names was nowhere. Either the service leaves it out on its last page, or the name is misspelt and"
            " rows are missing. Compare paging with an answer; if one page is all there is, accept this with that"
            " reason."
        ),
        "history.missing_days": (
            "Days of a history's window that no run has kept, or not wholly: the rows of those days are missing, and"
            " sums over the window are too small. Harvest them while the provider still answers for them (run as"
            " of a day on which the window holds them); if they are lost, accept this with that reason."
        ),
        "history.not_kept": (
            "A dataset that accumulates landed with an error finding, and nothing of it was kept: what is doubtful must"
            " not become memory. Mend what the other finding says and run again, or accept it with a reason."
        ),
        "history.undated": (
            "Rows of a history have no value in the column that places them in its window. They are in no window, and"
            " were left out."
        ),
        "window.unfinished": (
            "A window ends after as_of. What lies beyond has not happened, or is not known yet: a later run gives other"
            ' numbers under the same label. Write to = "as_of" (around an event: until = "as_of"), or a window that has'
            " ended."
        ),
        "window.zone_unknown": (
            "No source says in which time zone the endpoint's days are. Numbers near the window's ends may belong to"
            " the neighbouring day."
        ),
    }
)
