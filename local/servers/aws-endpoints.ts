import { createAuthorizationRule } from "../iam/authorize.ts";
import type { RoleSessions } from "../iam/role-sessions.ts";
import type { Endpoints } from "../lambda/function-environment.ts";
import { Stoppables } from "../stack/stoppables.ts";
import type { RoleGrants } from "../template/grants.ts";
import type { Service } from "../template/service.ts";
import { type AwsCall, type AwsRule, startAwsEndpoint } from "./aws-endpoint.ts";
import type { DynamoServer } from "./dynamodb.ts";
import { createLateIndex } from "./late-index.ts";
import { correctSqsErrorCodes, createSqsLimits } from "./sqs-rules.ts";
import { CREDENTIALS } from "./start-sqs.ts";

/**
 * Starts the servers through which functions, event sources and tests call AWS. An endpoint adds rules of AWS to a
 * local server and forwards the calls to the URL in `upstream`.
 */
export async function startAwsEndpoints(options: {
  upstream: Endpoints;
  sessions: RoleSessions;
  controlKey: string;
  /** The access key ID of every request to the server at `upstream.ssm`. */
  ssmAccessKeyId: string;
  service: Pick<Service, "tables" | "region">;
  /** Returns the current policy statements of the IAM roles. */
  grants: () => RoleGrants;
  /** The DynamoDB server at the URL `upstream.dynamodb`. */
  dynamo: DynamoServer;
  /** The random seed for the delays of simulated indexes, or null for indexes without a delay. */
  lateIndexSeed: number | null;
}): Promise<Endpoints & { stop(): Promise<void> }> {
  const { upstream, sessions, controlKey, ssmAccessKeyId, grants, dynamo, lateIndexSeed } = options;
  const { tables, region } = options.service;
  const authorize = createAuthorizationRule({ sessions, controlKey, grants, region });
  const parts = new Stoppables();
  const tableRules: AwsRule[] = [];
  if (lateIndexSeed !== null) {
    const lateIndex = parts.add(createLateIndex({ seed: lateIndexSeed, tables, client: dynamo.client }));
    await dynamo.createTables(lateIndex.copies);
    tableRules.push(lateIndex.rule);
  }
  const start = async (service: AwsCall["service"], ...rules: readonly AwsRule[]) => {
    const endpoint = await startAwsEndpoint({
      service,
      upstream: upstream[service],
      upstreamListener: service === "dynamodb" ? dynamo.listener : null,
      rules: [authorize, ...rules],
      upstreamAccessKeyId: service === "ssm" ? ssmAccessKeyId : CREDENTIALS.accessKeyId,
    });
    return parts.add(endpoint).url;
  };
  return {
    sqs: await start(
      "sqs",
      correctSqsErrorCodes,
      createSqsLimits(() => performance.now()),
    ),
    dynamodb: await start("dynamodb", ...tableRules),
    ssm: await start("ssm"),
    stop: () => parts.stop(),
  };
}
