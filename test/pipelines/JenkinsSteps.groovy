// Runs the step watchCceJob with Jenkins's own steps replaced by functions of the same names. The arguments are the folder
// of the library, a working folder, and the settings of the step as JSON. Prints what the step printed and returned.
import groovy.json.JsonOutput
import groovy.json.JsonSlurper

def (library, folder, settings) = args
def variables = [:]
def printed = []
/** Runs a function with more environment variables. Like Jenkins, it replaces $NAME, and $$ stands for $. */
def withVariables = { Map more, Closure body ->
  variables.putAll(more.collectEntries { name, value ->
    [name, value.replaceAll(/\$(\$|\w+)/) { whole, one -> one == '$' ? '$' : 'replaced' }]
  })
  def result = body()
  more.keySet().each { variables.remove(it) }
  return result
}
def steps = [
  env: [JOB_NAME: 'Infra & Co/new $HOME', BUILD_URL: 'https://ci.example/job/1/', GIT_COMMIT: null],
  pwd: { Map one -> folder },
  libraryResource: { String name -> new File("${library}/resources/${name}").text },
  writeFile: { Map one -> new File(one.file).text = one.text },
  readFile: { String file -> new File(file).text },
  string: { Map one -> [(one.variable): System.getenv('TEST_TOKEN')] },
  withCredentials: { List all, Closure body -> withVariables(all[0], body) },
  withEnv: { List all, Closure body ->
    withVariables(all.collectEntries { it.split('=', 2).with { [it[0], it[1]] } }, body)
  },
  sh: { Map one ->
    def builder = new ProcessBuilder('sh', '-xec', one.script)
    builder.environment().putAll(variables)
    def process = builder.redirectErrorStream(true).start()
    printed << process.inputStream.text
    return process.waitFor()
  },
  echo: { String line -> printed << line },
  unstable: { String text -> printed << "UNSTABLE ${text}".toString() },
  error: { String text -> throw new IllegalStateException(text) },
]
def shell = new GroovyShell(new Binding(steps))
def outcome = [:]
try {
  def script = shell.parse(new File("${library}/vars/watchCceJob.groovy"))
  outcome.result = script.call(new JsonSlurper().parseText(settings))
} catch (IllegalStateException refusal) {
  outcome.error = refusal.message
}
outcome.printed = printed.join('\n')
println(JsonOutput.toJson(outcome))
