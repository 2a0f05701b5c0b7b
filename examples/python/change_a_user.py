"""NAMEPLATE_URL=… NAMEPLATE_TOKEN=… python3 change_a_user.py <user id> <name>

Changes the name of a user, unless somebody else changes the user in between.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

ATTEMPTS = 5


def send(method, path, body=None, headers=None):
    """Sends again what was not answered, or with 429 or 503; safe for a write that has a key."""
    request = urllib.request.Request(
        os.environ["NAMEPLATE_URL"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": "Bearer " + os.environ["NAMEPLATE_TOKEN"],
            "Content-Type": "application/json",
            **(headers or {}),
        },
    )
    for attempt in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response), response.headers
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503) or attempt == ATTEMPTS - 1:
                raise
            wait = int(error.headers.get("Retry-After", 1))
        except OSError:
            if attempt == ATTEMPTS - 1:
                raise
            wait = 2**attempt
        time.sleep(wait)


path = "/api/users/" + urllib.parse.quote(sys.argv[1], safe="")
user, headers = send("GET", path)
try:
    user, _ = send(
        "PATCH",
        path,
        {"name": sys.argv[2]},
        {"If-Match": headers["ETag"], "Idempotency-Key": str(uuid.uuid4())},
    )
except urllib.error.HTTPError as error:
    # A problem (RFC 9457): 412 when somebody else was faster, 400 with `errors` for a name that is none.
    sys.exit(error.read().decode())
print(json.dumps(user))
