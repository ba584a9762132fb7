#!/bin/sh
# Submits a CCE job to the notifier and waits until the job has ended. Needs curl (7.55 or newer) and a POSIX shell.
#
#   watch.sh JOB_ID
#   watch.sh --reply FILE      finds the job ID in the reply of a CCE create or delete call; - is stdin
#
# NOTIFIER_URL    the URL of the notifier
# NOTIFIER_TOKEN  a token of the notifier; in GitHub Actions with the permission "id-token: write", NOTIFIER_AUDIENCE
#                 replaces NOTIFIER_TOKEN
# PROJECT         a project of the notifier's config; the default is the notifier's default project
# NOTIFY          the targets to notify, separated by commas; the default is the notifier's default targets
# ACTOR, PIPELINE, RUN_URL, COMMIT   the origin of the job for its notifications; the script encodes them
# WAIT=no         does not wait for the end of the job
#
# Prints state=… on one line. If the job has not succeeded, prints reason=… on the next line. Errors go to stderr.
# Exit status: 0 succeeded, 1 failed, 2 wrong usage (also the answers 400, 409, 413, 415 and 422 of the notifier),
# 3 timed out, lost or stopped, 4 the notifier cannot be reached or refuses access.
set -eu
# In the locale C, every byte is a character.
LC_ALL=C
export LC_ALL

fail() {
  echo "watch.sh: $2" >&2
  exit "$1"
}

usage() { fail 2 "$1"; }

# Percent-encodes a text (RFC 3986, section 2.1).
encode() {
  printf '%s' "$1" | od -A n -v -t x1 | tr -d ' \n' | sed 's/../%&/g'
}

# Adds a parameter to the query if the value is not empty.
param() {
  [ -z "$2" ] || query="$query&$1=$(encode "$2")"
}

# Makes a request with a token. Writes the response to the file and prints the HTTP status. curl prints network errors to
# stderr. curl reads the token from stdin, because everybody on the machine can read the arguments of a process.
call() {
  bearer=$1
  shift
  # curl does not change the file if the response has no body.
  : >"$answer"
  printf 'authorization: Bearer %s\n' "$bearer" |
    curl -gsS --retry 5 --retry-connrefused --max-time 60 -D "$headers" -o "$answer" -w '%{http_code}' -H @- "$@"
}

# Makes text from a response safe for a terminal and for a CI system: removes control characters except line breaks, line
# separators and characters that change the writing direction, and adds a space to each command of a CI system, such as
# ##[command]. The patterns are the bytes of these characters in UTF-8.
controls=$(printf '\302[\200-\237]')
separators=$(printf '\342\200[\216\217\250-\256]')
directions=$(printf '\342\201[\246-\251]')
arabic=$(printf '\330\234')
printable() {
  tr -d '\000-\011\013-\037\177' |
    sed -e "s/$controls//g" -e "s/$separators//g" -e "s/$directions//g" -e "s/$arabic//g" \
      -e 's/#\(#[0-9A-Za-z_]*\[\)/# \1/g' -e 's/\(section_[a-z]*:\)\([0-9]\)/\1 \2/g'
}

# Prints the response and exits. Each line starts with a bar, so a CI system runs no command from the response.
refused() {
  echo "watch.sh: $2" >&2
  { printable <"$answer" && echo; } | sed -e '/^$/d' -e 's/^/  | /' >&2
  exit "$1"
}

# Makes a request to the notifier. Exits if the notifier refuses the request.
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

# Gets an identity token of this job from GitHub. The token expires soon, so every request gets a new one.
identity() {
  url="$ACTIONS_ID_TOKEN_REQUEST_URL&audience=$(encode "$NOTIFIER_AUDIENCE")"
  status=$(call "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$url") || exit 4
  token=$(field value)
  [ -n "$token" ] || refused 4 "GitHub did not issue an identity token ($status)"
}

# Prints the first string value of a field in the response, with its JSON escapes. Ignores everything after "deliveries",
# because a delivery has fields with the same names.
field() {
  sed 's/"deliveries":.*//' "$answer" |
    grep -oE "\"$1\" *: *\"([^\"\\\\]|\\\\.)*\"" | sed -n "1s/^\"$1\" *: *\"\(.*\)\"\$/\1/p"
}

# Removes a line break at the end of the token.
NOTIFIER_TOKEN=$(printf '%s' "${NOTIFIER_TOKEN:-}")
[ -n "${NOTIFIER_URL:-}" ] || usage 'NOTIFIER_URL is not set'
case $NOTIFIER_TOKEN in
  '') [ -n "${NOTIFIER_AUDIENCE:-}" ] || usage 'NOTIFIER_TOKEN is not set'
      [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || usage 'NOTIFIER_AUDIENCE needs the permission "id-token: write"' ;;
  *[!!-~]*) usage 'NOTIFIER_TOKEN contains a space, a line break or another invalid character' ;;
esac
case "${1:-}:$#" in
  --reply:2) if [ "$2" = - ]; then reply=$(cat); else reply=$(cat "$2") || exit 2; fi ;;
  -*) usage "unknown option $1" ;;
  :*) usage 'give a job ID' ;;
  *[!A-Za-z0-9._:-]*:1) usage 'this is not a job ID' ;;
  *:1) reply="{\"jobID\":\"$1\"}" ;;
  *) usage 'give one job ID' ;;
esac

answer=$(mktemp)
headers=$(mktemp)
trap 'rm -f "$answer" "$headers"' EXIT
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
[ -n "$watch" ] || refused 4 'the response does not come from the notifier'
if [ "${WAIT:-yes}" = no ]; then
  echo 'state=watching'
  exit 0
fi

state=watching
while [ "$state" = watching ]; do
  ask "$watch?wait=5"
  state=$(field state)
  [ -n "$state" ] || refused 4 'the response does not come from the notifier'
  # The header Retry-After says when the notifier polls the job again. A repeated request writes the headers twice.
  delay=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,3\}\)[^0-9]*$/\1/p' "$headers" | tail -n 1)
  [ "$state" != watching ] || sleep "${delay:-1}"
done

printf 'state=%s\n' "$state" | printable
[ "$state" = succeeded ] && exit 0
# Replaces the JSON escapes in the reason. Line breaks and tabs become spaces. Other control characters stay as JSON
# escapes. An escaped backslash first becomes the character \001, which JSON text never contains, so that the letter after
# the backslash is not read as part of an escape.
mark=$(printf '\001')
unescape='s/\\\\/'$mark'/g; s/\\[nrt]/ /g; s/\\\(["/]\)/\1/g; s/'$mark'/\\/g'
printf 'reason=%s\n' "$(field reason | sed "$unescape" | printable)"
[ "$state" = failed ] && exit 1
exit 3
