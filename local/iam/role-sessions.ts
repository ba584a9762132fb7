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

/** The session in which a function uses its IAM role. */
export interface RoleSession {
  readonly roleArn: string;
  readonly functionArn: string;
  /** The ARN of the session, which IAM names in its error messages. */
  readonly arn: string;
  readonly credentials: SessionCredentials;
}

/** The sessions in which the functions use their IAM roles. */
export class RoleSessions {
  readonly #byFunction = new Map<string, RoleSession>();

  /**
   * Returns the session of a function in its role. The first call for a function creates its session, with random
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
