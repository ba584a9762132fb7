import assert from "node:assert/strict";
import { CONFIG_GROUPS, SINGLE_ENTRIES } from "../../lib/config/assemble-config.ts";
import { ALARM_NAMES } from "../../local/ops/stage-limits.ts";
import { DEFAULTS } from "../template/stage-defaults.ts";
import type { StageState } from "./stage-state.ts";

const FUNCTIONS = ["api", "audit", "discover", "enqueue", "notify", "poll", "sweep", "trail"];
const TWO_WEEKS_SECONDS = String(14 * 86_400);
/** Matches a part of a template that CloudFormation should have replaced. */
const UNRESOLVED = /"Fn::|"Ref"|\$\{/;

/** The facts that the check compares with the state of a stage. */
interface Expected {
  /** The beginning of all names of the stage's resources. */
  readonly prefix: string;
  readonly stage: string;
  readonly alarmEmail: string;
}

/**
 * Checks what a deployment with the default settings has made.
 * @throws AssertionError
 */
export function checkDeployedStage(state: StageState, expected: Expected): void {
  assert.doesNotMatch(JSON.stringify(state), UNRESOLVED);
  checkQueues(state, expected);
  checkFunctions(state, expected);
  checkRoles(state, expected);
  checkAlarms(state, expected);
  checkApi(state, expected);
  checkTable(state, expected);
  assert.deepEqual(state.dashboards, [expected.prefix]);
  assert.equal(state.buckets, 1);
}

function checkQueues({ queues, mappings }: StageState, { prefix }: Expected): void {
  const named = (names: readonly string[]) => names.map((name) => `${prefix}-${name}`);
  assert.deepEqual(Object.keys(queues).toSorted(), named(["notify", "notify-dead", "poll", "poll-dead"]));
  const arn = (name: string) => queues[name]?.Policy.Statement.map(({ Resource }) => Resource)[0];
  for (const [name, queue] of Object.entries(queues)) {
    assert.equal(queue.MessageRetentionPeriod, TWO_WEEKS_SECONDS, name);
    assert.equal(queue.SqsManagedSseEnabled, "true", name);
    assert.equal(queue.Policy.Statement.length, 1, name);
    assert.ok(String(arn(name)).endsWith(`:${name}`), `the policy of ${name} is about ${arn(name)}`);
    if (name.endsWith("-dead")) continue;
    assert.equal(queue.VisibilityTimeout, "180", name);
    assert.equal(queue.ReceiveMessageWaitTimeSeconds, "20", name);
    const redrive = { deadLetterTargetArn: arn(`${name}-dead`), maxReceiveCount: 1000 };
    assert.deepEqual(queue.RedrivePolicy, redrive, name);
  }
  assert.deepEqual(
    Object.fromEntries(
      Object.entries(mappings).map(([queue, { FunctionArn }]) => [queue, last(FunctionArn)]),
    ),
    Object.fromEntries(named(["poll", "notify"]).map((name) => [arn(name), name])),
  );
  for (const { FunctionArn: _, ...mapping } of Object.values(mappings))
    assert.deepEqual(mapping, {
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 10 },
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      State: "Enabled",
    });
}

function checkFunctions(
  { functions, queues, roles, rules, logGroups }: StageState,
  expected: Expected,
): void {
  const { prefix, stage } = expected;
  const names = FUNCTIONS.map((name) => `${prefix}-${name}`);
  assert.deepEqual(Object.keys(functions).toSorted(), names);
  for (const [name, { Runtime, MemorySize, Environment, role, invoke }] of Object.entries(functions)) {
    const short = name.slice(prefix.length + 1);
    assert.equal(Runtime, "nodejs24.x", name);
    assert.equal(MemorySize, Number(DEFAULTS[`${short}MemoryMegabytes`]), name);
    assert.ok(role in roles && role.toLowerCase().includes(`-${short}role`), `${name} has the role ${role}`);
    assert.equal(logGroups[`/aws/lambda/${name}`], name.endsWith("-trail") ? 400 : 30, name);
    const { Variables: variables } = Environment;
    assert.equal(variables.LEDGER_TABLE, `${prefix}-ledger`, name);
    assert.equal(variables.CONFIG_PATH, `/cce-job-notifier/${stage}`, name);
    for (const [variable, value] of Object.entries(variables))
      if (variable.endsWith("_QUEUE_URL"))
        assert.ok((value.split("/").at(-1) ?? "") in queues, `${variable} of ${name} is ${value}`);
    const isScheduled = ["sweep", "audit", "discover"].includes(short);
    assert.deepEqual(invoke, isScheduled ? { MaximumRetryAttempts: 0 } : undefined, name);
  }
  const schedules = Object.values(rules).map(({ targets, ...rule }) => [...targets.map(last), rule]);
  assert.deepEqual(
    schedules.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
    [
      [`${prefix}-audit`, { ScheduleExpression: "rate(1 hour)", State: "ENABLED" }],
      [`${prefix}-discover`, { ScheduleExpression: "rate(1 minute)", State: "ENABLED" }],
      [`${prefix}-sweep`, { ScheduleExpression: "cron(0/5 * * * ? *)", State: "ENABLED" }],
      // The rule for changes of the config has a pattern of events in place of a schedule.
      [`${prefix}-trail`, { State: "ENABLED" }],
    ],
  );
}

/** Every statement of a role names a resource that exists. */
function checkRoles({ roles, queues, tables, logGroups }: StageState, { stage }: Expected): void {
  assert.equal(Object.keys(roles).length, FUNCTIONS.length);
  const exists = (arn: string) => {
    const [, , service = "", , , ...rest] = arn.split(":");
    const resource = rest.join(":");
    if (service === "sqs") return resource in queues;
    if (service === "logs") return resource.replace(/^log-group:/, "").replace(/:\*$/, "") in logGroups;
    if (service === "ssm")
      return [...CONFIG_GROUPS, ...SINGLE_ENTRIES].some(
        (part) => resource === `parameter/cce-job-notifier/${stage}/${part}`,
      );
    const [kind, table = "", , index] = resource.split("/");
    const indexes = tables[table]?.indexes.map(({ IndexName }) => IndexName) ?? [];
    return (
      service === "dynamodb" &&
      kind === "table" &&
      (index === undefined ? table in tables : indexes.includes(index))
    );
  };
  for (const [role, statements] of Object.entries(roles))
    for (const { Effect, Resource } of statements) {
      assert.equal(Effect, "Allow", role);
      for (const arn of [Resource].flat())
        assert.ok(exists(arn), `${role} names ${arn}, which does not exist`);
    }
}

function checkAlarms({ alarms, topics }: StageState, { prefix, alarmEmail }: Expected): void {
  const names = ALARM_NAMES.map((name) => `${prefix}-${name}`);
  assert.deepEqual(Object.keys(alarms).toSorted(), names.toSorted());
  const [topic = ""] = Object.keys(topics);
  assert.equal(last(topic), `${prefix}-alarms`);
  for (const [name, { AlarmDescription, AlarmActions }] of Object.entries(alarms)) {
    assert.ok(AlarmDescription.endsWith(`docs/runbook.md#${name.slice(prefix.length + 1)}`), name);
    assert.deepEqual(AlarmActions, [topic], name);
  }
  assert.deepEqual(topics[topic]?.subscriptions, [{ Protocol: "email", Endpoint: alarmEmail }]);
  assert.deepEqual(
    topics[topic]?.policy.Statement.map(({ Resource }) => Resource),
    [topic, topic],
  );
}

function checkApi({ apis, logGroups }: StageState, { prefix, stage }: Expected): void {
  const { routes, stages } = apis[`${stage}-cce-job-notifier`] ?? { routes: {}, stages: [] };
  const functions = Object.entries(routes).map(([route, { IntegrationUri }]) => [
    route,
    last(IntegrationUri),
  ]);
  assert.deepEqual(Object.fromEntries(functions), {
    "POST /v1/jobs": `${prefix}-enqueue`,
    "POST /v1/events/smn/{project}": `${prefix}-discover`,
    $default: `${prefix}-api`,
  });
  assert.deepEqual(
    stages.map(({ StageName, AutoDeploy }) => ({ StageName, AutoDeploy })),
    [{ StageName: "$default", AutoDeploy: true }],
  );
  const accessLog = last(stages[0]?.AccessLogSettings.DestinationArn ?? "");
  assert.equal(accessLog, `/aws/vendedlogs/${prefix}-access`);
  assert.equal(logGroups[accessLog], 30);
}

function checkTable({ tables }: StageState, { prefix }: Expected): void {
  assert.deepEqual(Object.keys(tables), [`${prefix}-ledger`]);
  const { indexes, ttl, pointInTimeRecovery } = tables[`${prefix}-ledger`] ?? {};
  assert.deepEqual(
    indexes?.map(({ IndexName }) => IndexName),
    ["overdue", "recent"],
  );
  assert.deepEqual(ttl, { TimeToLiveStatus: "ENABLED", AttributeName: "expiresAt" });
  assert.equal(pointInTimeRecovery, "ENABLED");
}

/** Returns the last part of an ARN. */
function last(arn: string): string {
  return arn.split(":").at(-1) ?? "";
}
