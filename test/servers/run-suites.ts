import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { readScriptArguments } from "../../local/ops/script-arguments.ts";
import { runUntilStopped } from "../../local/stack/run-until-stopped.ts";
import { installLambdaPrograms } from "./lambda-function.ts";
import { type ServerUrls, startServers } from "./start-servers.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const JEST = ["--experimental-vm-modules", "--no-warnings", "node_modules/jest/bin/jest.js", "--runInBand"];
/** The chaos run of `npm run chaos` has 300 jobs. */
const CHAOS_JOBS = 60;
/** The number of random sequences of calls that are compared on both ledgers. */
const LEDGER_RUNS = 40;

interface Suite {
  readonly name: string;
  /** The parameters of Node.js. */
  readonly parameters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Returns the suites. Each suite uses the servers in its environment variables. The suites run one after another,
 * because every stack deletes the queues and the table of the stack before it.
 */
function suitesFor({ dynamodb, sqs, ssm }: ServerUrls): readonly Suite[] {
  const stack = { DYNAMODB_ENDPOINT: dynamodb, SQS_ENDPOINT: sqs, SSM_ENDPOINT: ssm };
  return [
    {
      name: "ledger and queue on DynamoDB Local and ElasticMQ",
      parameters: [
        ...JEST,
        "--testMatch",
        "<rootDir>/test/lib/ledger/**/*.test.ts",
        "<rootDir>/test/lib/queue/queue.test.ts",
        "<rootDir>/test/local/ops/import/import-ledger.test.ts",
        "<rootDir>/test/servers/write-units.servers.ts",
      ],
      environment: { ...stack, LEDGER_RUNS: String(LEDGER_RUNS) },
    },
    {
      name: "main job and delivery on DynamoDB Local, ElasticMQ and moto",
      parameters: [...JEST, "test/e2e/main-job.test.ts", "test/e2e/delivery.test.ts"],
      environment: stack,
    },
    {
      name: "chaos on DynamoDB Local, ElasticMQ and moto",
      parameters: ["test/chaos/chaos.ts", String(CHAOS_JOBS)],
      environment: stack,
    },
    {
      name: "verify on DynamoDB Local, ElasticMQ and moto",
      parameters: [...JEST, "test/local/ops/verify.test.ts"],
      environment: stack,
    },
    {
      name: "config, doctor, redrive and the alarm test on moto",
      parameters: [
        ...JEST,
        "--testMatch",
        "<rootDir>/test/local/ops/{commands,doctor-stage}.test.ts",
        "<rootDir>/test/local/ops/redrive/redrive-command.test.ts",
        "<rootDir>/test/servers/{doctor,alarm-test}.servers.ts",
      ],
      environment: { ...stack, SQS_ENDPOINT: ssm },
    },
    {
      name: "packaged functions under AWS's runtime client and emulator",
      parameters: [...JEST, "--testMatch", "<rootDir>/test/servers/lambda.servers.ts"],
      environment: stack,
    },
  ];
}

/** Runs a suite, and returns whether it succeeds. The output of the suite goes to the terminal. */
async function runSuite({ name, parameters, environment }: Suite, signal: AbortSignal): Promise<boolean> {
  process.stdout.write(`\n${name}\n`);
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...parameters], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: "inherit",
    signal,
  });
  const [code] = await once(child, "exit");
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stdout.write(`${code === 0 ? "passed" : "FAILED"}: ${name}, ${seconds} s\n`);
  return code === 0;
}

readScriptArguments(
  `Starts the servers of other projects and runs every suite on them.

  npm run servers:test

Needs Java, Maven, Python and Go. Exit status: 0, 1 if a suite failed, 2 for wrong use.
`,
  {},
);
await runUntilStopped(async (stopping, parts) => {
  const startedAt = performance.now();
  const [urls] = await Promise.all([startServers(stopping, parts), installLambdaPrograms(stopping)]);
  process.stdout.write(`started: ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
  let failures = 0;
  for (const suite of suitesFor(urls)) if (!(await runSuite(suite, stopping))) failures += 1;
  return failures === 0 ? 0 : 1;
});
