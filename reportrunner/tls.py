"""Whether certificates in files are of use, told before a connection needs them."""

from __future__ import annotations

import ssl


def authority_fault(file: str) -> str:
    """Say why a file cannot be what a source trusts; empty when it can."""
    try:
        ssl.create_default_context(cafile=file)
    except (OSError, ValueError):
        return "it holds no certificate in PEM form"
    return ""


def certificate_fault(file: str, key: str) -> str:
    """Say why a certificate cannot be shown with this key; empty when it can."""
    try:
        # A password that is never right: an encrypted key must not ask on the terminal.
        ssl.create_default_context().load_cert_chain(file, key, password="")
    except FileNotFoundError:
        return "one of the two files is not there"
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return "the key is another certificate's"
        return "the two files are no certificate and its key in PEM form, or the key is encrypted"
    except OSError as error:
        return f"one of the two files cannot be read: {(error.strerror or 'unknown reason').lower()}"
    return ""
