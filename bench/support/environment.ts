export const CONFIG_PATH = "/cce-job-notifier/bench";
export const TABLE = "bench-ledger";

/** What a function finds in its environment, all services at one local origin. */
export function functionEnvironment(origin: string): Readonly<Record<string, string>> {
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
    CONFIG_PATH,
    PUBLIC_URL: "https://api.example.com",
    POWERTOOLS_SERVICE_NAME: "cce-job-notifier",
    POWERTOOLS_METRICS_NAMESPACE: "cce-job-notifier/bench",
    POWERTOOLS_METRICS_DISABLED: "false",
    POWERTOOLS_LOG_LEVEL: "INFO",
    MALLOC_ARENA_MAX: "2",
    MALLOC_MMAP_THRESHOLD_: "131072",
  };
}
