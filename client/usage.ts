/** The version of the command. A test compares the version with `package.json`, which is not part of the built file. */
export const VERSION = "0.1.0";

export const USAGE = `Usage:
  cce-notifier watch JOB_ID… [--wait]      submits jobs; with --wait, waits for their end
  cce-notifier watch JOB_ID… --again       submits jobs; restarts a watch that is running, timed out or was lost
  cce-notifier watch --reply FILE [--wait] submits the job in the reply of a CCE create or delete call; - is stdin
  cce-notifier status JOB_ID… [--wait]     prints the status of jobs
  cce-notifier stop JOB_ID…                stops watches; nobody is notified
  cce-notifier redeliver JOB_ID            sends the outcome of a job again
  cce-notifier redeliver --target NAME --since TIME [--dry-run]
                                           sends to a target what it missed since a time in ISO 8601
  cce-notifier test TARGET…                sends one real message to each target

  JOB_ID may also be PROJECT/JOB_ID, but not for watch.

Options:
  --project NAME             the project of the jobs (default: NOTIFIER_PROJECT)
  --notify NAME[,NAME…]      watch: the targets to notify (default: the targets that the service chooses)
  --callback-url URL         watch: your own webhook, at a host that the operator allows
  --deadline-minutes N       watch: the time after which the watch ends as timed out
  --until ready              watch: after the success of a job, waits until what the job made is usable
  --ready-minutes N          watch: the time limit of --until ready (default: 15, or as the project says)
  --digest                   watch: one message per chat, when the last job has ended
  --label NAME=VALUE         watch: a label for the notifications; may be repeated
  --target NAME[,NAME…]      redeliver: the targets to notify (default: all targets of the watch)
  --since TIME               redeliver: sends what the target of --target missed since this time
  --dry-run                  redeliver: with --since, only lists the jobs
  --timeout-seconds N        the longest time that --wait waits (default: no limit)
  --json                     prints one JSON document to stdout and nothing else
  --help, --version

Environment: NOTIFIER_URL is the URL of the service. NOTIFIER_TOKEN is a token (npm run token makes one) or an identity
token of a CI system. In GitHub Actions with the permission "id-token: write", NOTIFIER_AUDIENCE can replace the token.

Exit status:
  0  the job succeeded, the request was carried out, or the job is running and --wait was not used
  1  a job failed or its resource did not become ready, a target did not accept the test message, or redeliver
     skipped a target
  2  wrong usage or an invalid request
  3  a job timed out, was lost or was stopped, or has not ended within --timeout-seconds
  4  the service cannot be reached or refuses access
For several jobs the worst status counts: 4, then 2, 1, 3.
`;
