import * as z from "zod";

const Text = z.string();
const Named = <T extends z.ZodType>(value: T) => z.record(Text, value);
const Statement = z.looseObject({ Effect: Text, Resource: z.union([Text, z.array(Text)]) });
const Policy = z.looseObject({ Statement: z.array(Statement) });

/** Everything that AWS contains after a deployment of one stage, as `stage_state.py` prints it. */
export const StageState = z.strictObject({
  queues: Named(
    z.looseObject({
      VisibilityTimeout: Text,
      MessageRetentionPeriod: Text,
      ReceiveMessageWaitTimeSeconds: Text,
      SqsManagedSseEnabled: Text,
      Policy,
      RedrivePolicy: z.strictObject({ deadLetterTargetArn: Text, maxReceiveCount: z.number() }).optional(),
    }),
  ),
  functions: Named(
    z.looseObject({
      Runtime: Text,
      Timeout: z.number(),
      MemorySize: z.number(),
      Environment: z.strictObject({ Variables: Named(Text) }),
      role: Text,
      invoke: z.strictObject({ MaximumRetryAttempts: z.number() }).optional(),
    }),
  ),
  mappings: Named(
    z.strictObject({
      BatchSize: z.number(),
      ScalingConfig: z.strictObject({ MaximumConcurrency: z.number() }),
      FunctionResponseTypes: z.array(Text),
      FunctionArn: Text,
      State: Text,
    }),
  ),
  roles: Named(z.array(Statement)),
  alarms: Named(
    z.looseObject({ AlarmDescription: Text, AlarmActions: z.array(Text), TreatMissingData: Text }),
  ),
  topics: Named(
    z.strictObject({
      policy: Policy,
      subscriptions: z.array(z.strictObject({ Protocol: Text, Endpoint: Text })),
    }),
  ),
  apis: Named(
    z.strictObject({
      routes: Named(z.looseObject({ IntegrationUri: Text, PayloadFormatVersion: Text })),
      stages: z.array(
        z.strictObject({
          StageName: Text,
          AutoDeploy: z.boolean(),
          DefaultRouteSettings: z.looseObject({ ThrottlingRateLimit: z.number() }),
          AccessLogSettings: z.strictObject({ DestinationArn: Text, Format: Text }),
        }),
      ),
    }),
  ),
  rules: Named(z.strictObject({ ScheduleExpression: Text.optional(), State: Text, targets: z.array(Text) })),
  tables: Named(
    z.looseObject({
      indexes: z.array(z.looseObject({ IndexName: Text })),
      ttl: z.looseObject({ TimeToLiveStatus: Text, AttributeName: Text.optional() }),
      pointInTimeRecovery: Text,
      items: z.array(z.unknown()),
    }),
  ),
  parameters: Named(z.strictObject({ Value: Text, Type: Text, Version: z.number() })),
  logGroups: Named(z.number()),
  dashboards: z.array(Text),
  buckets: z.number(),
  stacks: z.array(z.strictObject({ StackName: Text, StackStatus: Text })),
});
export type StageState = z.infer<typeof StageState>;

/**
 * Compares two states. Returns the new value of each path with another value. The value of a path that only the first
 * state has is undefined.
 */
export function findDifferences(before: StageState, after: StageState): Record<string, unknown> {
  const [old, current] = [flatten(before), flatten(after)];
  const paths = new Set([...old.keys(), ...current.keys()]);
  const changed = [...paths].filter((path) => old.get(path) !== current.get(path));
  return Object.fromEntries(changed.map((path) => [path, current.get(path)]));
}

/** Returns the simple values of an object by their paths. A path consists of the keys, joined with points. */
function flatten(value: unknown, path = ""): Map<string, unknown> {
  if (typeof value !== "object" || value === null) return new Map([[path, value]]);
  const prefix = path === "" ? "" : `${path}.`;
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...flatten(inner, `${prefix}${key}`)]));
}
