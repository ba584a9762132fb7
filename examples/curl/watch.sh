#!/bin/sh
# Hands a CCE job over to the notifier and waits until it has ended. Needs curl and a POSIX shell, nothing else.
#
#   watch.sh JOB_ID
#   watch.sh --reply FILE      the job ID is found in the reply of a CCE create or delete call; - is stdin
#
# NOTIFIER_URL    the notifier's address
# NOTIFIER_TOKEN  its token; or, in GitHub Actions with the permission "id-token: write", NOTIFIER_AUDIENCE
# PROJECT         a project of the notifier's config; by default its own choice
# NOTIFY          targets to tell, separated by commas; by default its own choice
# CONTEXT         more query parameters, percent-encoded: actor, pipeline, runUrl, commit
# WAIT=no         hands over, and does not wait
#
# Prints state=… and, where it has not succeeded, reason=… in one line each.
# Exit status: 0 succeeded, 1 failed, 2 wrong usage, 3 timed out, lost or stopped, 4 cannot reach or not allowed.
set -eu

usage() {
  echo "watch.sh: $1" >&2
  exit 2
}

token() {
  if [ -n "${NOTIFIER_TOKEN:-}" ]; then
    printf '%s' "$NOTIFIER_TOKEN"
  else
    printf 'authorization: Bearer %s\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
      curl -gfsS --retry 3 --max-time 20 -H @- "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=$NOTIFIER_AUDIENCE" |
      sed 's/.*"value" *: *"\([^"]*\)".*/\1/'
  fi
}

# The token goes through stdin: arguments can be seen by everybody on the machine.
ask() {
  printf 'authorization: Bearer %s\n' "$(token)" |
    curl -gfsS --retry 5 --retry-connrefused --max-time 60 -H @- "$@"
}

# The first value of a field in a JSON document, as it is escaped there. Null is not found.
field() {
  grep -oE "\"$1\":\"([^\"\\\\]|\\\\.)*\"" | sed -n "1s/^\"$1\":\"\(.*\)\"\$/\1/p"
}

[ -n "${NOTIFIER_URL:-}" ] || usage 'NOTIFIER_URL is not set'
[ -n "${NOTIFIER_TOKEN:-}${NOTIFIER_AUDIENCE:-}" ] || usage 'NOTIFIER_TOKEN is not set'
case "${1:-}:$#" in
  --reply:2) if [ "$2" = - ]; then reply=$(cat); else reply=$(cat "$2") || exit 2; fi ;;
  -*) usage "there is no option $1" ;;
  :*) usage 'name a job ID' ;;
  *[!A-Za-z0-9._:-]*:1) usage 'this is no job ID' ;;
  *:1) reply="{\"jobID\":\"$1\"}" ;;
  *) usage 'one job at a time' ;;
esac

query="from=cce${PROJECT:+&project=$PROJECT}${NOTIFY:+&notify=$NOTIFY}${CONTEXT:+&$CONTEXT}"
accepted=$(ask -H 'content-type: application/json' --data-raw "$reply" "${NOTIFIER_URL%/}/v1/jobs?$query") || exit 4
url=$(printf '%s' "$accepted" | field statusUrl)
if [ "${WAIT:-yes}" = no ]; then
  echo 'state=watching'
  exit 0
fi

state=watching
while [ "$state" = watching ]; do
  status=$(ask "$url?wait=25") || exit 4
  state=$(printf '%s' "$status" | field state)
done

echo "state=$state"
[ "$state" = succeeded ] && exit 0
# What follows "deliveries" has reasons of its own: why a chat was told, or not.
reason=$(printf '%s' "$status" | sed 's/"deliveries":.*//' | field reason || true)
printf 'reason=%s\n' "$(printf '%s' "$reason" | sed 's/\\[nrt]/ /g; s/\\\(["\\/]\)/\1/g')"
[ "$state" = failed ] && exit 1
exit 3
