import { createHash } from "node:crypto";
import { splitConfigIntoEntries } from "../../local/stack/config-file.ts";

export const CONFIG_PATH = "/cce-job-notifier/bench";
export const TABLE = "bench-ledger";
export const TOKEN = "bench-token";
export const PROJECT = "prod";
export const TARGET = "audit";

/**
 * Returns the config entries that the measured functions read. The URLs of the project and of the target are URLs below
 * `origin`.
 */
export function createBenchConfig(origin: string) {
  return splitConfigIntoEntries({
    projects: {
      [PROJECT]: {
        projectId: "0bccafc4e6f44c3b9a3e0c0a9f9bdb8a",
        region: "eu-de",
        endpoint: origin,
        auth: { kind: "aksk", accessKey: "BENCHACCESSKEY", secretKey: "bench-secret-key" },
      },
    },
    targets: {
      [TARGET]: {
        kind: "webhook",
        url: `${origin}/receiver`,
        secrets: [`whsec_${Buffer.alloc(32, 7).toString("base64")}`],
      },
    },
    tokens: {
      bench: {
        sha256: createHash("sha256").update(TOKEN).digest("hex"),
        projects: ["*"],
        targets: ["*"],
        operations: ["*"],
      },
    },
    settings: {
      defaultProject: PROJECT,
      defaultTargets: [TARGET],
      maxPolls: 100_000,
      limits: { requestsPerMinute: 0, watchesPerCaller: 0 },
      deadlineMinutes: 10_080,
      egress: { allow: ["127.0.0.1/32", "localhost"] },
      linkKeys: ["3d9f1b7a5c2e8460f4a1d7b9e3c50682"],
    },
  });
}

/**
 * Returns the environment variables of a measured function. `origin` is the URL of the local server that replaces all
 * services.
 */
export function createFunctionEnvironment(origin: string): Readonly<Record<string, string>> {
  const queue = (name: string) => `${origin}/000000000000/${name}`;
  return {
    PATH: process.env.PATH ?? "",
    TZ: ":UTC",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: "bench",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
    AWS_ENDPOINT_URL: origin,
    POLL_QUEUE_URL: queue("poll"),
    POLL_DEAD_QUEUE_URL: queue("poll-dead"),
    NOTIFY_QUEUE_URL: queue("notify"),
    NOTIFY_DEAD_QUEUE_URL: queue("notify-dead"),
    LEDGER_TABLE: TABLE,
    SWEEP_INTERVAL_SECONDS: "300",
    CONFIG_PATH,
    PUBLIC_URL: "https://api.example.com",
    POWERTOOLS_SERVICE_NAME: "cce-job-notifier",
    POWERTOOLS_METRICS_NAMESPACE: "cce-job-notifier/bench",
    POWERTOOLS_METRICS_DISABLED: "false",
    POWERTOOLS_LOG_LEVEL: "INFO",
    AWS_LAMBDA_LOG_FORMAT: "JSON",
    AWS_LAMBDA_LOG_LEVEL: "INFO",
    MALLOC_ARENA_MAX: "2",
    MALLOC_MMAP_THRESHOLD_: "131072",
  };
}
