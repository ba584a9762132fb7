import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { MAX_WAIT_SECONDS } from "../../lib/api/watch-path-and-wait-parameters.ts";
import {
  NOTIFICATION_LEASE_MS,
  POLL_LEASE_MS,
  VISIBILITY_TIMEOUT_SECONDS,
} from "../../lib/domain/sqs-limits-and-leases.ts";
import { functionNamed, handlerOf, queueOf } from "./function-wiring.ts";
import { type OwnTemplate, resourcesOf } from "./own-template.ts";
import type { Rule } from "./rules.ts";
import { DEFAULTS } from "./stage-defaults.ts";

const faultsIf = (wrong: boolean, fault: string) => (wrong ? [fault] : []);

type Service = OwnTemplate["service"];

/**
 * `POLL_QUEUE_URL` is the queue that invokes `poll`, and `POLL_DEAD_QUEUE_URL` is the dead-letter queue of this queue.
 */
function expectedVariables({ service, resources }: OwnTemplate): Readonly<Record<string, unknown>> {
  const poll = queueOf(service, "poll");
  const notify = queueOf(service, "notify");
  const deadOf = (queue: typeof poll) => service.queues.find(({ arn }) => arn === queue?.deadLetterArn)?.url;
  return {
    POLL_QUEUE_URL: poll?.url,
    POLL_DEAD_QUEUE_URL: deadOf(poll),
    NOTIFY_QUEUE_URL: notify?.url,
    NOTIFY_DEAD_QUEUE_URL: deadOf(notify),
    PUBLIC_URL: "http://api",
    LEDGER_TABLE: resources.Ledger?.Properties.TableName,
    SWEEP_INTERVAL_SECONDS: "300",
    CONFIG_PATH: "/cce-job-notifier/dev",
    // The alarms and the dashboard read this namespace and this dimension.
    POWERTOOLS_SERVICE_NAME: "cce-job-notifier",
    POWERTOOLS_METRICS_NAMESPACE: "cce-job-notifier/dev",
    POWERTOOLS_METRICS_DISABLED: "false",
    POWERTOOLS_LOG_LEVEL: DEFAULTS.logLevel,
    HTTPS_PROXY: "",
    NO_PROXY: "",
  };
}
const OF_EVERY_FUNCTION =
  /^(?:LEDGER_TABLE|SWEEP_INTERVAL_SECONDS|CONFIG_PATH|POWERTOOLS_|HTTPS_PROXY|NO_PROXY|MALLOC_)/;

/** Each function has the variables that its handler reads, and each variable leads to what its name says. */
export const variablesLeadToTheirNames: Rule = (template) => {
  const expected = expectedVariables(template);
  return template.service.functions.flatMap(({ shortName, environment }) => {
    const read = [...handlerOf(shortName).matchAll(/"([A-Z_]+_URL)"/g)].map(([, name = ""]) => name);
    const own = Object.keys(environment).filter((name) => !OF_EVERY_FUNCTION.test(name));
    return [
      ...faultsIf(
        [...new Set(read)].sort().join() !== own.sort().join(),
        `${shortName} has the variables ${own.join()}, and its handler reads ${read.join()}`,
      ),
      ...Object.entries(expected)
        .filter(([name]) => OF_EVERY_FUNCTION.test(name) || own.includes(name))
        .filter(([name, value]) => value === undefined || environment[name] !== value)
        .map(([name, value]) => `${shortName}: ${name} is ${environment[name]} instead of ${value}`),
    ];
  });
};

const Logging = z.object({ LoggingConfig: z.unknown() });

/**
 * With another log format, Lambda writes three lines for each invocation. A level above INFO drops the metric records.
 */
export const lambdaLogsOnlyFailures: Rule = (template) =>
  resourcesOf(template, "AWS::Lambda::Function", Logging)
    .filter(
      ({ properties: { LoggingConfig } }) =>
        !isDeepStrictEqual(LoggingConfig, {
          LogFormat: "JSON",
          ApplicationLogLevel: "INFO",
          SystemLogLevel: "WARN",
        }),
    )
    .map(({ id }) => `${id} has another log configuration`);

/** Each function runs the file with its own name. */
export const functionsRunTheirFile: Rule = ({ service }) =>
  service.functions.flatMap(({ shortName, handler, artifact, name }) => [
    ...faultsIf(handler !== `functions/${shortName}/handler.handler`, `${shortName} runs ${handler}`),
    ...faultsIf(artifact !== `${shortName}.zip`, `${shortName} has the code of ${artifact}`),
    ...faultsIf(name !== `cce-job-notifier-dev-${shortName}`, `${shortName} has the name ${name}`),
  ]);

/** API Gateway waits 30 seconds for a function. */
const GATEWAY_SECONDS = 30;
/** Time for the start of a new instance and for the answer after a wait. */
const START_AND_ANSWER_SECONDS = 3;
/** The sum of the time limits in functions/discover/create-discover-handler.ts and of one attempt at the config. */
const DISCOVER_SECONDS = 30 + 15 + 8;
/** An audit reads 1 MB of the index per request. 40 MB are a million watches, in 4 s per 1 MB at the worst. */
const AUDIT_SECONDS = 4 * 40;

export const timeLimitsAgree: Rule = ({ service }) => {
  const limit = (name: string) => functionNamed(service, name)?.timeoutSeconds ?? 0;
  const interval = (name: string) => intervalSeconds(service, name);
  const isRequest = (arn: string) => service.routes.some(({ functionArn }) => functionArn === arn);
  return [
    ...service.functions
      .filter(({ arn, shortName }) => isRequest(arn) && interval(shortName) === 0)
      .flatMap(({ shortName, timeoutSeconds }) => [
        ...faultsIf(timeoutSeconds >= GATEWAY_SECONDS, `${shortName} outlives the wait of API Gateway`),
        ...faultsIf(
          timeoutSeconds < MAX_WAIT_SECONDS + START_AND_ANSWER_SECONDS,
          `${shortName} ends before the longest wait of a caller`,
        ),
      ]),
    ...service.routes.flatMap(({ routeKey, timeoutMs }) =>
      faultsIf(timeoutMs !== GATEWAY_SECONDS * 1000, `API Gateway waits for ${timeoutMs} ms at ${routeKey}`),
    ),
    ...faultsIf(limit("poll") * 1000 >= POLL_LEASE_MS, "the lease of a poll ends before its function"),
    ...faultsIf(
      limit("notify") * 1000 >= NOTIFICATION_LEASE_MS,
      "the lease of a notification ends before its function",
    ),
    ...["poll", "notify"].flatMap((name) =>
      faultsIf(limit(name) < 25, `${name} has no time for its request and for the record of the result`),
    ),
    // A run that its successor overtakes would do the work twice.
    ...["sweep", "discover", "audit"].flatMap((name) =>
      faultsIf(limit(name) > interval(name), `a run of ${name} may last until the next run`),
    ),
    // The sweep stops taking watches 10 seconds before its end. Most of the time is for watches.
    ...faultsIf(limit("sweep") < 40, "the sweep has too little time for its watches"),
    ...faultsIf(limit("discover") < DISCOVER_SECONDS, "discover has too little time for the jobs of one run"),
    ...faultsIf(limit("audit") < AUDIT_SECONDS, "the audit has too little time for a million watches"),
    // A hanging run must not cost hours.
    ...faultsIf(limit("audit") > 300 || limit("sweep") > 60, "a hanging run is stopped too late"),
    ...faultsIf(limit("trail") > 60 || limit("trail") < 10, "trail copies lines within seconds"),
  ];
};

const UNITS: Readonly<Record<string, number>> = {
  /** docs/operations.md: lost messages are sent again within five minutes. */
  sweep: 300,
  /** The intervals of the config are whole minutes. */
  discover: 60,
  /** The alarm on lost jobs has a period of one hour. */
  audit: 3600,
};
const intervalSeconds = ({ schedules, functions }: Service, name: string) => {
  const arn = functions.find(({ shortName }) => shortName === name)?.arn;
  return (schedules.find(({ functionArn }) => functionArn === arn)?.periodMs ?? 0) / 1000;
};

const Retries = z.object({
  FunctionName: z.string(),
  MaximumRetryAttempts: z.number(),
  Qualifier: z.string(),
});

/** The next run of a schedule repeats the work of a failed run, so Lambda does not repeat the failed run too. */
export const schedulesRunOnce: Rule = (template) => {
  const { service } = template;
  const retries = resourcesOf(template, "AWS::Lambda::EventInvokeConfig", Retries);
  return [
    // The overdue index contains times that are rounded up to the multiples of SWEEP_INTERVAL_SECONDS.
    ...faultsIf(
      !resourcesOf(
        template,
        "AWS::Events::Rule",
        z.object({ ScheduleExpression: z.string().optional() }),
      ).some(({ properties }) => properties.ScheduleExpression === "cron(0/5 * * * ? *)"),
      "the runs of sweep do not start at minute 0, 5, 10 … of an hour",
    ),
    ...faultsIf(service.schedules.length !== Object.keys(UNITS).length, "a function has no or two schedules"),
    ...Object.entries(UNITS).flatMap(([name, seconds]) => {
      const own = functionNamed(service, name)?.name;
      const once = retries.find(({ properties }) => properties.FunctionName === own)?.properties;
      return [
        ...faultsIf(intervalSeconds(service, name) !== seconds, `${name} does not run every ${seconds} s`),
        ...faultsIf(
          once?.MaximumRetryAttempts !== 0 || once.Qualifier !== "$LATEST",
          `Lambda repeats a failed run of ${name}`,
        ),
      ];
    }),
  ];
};

/** Lambda accepts ten messages per batch without a wait. Fewer messages per batch are more invocations. */
export const queuesInvokeTheirFunctions: Rule = ({ service }) => [
  ...["poll", "notify"].flatMap((name) => {
    const queue = queueOf(service, name);
    const source = service.eventSources.find(({ queueArn }) => queueArn === queue?.arn);
    return [
      ...faultsIf(queue?.name !== `cce-job-notifier-dev-${name}`, `the queue ${queue?.name} invokes ${name}`),
      ...faultsIf(source?.batchSize !== 10, `${name} gets ${source?.batchSize} messages per batch`),
      ...faultsIf(source?.batchingWindowSeconds !== 0, `${name} waits for more messages`),
      ...faultsIf(
        source?.maximumConcurrency !== Number(DEFAULTS[`${name}Concurrency`]),
        `${name} ignores the setting ${name}Concurrency`,
      ),
      ...faultsIf(
        queue?.visibilitySeconds !== VISIBILITY_TIMEOUT_SECONDS,
        `${name} assumes a visibility timeout of ${VISIBILITY_TIMEOUT_SECONDS} s`,
      ),
    ];
  }),
];

/** The requests that have a function of their own. The function `api` answers all others. */
const ROUTES = { "POST /v1/jobs": "enqueue", "POST /v1/events/smn/{project}": "discover", $default: "api" };

export const routesLeadToTheirFunctions: Rule = ({ service }) => [
  ...faultsIf(service.routes.length !== Object.keys(ROUTES).length, "there are more or fewer routes"),
  ...Object.entries(ROUTES).flatMap(([key, name]) => {
    const route = service.routes.find(({ routeKey }) => routeKey === key);
    return faultsIf(
      route === undefined || route.functionArn !== functionNamed(service, name)?.arn,
      `${key} does not lead to ${name}`,
    );
  }),
];
