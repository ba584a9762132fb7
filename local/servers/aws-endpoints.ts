import { authorizeFunctions } from "../iam/authorize.ts";
import type { RoleSessions } from "../iam/role-sessions.ts";
import type { Endpoints } from "../lambda/function-environment.ts";
import { Stoppables } from "../stack/stoppables.ts";
import type { RoleGrants } from "../template/grants.ts";
import { type AwsCall, type AwsRule, startAwsEndpoint } from "./aws-endpoint.ts";
import { correctSqsErrorCodes, createSqsLimits } from "./sqs-limits.ts";

/**
 * Starts the endpoints through which the functions, the event sources and the tests call AWS. An endpoint adds the rules
 * of AWS that no local server has, and passes the calls on to the server at the URL in `upstream`.
 */
export async function startAwsEndpoints(options: {
  upstream: Endpoints;
  sessions: RoleSessions;
  grants: RoleGrants;
  region: string;
}): Promise<Endpoints & { stop(): Promise<void> }> {
  const { upstream } = options;
  const authorize = authorizeFunctions(options);
  const parts = new Stoppables();
  const start = async (service: AwsCall["service"], ...rules: readonly AwsRule[]) => {
    const endpoint = await startAwsEndpoint({
      service,
      upstream: upstream[service],
      rules: [authorize, ...rules],
    });
    return parts.add(endpoint).url;
  };
  return {
    sqs: await start(
      "sqs",
      correctSqsErrorCodes,
      createSqsLimits(() => performance.now()),
    ),
    dynamodb: await start("dynamodb"),
    ssm: await start("ssm"),
    stop: () => parts.stop(),
  };
}
