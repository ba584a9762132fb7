export const USAGE = `Usage:
  cce-notifier watch JOB_ID… [--wait]      hands jobs over; with --wait, stays until they have ended
  cce-notifier watch --reply FILE [--wait] the job ID is found in the reply of a CCE create or delete call (- is stdin)
  cce-notifier status JOB_ID… [--wait]     how jobs stand; also PROJECT/JOB_ID
  cce-notifier test TARGET…                one real message to each target

Options:
  --project NAME             a project of the service's config (or NOTIFIER_PROJECT)
  --notify NAME[,NAME…]      targets to tell; by default the service's own choice
  --callback-url URL         a webhook of your own, at a host that the operator has listed
  --deadline-minutes N       when the service gives a job up
  --digest                   tell chats once, when the last job has ended
  --label NAME=VALUE         shown in notices; may be repeated
  --timeout-seconds N        how long --wait waits (default: until all have ended)
  --json                     one JSON document on stdout, nothing else
  --help

Environment: NOTIFIER_URL, the service's address; NOTIFIER_TOKEN, a token (npm run token makes one) or a CI's identity
token. In GitHub Actions NOTIFIER_AUDIENCE does instead, with the permission "id-token: write".

Exit status: 0 succeeded, or handed over, or still running where --wait was not asked for; 1 failed; 2 wrong usage;
3 timed out, lost or stopped; 4 the service cannot be reached, or does not allow it.
`;
