import { randomBytes } from "node:crypto";
import type { FunctionResource } from "../template/functions.ts";
import { ACCOUNT_ID } from "../template/scope.ts";

/**
 * The temporary credentials of a function. Lambda gets the credentials from STS, so the credentials contain a session
 * token.
 */
export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** The temporary credentials with which a function uses its IAM role. */
export interface RoleSession {
  readonly roleArn: string;
  readonly functionArn: string;
  /** The ARN of the session, which IAM names in its error messages. */
  readonly arn: string;
  readonly credentials: SessionCredentials;
}

/** The temporary credentials of all functions for their IAM roles. */
export class RoleSessions {
  readonly #byFunction = new Map<string, RoleSession>();

  /**
   * Returns the session in which a function uses its IAM role. The session is created by the first call, with random
   * credentials.
   */
  of(resource: FunctionResource): RoleSession {
    const key = `${resource.arn} ${resource.roleArn}`;
    const session = this.#byFunction.get(key) ?? createSession(resource);
    this.#byFunction.set(key, session);
    return session;
  }

  find(accessKeyId: string): RoleSession | null {
    const sessions = [...this.#byFunction.values()];
    return sessions.find(({ credentials }) => credentials.accessKeyId === accessKeyId) ?? null;
  }
}

function createSession({ name, arn, roleArn }: FunctionResource): RoleSession {
  const roleName = roleArn.split("/").at(-1) ?? "";
  return {
    roleArn,
    functionArn: arn,
    arn: `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${roleName}/${name}`,
    credentials: {
      accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString("base64"),
      sessionToken: randomBytes(200).toString("base64"),
    },
  };
}
