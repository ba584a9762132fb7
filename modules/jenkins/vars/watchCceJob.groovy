/**
 * A step of a Jenkins shared library: submits a CCE job to the notifier and waits until the job has ended. Returns a map
 * with `state` and `reason`. A failed job fails the build. A job without a result (timed out, lost or stopped) makes the
 * build unstable.
 *
 * url            the URL of the notifier; required
 * credentialsId  a credential of the kind "Secret text" with a token of the notifier; required
 * jobId, reply   the job ID from CCE, or the unchanged reply of the CCE create or delete call; one is required
 * project        a project of the notifier's config; the default is the notifier's default project
 * notify         the targets to notify, separated by commas; the default is the notifier's default targets
 * wait           false does not wait for the end of the job
 */
def call(Map settings) {
  def known = ['url', 'credentialsId', 'jobId', 'reply', 'project', 'notify', 'wait']
  def unknown = settings.keySet().find { !(it in known) }
  if (unknown != null) error("watchCceJob: unknown setting '${unknown}'. Settings: ${known.join(', ')}")
  def missing = ['url', 'credentialsId'].find { !settings[it] }
  if (missing != null) error("watchCceJob: the setting '${missing}' is missing")
  if (!settings.jobId == !settings.reply) error('watchCceJob: give either jobId or reply')

  def folder = pwd(tmp: true)
  writeFile(file: "${folder}/watch-cce-job.sh", text: libraryResource('watch-cce-job.sh'))
  writeFile(file: "${folder}/cce-reply.json", text: settings.reply ?: '')
  def values = [
    NOTIFIER_URL: settings.url,
    JOB_ID: settings.jobId,
    PROJECT: settings.project,
    NOTIFY: settings.notify,
    WAIT: settings.wait == false ? 'no' : 'yes',
    PIPELINE: env.JOB_NAME,
    RUN_URL: env.BUILD_URL,
    COMMIT: env.GIT_COMMIT,
    CCE_FOLDER: folder,
  ]
  // withEnv replaces $NAME in a value, and $$ stands for $.
  def variables = values.collect { name, value -> "${name}=${(value ?: '').toString().replace('$', '$$')}".toString() }
  def status = 0
  withCredentials([string(credentialsId: settings.credentialsId, variable: 'NOTIFIER_TOKEN')]) {
    withEnv(variables) {
      // The script is a constant, so no setting becomes a part of the script.
      status = sh(returnStatus: true, label: 'Watch the CCE job', script: '''
        if [ -n "$JOB_ID" ]; then set -- "$JOB_ID"; else set -- --reply "$CCE_FOLDER/cce-reply.json"; fi
        sh "$CCE_FOLDER/watch-cce-job.sh" "$@" >"$CCE_FOLDER/watch-cce-job.out"
      ''')
    }
  }
  def result = [state: '', reason: '']
  for (line in readFile("${folder}/watch-cce-job.out").readLines()) {
    echo(line)
    def parts = line.split('=', 2)
    if (parts.length == 2 && result.containsKey(parts[0])) result[parts[0]] = parts[1]
  }
  if (status == 3) unstable("The CCE job is ${result.state}: ${result.reason}")
  else if (status != 0) error("The CCE job has not succeeded (exit status ${status}). ${result.reason}")
  return result
}
