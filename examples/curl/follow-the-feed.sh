#!/bin/sh
# NAMEPLATE_URL=… NAMEPLATE_TOKEN=… sh follow-the-feed.sh [sequence]
# Prints every change behind a place in the feed, as arrays of JSON, and waits for more.
set -eu
after=${1:-0}
place=$(mktemp -d)
trap 'rm -r "$place"' EXIT

while true; do
  status=0
  curl -sS --fail-with-body --retry 1000 --max-time 70 -D "$place/headers" -o "$place/events" \
    -H "Authorization: Bearer $NAMEPLATE_TOKEN" \
    "$NAMEPLATE_URL/api/events?after=$after&limit=100&wait=25" || status=$?
  case $status in
    0) ;;
    # 410: what is behind this place is no longer kept, so that all users must be read anew.
    22) cat "$place/events" >&2; exit 1 ;;
    *) sleep 1; continue ;;
  esac
  if [ "$(cat "$place/events")" != '[]' ]; then cat "$place/events"; echo; fi
  # Kept somewhere, it is where to go on after a restart.
  after=$(sed -n 's/^[Ll]ink:.*[?&]after=\([0-9]*\).*/\1/p' "$place/headers" | tail -1)
done
