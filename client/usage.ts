export const USAGE = `Usage:
  cce-notifier watch JOB_ID… [--wait]      hands jobs over; with --wait, stays until they have ended
  cce-notifier watch JOB_ID… --again       the same; those that run, timed out or were lost start from the beginning
  cce-notifier watch --reply FILE [--wait] the job ID is found in the reply of a CCE create or delete call (- is stdin)
  cce-notifier status JOB_ID… [--wait]     how jobs stand; also PROJECT/JOB_ID
  cce-notifier stop JOB_ID…                watches them no longer, and tells nobody; also PROJECT/JOB_ID
  cce-notifier redeliver JOB_ID            tells how it ended again; also PROJECT/JOB_ID
  cce-notifier test TARGET…                one real message to each target

Options:
  --project NAME             a project of the service's config (or NOTIFIER_PROJECT)
  --notify NAME[,NAME…]      watch: targets to tell; by default the service's own choice
  --callback-url URL         watch: a webhook of your own, at a host that the operator has listed
  --deadline-minutes N       watch: when the service gives a job up
  --digest                   watch: tell chats once, when the last job has ended
  --label NAME=VALUE         watch: shown in notifications; may be repeated
  --target NAME[,NAME…]      redeliver: whom to tell; by default all that the outcome was meant for
  --timeout-seconds N        how long --wait waits (default: until all have ended)
  --json                     one JSON document on stdout, nothing else
  --help, --version

Environment: NOTIFIER_URL, the service's address; NOTIFIER_TOKEN, a token (npm run token makes one) or a CI's identity
token. In GitHub Actions NOTIFIER_AUDIENCE does instead, with the permission "id-token: write".

Exit status: 0 succeeded, or done as asked, or still running where --wait was not asked for; 1 failed; 2 wrong usage;
3 timed out, lost or stopped, or not ended within --timeout-seconds; 4 the service cannot be reached, or does not allow
it. Of several, the worst: 4, then 2, 1, 3.
`;
