import type { AwsCall, AwsRule } from "../servers/aws-endpoint.ts";
import { AwsError, createInvalidTokenError } from "../servers/aws-error.ts";
import { decidePermission, type RoleGrants } from "../template/grants.ts";
import { ACCOUNT_ID } from "../template/scope.ts";
import { listRequiredPermissions, type RequiredPermission } from "./required-permissions.ts";
import type { RoleSession, RoleSessions } from "./role-sessions.ts";

/**
 * Returns a rule that allows a function's AWS call only if the function's IAM role allows the call. Calls with
 * credentials that belong to no function come from tests, operators and the stack itself, and are allowed. A call to
 * Parameter Store that does not come from a function needs the control key of the stack.
 */
export function createAuthorizationRule(options: {
  sessions: RoleSessions;
  /** The access key ID that requests to Parameter Store need if they do not come from a function. */
  controlKey: string;
  /** Returns the current policy statements of the IAM roles, because a deployment may change roles. */
  grants: () => RoleGrants;
  region: string;
}): AwsRule {
  const { sessions, controlKey, grants, region } = options;
  return async (call, next) => {
    const session = sessions.find(call.accessKeyId);
    if (session === null) {
      // A call without a role needs the control key, because Parameter Store contains the secrets of the config.
      if (call.service === "ssm" && call.accessKeyId !== controlKey)
        throw createInvalidTokenError(call.service);
      return next();
    }
    if (call.sessionToken !== session.credentials.sessionToken) throw createInvalidTokenError(call.service);
    const { roleArn } = session;
    for (const permission of listRequiredPermissions(call, region)) {
      const context = { ...requestContext(session, region), ...permission.context };
      const decision = decidePermission(grants(), { ...permission, roleArn, context });
      if (decision !== "allowed") throw accessDenied(call, session, permission, decision);
    }
    return next();
  };
}

function requestContext({ roleArn, functionArn }: RoleSession, region: string) {
  return {
    "aws:principalaccount": ACCOUNT_ID,
    "aws:principalarn": roleArn,
    "aws:requestedregion": region,
    "aws:resourceaccount": ACCOUNT_ID,
    // The local servers use no TLS. The condition key `aws:securetransport` is still `true`, because the same calls use
    // TLS on AWS.
    "aws:securetransport": "true",
    "lambda:sourcefunctionarn": functionArn,
  };
}

/** Returns the error for a refused call, with the name and the text that the called AWS service uses. */
function accessDenied(
  { service }: AwsCall,
  { arn }: RoleSession,
  { action, resource }: RequiredPermission,
  decision: "denied" | "not_allowed",
): AwsError {
  const shownAction = service === "sqs" ? action.toLowerCase() : action;
  const reason =
    decision === "denied"
      ? "with an explicit deny in an identity-based policy"
      : `because no identity-based policy allows the ${shownAction} action`;
  const message = `User: ${arn} is not authorized to perform: ${shownAction} on resource: ${resource} ${reason}`;
  return service === "sqs"
    ? new AwsError("AccessDeniedException", message, 403, "AccessDenied")
    : new AwsError("AccessDeniedException", message);
}
