"""`reportrunner sandbox`."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import click


@click.command("sandbox")
@click.option("--port", default=0, show_default="a free one", type=click.IntRange(0, 65535))
@click.option("--partner", default=10042, show_default=True, help="The Kaltura account it serves.")
@click.option("--fault", "faults", multiple=True, metavar="NAME=VALUE", help="Switch a fault on; may repeat.")
def command(port: int, partner: int, faults: Sequence[str]) -> int:
    """Serve the stand-in for all providers on loopback until interrupted.

    The first line of standard output is its base URL. The credentials it takes are printed to standard error.
    """
    from reportrunner.cli.terminal import say
    from reportrunner.sandbox import CREDENTIALS, SANDBOX_ADMIN_SECRET, SANDBOX_KS, Faults, Sandbox

    try:
        switched = Faults.parse(list(faults))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from None
    try:
        sandbox = Sandbox(clock=time.time, port=port, faults=switched, partner=partner).start()
    except OSError as error:
        raise click.UsageError(f"cannot listen on port {port}: {error.strerror}") from None
    try:
        click.echo(sandbox.base_url)
        say(f"the sandbox serves Kaltura account {partner} and the Reports Microservice; interrupt to stop")
        say(f"admin secret: {SANDBOX_ADMIN_SECRET}")
        say(f"session (ks): {SANDBOX_KS}")
        say(f"LiveKit key and secret: {CREDENTIALS['livekit']['api_key']} {CREDENTIALS['livekit']['api_secret']}")
        threading.Event().wait()
    finally:
        sandbox.stop()
    return 0
