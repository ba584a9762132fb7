import { describeDeliveryReasonsForApiReference } from "../lib/channels/delivery-reason.ts";
import type { AccessErrorKind } from "../lib/domain/job.ts";
import { isJsonObject, type JsonObject, toObjectOrEmpty } from "../lib/domain/json.ts";
import { createOpenApiDocument } from "../lib/openapi/openapi-document.ts";

/** A section of docs/states.md: values that the API returns, and their meanings. */
interface Section {
  readonly title: string;
  /** The fields of the API that can have the values of this section, in Markdown. */
  readonly fields: string;
  /** The schemas or properties of the OpenAPI document that list exactly the same values. */
  readonly schemas: readonly string[];
  readonly meanings: Readonly<Record<string, string>>;
}

const ACCESS_ERRORS: Readonly<Record<AccessErrorKind, string>> = {
  unauthorized: "CCE rejects the credentials of the project. The service polls again until the deadline.",
  forbidden:
    "The credentials of the project have no permission to read the job or its resource. The service polls again until the deadline.",
  misconfigured:
    "The endpoint or the project ID in the config is wrong. The service polls again until the deadline.",
};

const SECTIONS: readonly Section[] = [
  {
    title: "States of a watch",
    fields:
      "the field `state` of a watched job. The API, the status page, the command and the pipeline templates show this state",
    schemas: ["WatchState"],
    meanings: {
      watching: "The watch has not ended. The service polls the job.",
      stopped:
        "A caller stopped the watch. The service notifies nobody. The job itself may still be running in the cloud.",
      succeeded:
        "The job has the phase `Success`. If the watch waits until ready, the resource of the job is also usable.",
      failed: "The job has the phase `Failed`. The field `causes` lists the reasons.",
      not_ready:
        "The job succeeded, but the resource of the job did not become usable within `readyMinutes`.",
      timed_out:
        "The watch reached its deadline or its maximum number of polls before the job ended. The job may still be running in the cloud.",
      lost: "CCE no longer knows the job, or the service had to stop the polls. The outcome of the job is unknown.",
    },
  },
  {
    title: "Outcomes",
    fields:
      "the field `outcome` of an event. An event type is `job.` plus the outcome. The key `on` of a target lists outcomes",
    schemas: ["Outcome"],
    meanings: {
      succeeded: "The watch ended with the state `succeeded`.",
      failed: "The watch ended with the state `failed`.",
      not_ready:
        "The watch ended with the state `not_ready`. Only a watch that waits until ready can end like this.",
      timed_out: "The watch ended with the state `timed_out`.",
      lost: "The watch ended with the state `lost`.",
    },
  },
  {
    title: "States of a job in CCE",
    fields:
      "the field `state` of jobs and subjobs in the tree `job`. The field `phase` contains the phase that CCE reports",
    schemas: ["JobState"],
    meanings: {
      pending:
        "The phase is neither `Success` nor `Failed`, for example `Running` or a phase that the service does not know.",
      succeeded: "The phase is `Success`.",
      failed: "The phase is `Failed`.",
    },
  },
  {
    title: "States of a resource",
    fields:
      'the field `ready.state`. The field `ready.state` exists only with `until: "ready"`, after the success of the job',
    schemas: ["ReadyState"],
    meanings: {
      pending: "The service waits until the resource is usable.",
      ready: "The resource is usable, or a deleted resource is gone.",
      not_ready: "The service could read the resource, but the resource was not usable in time.",
      unknown:
        "No poll could read the resource. The watch ends as `succeeded`, and the notification contains a warning.",
    },
  },
  {
    title: "Results of a submission",
    fields: "the field `jobs[].status` in the response to `POST /v1/jobs`",
    schemas: ["JobResult.status"],
    meanings: {
      accepted: "The watch started.",
      already_watching:
        "The caller already watches this job. If the new deadline is later, the watch gets the new deadline.",
      rejected: "The service does not watch the job. The field `error` contains the reason.",
    },
  },
  {
    title: "States of a notification",
    fields: "the field `deliveries[].state` of a job",
    schemas: ["DeliveryState"],
    meanings: {
      pending:
        "The notification was not delivered yet. The service makes the next attempt at the time in the retry schedule.",
      delivered: "The target accepted the notification.",
      rejected:
        "The target refused the notification. The service does not try again, because the target would refuse it again.",
      gone: "Two responses said that the target no longer exists. The service has switched the target off.",
      exhausted: "All attempts of the retry schedule failed. The notification is in the dead-letter queue.",
    },
  },
  {
    title: "Verdicts of an attempt",
    fields: "the field `verdict` of a delivery attempt or a test message",
    schemas: ["Verdict"],
    meanings: {
      delivered: "The response of the target means success by the rules of the vendor.",
      retry:
        "The attempt failed, for example because the target did not respond. The service tries again later.",
      rejected: "The attempt failed, and the next attempt would fail too. The service does not try again.",
      gone: "The response says that the target no longer exists.",
    },
  },
  {
    title: "Reasons of an attempt",
    fields: "the field `reason` in delivery attempts, notifications, test messages, log lines and metrics",
    schemas: [],
    meanings: describeDeliveryReasonsForApiReference(),
  },
  {
    title: "Results of a redelivery",
    fields: "the field `status` of a target or a job in the response to a redelivery",
    schemas: ["RedeliveryStatus", "MissedStatus"],
    meanings: {
      queued: "The notification is in the queue again.",
      skipped: "The service does not send the notification again. The field `reason` contains the reason.",
      missed:
        "A redelivery would send this notification again. Only a dry run returns this status, because a dry run sends nothing.",
    },
  },
  {
    title: "Reasons of a skipped redelivery",
    fields: "the field `reason` if a redelivery skips a target or a job",
    schemas: ["SkipReason"],
    meanings: {
      target_off: "The target is switched off. A successful test message switches the target on.",
      not_queued: "The queue did not confirm the message. Send the request again.",
    },
  },
  {
    title: "Access errors",
    fields:
      "the access error in the watch item of the ledger. In the API and on pages, `lastPollError` describes this error",
    schemas: [],
    meanings: ACCESS_ERRORS,
  },
  {
    title: "Results of an SMN message",
    fields: "the field `result` in the response to `POST /v1/events/smn/{project}`",
    schemas: ["EventResult.result"],
    meanings: {
      listed: "The message was verified, and the service has listed the jobs of the project.",
      requested: "The message was verified. The service will list the jobs of the project within a minute.",
      confirmed: "The subscription of the topic is confirmed.",
      ignored: "The message was verified, but does not require an action.",
    },
  },
  {
    title: "Health",
    fields: "the fields `status` and `checks` in the response to `GET /v1/health`",
    schemas: ["HealthDocument.status", "HealthDocument.checks"],
    meanings: {
      ok: "In `checks`: the check succeeded. In `status`: every check succeeded.",
      degraded: "At least one check failed.",
      unreachable: "The config, the ledger or the queues cannot be read.",
    },
  },
];

/** The names of schemas and properties whose values need a definition in docs/states.md. */
const DEFINED_LISTS = /(?:state|status|verdict|outcome|result|reason)$/i;

const INTRODUCTION = `# States and reasons

This page defines every state, result and reason that the service returns. \`npm run generate\` writes this page. The
reasons of failed jobs come from CCE, so the page does not list them.
`;

/**
 * Returns the Markdown of docs/states.md.
 * @param schemas the schemas of the OpenAPI document
 * @throws Error that names each value without a definition, and each definition without a value
 */
export function renderStatesPage(
  schemas: JsonObject = toObjectOrEmpty(toObjectOrEmpty(createOpenApiDocument().components).schemas),
): string {
  const faults = findFaults(collectLists(schemas));
  if (faults.length > 0) throw new Error(`local/states-page.ts: ${faults.join("; ")}`);
  const sections = SECTIONS.map(({ title, fields, meanings }) => {
    const rows = Object.entries(meanings).map(([value, meaning]) => `| \`${value}\` | ${meaning} |`);
    return [
      `## ${title}`,
      "",
      `The table lists the values of ${fields}.`,
      "",
      "| value | meaning |",
      "|---|---|",
      ...rows,
      "",
    ].join("\n");
  });
  return [INTRODUCTION, ...sections].join("\n");
}

function findFaults(lists: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const defined = SECTIONS.flatMap(({ schemas, meanings }) =>
    schemas.flatMap((schema) =>
      [...(lists.get(schema) ?? [])]
        .filter((value) => !Object.hasOwn(meanings, value))
        .map((value) => `'${value}' of ${schema} has no definition`),
    ),
  );
  const unused = SECTIONS.filter(({ schemas }) => schemas.length > 0).flatMap(({ schemas, meanings }) =>
    Object.keys(meanings)
      .filter((value) => !schemas.some((schema) => lists.get(schema)?.has(value)))
      .map((value) => `'${value}' is defined and is no value of ${schemas.join(", ")}`),
  );
  const known = new Set(SECTIONS.flatMap(({ schemas }) => schemas));
  const missing = [...lists.keys()].filter((name) => DEFINED_LISTS.test(name) && !known.has(name));
  return [...defined, ...unused, ...missing.map((name) => `${name} has no section`)];
}

/** Returns the allowed values of schemas and properties. A key of the map is a name such as `JobResult.status`. */
function collectLists(schemas: JsonObject): ReadonlyMap<string, ReadonlySet<string>> {
  const lists = new Map<string, Set<string>>();
  const visit = (name: string, value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(name, item);
    if (!isJsonObject(value)) return;
    const { enum: values, properties, ...rest } = value;
    if (Array.isArray(values)) for (const one of values) add(name, String(one));
    for (const [key, property] of Object.entries(toObjectOrEmpty(properties)))
      visit(name.includes(".") ? name : `${name}.${key}`, property);
    for (const part of Object.values(rest)) visit(name, part);
  };
  const add = (name: string, value: string) => lists.set(name, (lists.get(name) ?? new Set()).add(value));
  for (const [name, schema] of Object.entries(schemas)) visit(name, schema);
  return lists;
}
