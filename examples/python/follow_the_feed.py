"""NAMEPLATE_URL=… NAMEPLATE_TOKEN=… python3 follow_the_feed.py [sequence]

Prints every change behind a place in the feed, and waits for more.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

after = sys.argv[1] if len(sys.argv) > 1 else "0"
while True:
    request = urllib.request.Request(
        f"{os.environ['NAMEPLATE_URL']}/api/events?after={after}&wait=25",
        headers={"Authorization": "Bearer " + os.environ["NAMEPLATE_TOKEN"]},
    )
    try:
        with urllib.request.urlopen(request, timeout=70) as response:
            events = json.load(response)
    except urllib.error.HTTPError as error:
        # 410: what is behind this place is no longer kept, so that all users must be read anew.
        if error.code not in (429, 503):
            sys.exit(error.read().decode())
        time.sleep(int(error.headers.get("Retry-After", 1)))
        continue
    except (OSError, ValueError):
        time.sleep(1)
        continue
    for event in events:
        print(event["sequence"], event["type"], event.get("subject", ""), flush=True)
        # Kept somewhere, it is where to go on after a restart.
        after = event["sequence"]
