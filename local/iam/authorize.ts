import type { AwsCall, AwsRule } from "../servers/aws-endpoint.ts";
import { AwsError, createInvalidTokenError } from "../servers/aws-error.ts";
import { decidePermission, type RoleGrants } from "../template/grants.ts";
import { ACCOUNT_ID } from "../template/scope.ts";
import { listRequiredPermissions, type RequiredPermission } from "./required-permissions.ts";
import type { RoleSession, RoleSessions } from "./role-sessions.ts";

/**
 * Returns a rule that refuses each AWS call that the IAM role of the calling function does not allow. A call without a
 * function's credentials comes from a test, an operator or the stack, and is allowed. A call to Parameter Store without
 * a function's credentials needs the control key of the local stack.
 */
export function createAuthorizationRule(options: {
  sessions: RoleSessions;
  /** The access key ID that requests to Parameter Store need if they do not come from a function. */
  controlKey: string;
  /** Returns the policy statements that the IAM roles have now. A deployment may change the roles. */
  grants: () => RoleGrants;
  region: string;
}): AwsRule {
  const { sessions, controlKey, grants, region } = options;
  return async (call, next) => {
    const session = sessions.find(call.accessKeyId);
    if (session === null) {
      // A caller without an IAM role is a test, an operator or the local stack itself. Parameter Store contains
      // secrets, so its callers need the control key.
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
    // The local servers do not use TLS. The condition key `aws:securetransport` is `true`, because calls on AWS use
    // TLS.
    "aws:securetransport": "true",
    "lambda:sourcefunctionarn": functionArn,
  };
}

/** Returns an AWS error for a refused call, with the error name and the text of the called AWS service. */
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
