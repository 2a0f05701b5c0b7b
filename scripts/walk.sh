#!/bin/sh
# Walks one user through every route with curl and checks each answer.
#   npm start, and in another terminal: sh scripts/walk.sh
# PORT, or BASE_URL, USER_TOKEN (of the user «walker») and MANAGEMENT_TOKEN may be given.
set -eu
BASE_URL=${BASE_URL:-http://localhost:${PORT:-3000}}
USER_TOKEN=${USER_TOKEN:-$(npm run -s token -- user walker)}
MANAGEMENT_TOKEN=${MANAGEMENT_TOKEN:-$(npm run -s token -- management)}
count=0
if ! curl -s -o /dev/null "$BASE_URL/health/live"; then
  echo "nothing answers at $BASE_URL" >&2
  exit 1
fi

# check STATUS TEXT METHOD PATH [BODY [HEADER]]: TEXT must be in the answer, headers included.
check() {
  status=$1 text=$2 method=$3 path=$4 body=${5-} header=${6-Accept: */*}
  case $path in
    /api/profile*) token=$USER_TOKEN ;;
    *) token=$MANAGEMENT_TOKEN ;;
  esac
  set -- -s -i -X "$method" -H "Authorization: Bearer $token" -H "$header" -w '\n%{http_code}'
  if [ -n "$body" ]; then
    case $header in
      Content-Type:*) ;;
      *) set -- "$@" -H 'Content-Type: application/json' ;;
    esac
    set -- "$@" -d "$body"
  fi
  answer=$(curl "$@" "$BASE_URL$path")
  case $answer in
    *"$text"*"
$status") count=$((count + 1)) ;;
    *)
      printf 'FAILED %s %s: wanted %s and «%s»\n%s\n' "$method" "$path" "$status" "$text" "$answer" >&2
      exit 1
      ;;
  esac
}

merge='Content-Type: application/merge-patch+json'
one=/api/users/walker

check 200 '"status":"ok"' GET /health/live
check 200 '"status":"ok"' GET /health/ready
curl -s -o /dev/null -X DELETE -H "Authorization: Bearer $MANAGEMENT_TOKEN" "$BASE_URL$one"

check 404 entity.not_found GET /api/profile
check 201 'ocation: users/walker' POST /api/users '{"id":"walker","name":"Walker","customData":{"a":1}}'
check 422 user.id_already_in_use POST /api/users '{"id":"walker"}'
check 200 '"name":"Walker"' GET $one
# Versions go on where an earlier walker's ended.
tag=$(printf '%s' "$answer" | sed -n 's/^[Ee][Tt]ag: *\("[0-9]*"\).*/\1/p')
check 304 "tag: $tag" GET $one '' "If-None-Match: $tag"
check 200 '"id":"walker"' GET '/api/users?search=walker'
check 200 '"id":"walker"' GET '/api/users?cursor=&search.id=walker&mode.id=exact'

check 200 '"username":"walker_1"' PATCH /api/profile '{"name":"W","avatar":"https://example.com/w.png","username":"walker_1"}'
check 200 '"avatar":null' PATCH /api/profile '{"avatar":null}'
check 400 '"pointer":"/primaryEmail"' PATCH /api/profile '{"primaryEmail":"w@example.com"}'
check 200 '"primaryPhone":"61498765432"' PATCH $one '{"primaryEmail":"walker@example.com","primaryPhone":"610498765432"}'
check 412 request.precondition_failed PATCH $one '{"name":"x"}' 'If-Match: "1"'
check 200 '"customData":{}' PATCH $one '{"customData":{"a":null}}' "$merge"
check 200 '"walker@example.com"' GET /api/profile

check 200 '{"b":{"c":1}}' PATCH $one/custom-data '{"customData":{"b":{"c":1}}}'
check 200 '{"b":{"d":2}}' PATCH $one/custom-data '{"b":{"c":null,"d":2}}' "$merge"
check 200 '{"b":{"d":2}}' GET $one/custom-data
check 200 '"nickname":"W"' PATCH $one/profile '{"profile":{"nickname":"W"}}'
check 200 '"givenName":"Wal"' PATCH /api/profile/profile '{"givenName":"Wal"}'
check 200 '{"givenName":"Wal"}' PATCH /api/profile/profile '{"nickname":null}' "$merge"
check 200 '{"givenName":"Wal"}' GET $one/profile

check 201 '"github":{' PUT $one/identities/github '{"userId":"walker-github","details":{"login":"w"}}'
check 200 '"github":{' PUT $one/identities/github '{"userId":"walker-github-2"}'
check 200 '"identities":{}' DELETE $one/identities/github
check 201 '"ssoConnectorId":"okta"' PUT $one/sso-identities/okta '{"issuer":"https://idp.example","identityId":"walker"}'
check 200 '"ssoIdentities":[]' DELETE $one/sso-identities/okta

check 200 '{"hasPassword":false}' GET $one/has-password
check 200 '"hasPassword":true' PATCH $one/password '{"password":"correct horse"}'
check 204 '' POST $one/password/verify '{"password":"correct horse"}'
check 422 session.invalid_credentials POST $one/password/verify '{"password":"wrong"}'
check 200 '"lastSignInAt":1700000000000' PATCH $one/sign-in '{"lastSignInAt":1700000000000,"applicationId":"web"}'

check 200 '"isSuspended":true' PATCH $one/is-suspended '{"isSuspended":true}'
check 403 user.suspended PATCH /api/profile '{"name":"x"}'
check 200 '"isSuspended":false' PATCH $one/is-suspended '{"isSuspended":false}'

# Disabled, so that nothing of the walk is sent there.
check 201 '"secret":"whsec_' POST /api/hooks '{"url":"https://example.com/hook","enabled":false}'
hook=/api/hooks/$(echo "$answer" | sed -n 's/.*"id":"\([0-9a-z]*\)".*/\1/p')
check 200 '"types":["User.Deleted"]' PATCH $hook '{"types":["User.Deleted"]}'
check 200 '"headers":{"A":"b"}' PATCH $hook '{"headers":{"A":"b"}}' "$merge"
check 200 '"enabled":false' GET $hook
check 200 '"secret":"whsec_' POST $hook/rotate-secret
check 200 '[]' GET $hook/deliveries
check 202 '{"replayed":0}' POST $hook/replay '{"state":"dead"}'
check 404 entity.not_found POST $hook/deliveries/1/replay
check 204 '' DELETE $hook

check 200 '"changes":[{"new":"Dry"' PATCH "$one?dryRun=true" '{"name":"Dry"}'
check 200 '"name":"Once"' PATCH $one '{"name":"Once"}' "Idempotency-Key: walk-$$"
check 200 'dempotency-replayed: true' PATCH $one '{"name":"Once"}' "Idempotency-Key: walk-$$"
check 422 request.idempotency_key_mismatch PATCH $one '{"name":"Twice"}' "Idempotency-Key: walk-$$"
check 200 '"pointer": "/name"' GET $one/events
check 200 '"type":"User.Created"' GET '/api/events?types=User.Created&limit=1000'

check 204 '' DELETE "$one?erase=true"
check 200 '"type":"User.Deleted"' GET $one/events
check 404 entity.not_found GET $one

echo "$count answers, all as they should be"
