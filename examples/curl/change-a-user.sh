#!/bin/sh
# NAMEPLATE_URL=… NAMEPLATE_TOKEN=… sh change-a-user.sh <user id, percent-encoded> <name>
# Changes the name of a user, unless somebody else changes the user in between.
set -eu
place=$(mktemp -d)
trap 'rm -r "$place"' EXIT

# curl sends again after 429 and 503, when Retry-After says; the loop does when there is no answer.
send() {
  for attempt in 1 2 3 4; do
    status=0
    curl -sS --fail-with-body --retry 4 -D "$place/headers" -o "$place/answer" \
      -H "Authorization: Bearer $NAMEPLATE_TOKEN" "$@" "$NAMEPLATE_URL/api/users/$user" || status=$?
    case $status in
      0) return ;;
      22) break ;;
    esac
    sleep "$attempt"
  done
  [ ! -f "$place/answer" ] || cat "$place/answer" >&2
  exit 1
}

user=${1:?which user, and then which name}
name=$(printf %s "$2" | sed 's/[\\"]/\\&/g')
send
etag=$(sed -n 's/^[Ee][Tt][Aa][Gg]: *\("[^"]*"\).*/\1/p' "$place/headers")
# One key for all attempts. 412 when somebody else was faster.
key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
send -X PATCH -d "{\"name\":\"$name\"}" \
  -H "Content-Type: application/json" -H "If-Match: $etag" -H "Idempotency-Key: $key"
cat "$place/answer"
