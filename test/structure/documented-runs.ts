// Where each documented command line is run. A line of these tables is a pattern of command lines, and the place that runs
// them: a file, and a text of this file.

/** The pattern of command lines, the file that runs them, and a text in the file. */
type Run = readonly [pattern: RegExp, file: string, text: string];

/** The command lines that tests and `.ci/run` run. */
export const RUNS: readonly Run[] = [
  [/^npm ci( --ignore-scripts| --loglevel=warn)?$/, ".ci/run", "npm ci --ignore-scripts"],
  [/^npm test$/, ".ci/run", "npm test"],
  [/^npm audit signatures$/, ".ci/run", "npm audit signatures"],
  [/^npm run (structure|word\w)$/, "package.json", "npm run structure"],
  [/^npm run demo$/, ".ci/run", "npm run --silent demo"],
  [/^npm start$/, "test/local/newcomer.test.ts", "local/start.ts"],
  [/^npm run demo:job/, "test/local/newcomer.test.ts", "local/demo-job.ts"],
  [/^npm run prepare$/, ".ci/run", "npm ci --no-audit"],
  [/^npm run stack$/, "test/support/stack.ts", "local/stack.ts"],
  [/^npm run (--silent )?bench( -- (--quick|one-node))?$/, ".ci/run", "bench -- --quick"],
  [/^npm run chaos( -- 300)?$/, ".ci/run", "npm run --silent chaos"],
  [/^npm run chaos:one-node$/, ".ci/run", "chaos:one-node"],
  [/^npm run upgrade$/, ".ci/run", "npm run --silent upgrade"],
  [/^npm run burst$/, ".ci/run", "npm run --silent burst"],
  [/^npm run (fair-\w+)$/, ".ci/run", "300 jobs of a project that gets no answer"],
  [/^npm run release:test$/, ".ci/run", "release:test"],
  [/^npm run pipelines:test$/, ".ci/run", "pipelines:test"],
  [/^npm run licenses$/, ".ci/run", "licenses"],
  [/^npm run mutate:template$/, ".ci/run", "mutate:template"],
  [/^npm run deploy:check$/, ".ci/run", "deploy:check"],
  [/^npm run one-node:check$/, ".ci/run", "one-node:check"],
  [/^npm run servers:test$/, ".ci/run", "servers:test"],
  [/^npm run (--silent )?servers$/, "test/servers/run-suites.ts", "startServers(stopping, parts)"],
  [/^npm run api:check$/, ".ci/run", "api:check"],
  [/^npm run browser$/, ".ci/run", "npm run --silent browser"],
  [/^npm run simulate /, "test/simulation/run-simulate.ts", "./simulate.ts"],
  [/^npm run explore/, "test/exploration/explore.test.ts", "./explore.ts"],
  [/^npm run (deploy|remove|package)/, "test/deployment/check-deployment.ts", '"deploy" | "remove"'],
  [/^npm run config/, "test/local/ops/commands.test.ts", 'run("config"'],
  [/^npm run doctor/, "test/local/ops/wrong-use.test.ts", '"doctor --stage prod'],
  [/^npm run token/, "test/local/ops/token.test.ts", "token"],
  [/^npm run link/, "test/local/ops/commands.test.ts", 'run("link"'],
  [/^npm run redrive/, "test/local/ops/redrive/redrive-command.test.ts", "redrive.ts"],
  [/^npm run import/, "test/local/ops/import/import-command.test.ts", "import.ts"],
  [/^npm run verify/, "test/local/ops/verify.test.ts", "verify.ts"],
  [/^npm run release( -- |$)/, "test/release/release.release.ts", '"release", "--", version'],
  [
    /^npm run (--silent )?(generate|stages|sbom|preview|bench:(waiting|costs|rivals|schedule)( -- FILE)?)$/,
    "test/release/release.release.ts",
    "the scripts that write files",
  ],
  [/^git (push|tag|reset) /, "test/release/release.release.ts", "publishes a release"],
  [/^(curl -sSfLO |echo THE_CHECKSUM|sha256sum |npx --yes )/, "test/release/release.release.ts", "ARTIFACTS"],
  [/^node cce-notifier\.mjs /, "test/release/release.release.ts", "ARTIFACTS"],
  [/^curl -sS --fail-with-body /, "test/examples/documents.test.ts", "^curl "],
  [/^node build\/cce-notifier\.mjs /, "test/client/shipped-command.test.ts", "client/build.mjs"],
  [/^cce-notifier (help|redeliver|test|COMMAND)/, "test/client/shipped-command.test.ts", "client/build.mjs"],
  [/^(cce-notifier serve|node client\/bin\.mjs )/, "test/server/quick-start.test.ts", "docs/one-node.md"],
  [/^cce-notifier doctor/, "test/server/quick-start.test.ts", "doctor --config"],
  [/^export CCE_ACCESS_KEY/, "test/server/quick-start.test.ts", "docs/one-node.md"],
  [/^(sed|aws|xargs|export AWS_REGION)\b/, "test/deployment/documented-aws-commands.ts", "docs/deploy.md"],
];

/** The command lines that neither tests nor `.ci/run` run, each with the reason. */
export const NOT_RUN: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^npx cce-notifier$/, "the document warns of this command line"],
  [/^npm audit --omit=dev$/, "the result depends on the day"],
  [/^systemctl /, "CI has no running systemd"],
  [/^openssl rand /, "the program of another project, without a file of this repository"],
  [
    /^npm run bench -- power(?: enqueue| --store)?$/,
    "it takes ten minutes on a machine that does nothing else",
  ],
  [/^npm run bench:costs -- --measure$/, "it changes the stored figures"],
  [/^npm run --silent bench:schedule-table /, "it takes more than ten minutes"],
  [/^npm run mutate(?: |$)/, "it takes from two minutes to hours"],
  [/^npm run burst:accept$/, "the figure counts on a machine that does nothing else"],
  [/^npm run upgrade -- --release TAG$/, "the first release has no earlier release"],
  [/^node bench\/screenshots\.ts$/, "a person checks the pictures"],
];
