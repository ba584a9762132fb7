#!/bin/sh
# Hands a CCE job over to the notifier and waits until it has ended. Needs curl (7.55 or newer) and a POSIX shell.
#
#   watch.sh JOB_ID
#   watch.sh --reply FILE      the job ID is found in the reply of a CCE create or delete call; - is stdin
#
# NOTIFIER_URL    the notifier's address
# NOTIFIER_TOKEN  its token; or, in GitHub Actions with the permission "id-token: write", NOTIFIER_AUDIENCE
# PROJECT         a project of the notifier's config; by default its own choice
# NOTIFY          targets to tell, separated by commas; by default the notifier's own choice
# ACTOR, PIPELINE, RUN_URL, COMMIT   shown in notifications, each as it is: nothing needs to be encoded
# WAIT=no         hands over, and does not wait
#
# Prints state=… and, where it has not succeeded, reason=… in one line each; on stderr what the notifier refuses, and why.
# Exit status: 0 succeeded, 1 failed, 2 wrong usage (also what the notifier finds wrong: 400, 409, 413, 415, 422),
# 3 timed out, lost or stopped, 4 cannot reach or not allowed.
set -eu
# Characters are bytes, whatever the language.
LC_ALL=C
export LC_ALL

give_up() {
  echo "watch.sh: $2" >&2
  exit "$1"
}

usage() { give_up 2 "$1"; }

# Percent-encodes a text, byte by byte (RFC 3986, section 2.1).
encode() {
  printf '%s' "$1" | od -A n -v -t x1 | tr -d ' \n' | sed 's/../%&/g'
}

# Adds a parameter to the query, where there is a value.
param() {
  [ -z "$2" ] || query="$query&$1=$(encode "$2")"
}

# Makes a call with a token: leaves the answer in the file and prints its HTTP status. What curl says of a network that
# is down goes to stderr. The token goes through stdin: arguments can be seen by everybody on the machine.
call() {
  bearer=$1
  shift
  # An answer without a body leaves the file as it was.
  : >"$answer"
  printf 'authorization: Bearer %s\n' "$bearer" |
    curl -gsS --retry 5 --retry-connrefused --max-time 60 -o "$answer" -w '%{http_code}' -H @- "$@"
}

# Ends with the words of whoever answered, behind a bar, so that no CI obeys them.
refused() {
  echo "watch.sh: $2" >&2
  { tr -d '\000-\011\013-\037\177' <"$answer" && echo; } | sed -e '/^$/d' -e 's/^/  | /' >&2
  exit "$1"
}

# Calls the notifier, and goes on with a good answer only.
ask() {
  token=${NOTIFIER_TOKEN:-}
  [ -n "$token" ] || identity
  status=$(call "$token" "$@") || exit 4
  case $status in
    2??) ;;
    400 | 409 | 413 | 415 | 422) refused 2 "the notifier answers $status" ;;
    *) refused 4 "the notifier answers $status" ;;
  esac
}

# Has GitHub vouch for this job; such a token ends after minutes, so every call has its own.
identity() {
  url="$ACTIONS_ID_TOKEN_REQUEST_URL&audience=$(encode "$NOTIFIER_AUDIENCE")"
  status=$(call "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$url") || exit 4
  token=$(field value)
  [ -n "$token" ] || refused 4 "GitHub issues no identity token ($status)"
}

# The first value of a field in the answer, as it is escaped there. Null is not found. What follows "deliveries" has
# states and reasons of its own: whether a chat was told, and why not.
field() {
  sed 's/"deliveries":.*//' "$answer" |
    grep -oE "\"$1\" *: *\"([^\"\\\\]|\\\\.)*\"" | sed -n "1s/^\"$1\" *: *\"\(.*\)\"\$/\1/p"
}

# What a variable or a file adds at the end of a token is no part of it.
NOTIFIER_TOKEN=$(printf '%s' "${NOTIFIER_TOKEN:-}")
[ -n "${NOTIFIER_URL:-}" ] || usage 'NOTIFIER_URL is not set'
case $NOTIFIER_TOKEN in
  '') [ -n "${NOTIFIER_AUDIENCE:-}" ] || usage 'NOTIFIER_TOKEN is not set'
      [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || usage 'NOTIFIER_AUDIENCE needs the permission "id-token: write"' ;;
  *[!!-~]*) usage 'NOTIFIER_TOKEN holds a blank, a line break or another character that no token has' ;;
esac
case "${1:-}:$#" in
  --reply:2) if [ "$2" = - ]; then reply=$(cat); else reply=$(cat "$2") || exit 2; fi ;;
  -*) usage "there is no option $1" ;;
  :*) usage 'name a job ID' ;;
  *[!A-Za-z0-9._:-]*:1) usage 'this is no job ID' ;;
  *:1) reply="{\"jobID\":\"$1\"}" ;;
  *) usage 'one job at a time' ;;
esac

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

query=from=cce
param project "${PROJECT:-}"
param notify "${NOTIFY:-}"
param actor "${ACTOR:-}"
param pipeline "${PIPELINE:-}"
param runUrl "${RUN_URL:-}"
param commit "${COMMIT:-}"
ask -H 'content-type: application/json' --data-raw "$reply" "${NOTIFIER_URL%/}/v1/jobs?$query"
watch=$(field statusUrl)
[ -n "$watch" ] || refused 4 'this is no answer of the notifier'
if [ "${WAIT:-yes}" = no ]; then
  echo 'state=watching'
  exit 0
fi

state=watching
while [ "$state" = watching ]; do
  ask "$watch?wait=25"
  state=$(field state)
  [ -n "$state" ] || refused 4 'this is no answer of the notifier'
done

echo "state=$state"
[ "$state" = succeeded ] && exit 0
# Escapes of JSON become what they stand for, on one line.
printf 'reason=%s\n' "$(field reason | sed 's/\\[nrt]/ /g; s/\\\(["\\/]\)/\1/g')"
[ "$state" = failed ] && exit 1
exit 3
