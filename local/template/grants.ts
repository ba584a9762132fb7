import * as z from "zod";
import {
  areConditionsMet,
  type ConditionContext,
  Conditions,
  matchesPattern,
  OneOrMore,
} from "../iam/conditions.ts";
import type { Scope } from "./intrinsics.ts";
import { readResources, type Template } from "./template.ts";

/** The supported elements of a policy statement. The local stack refuses a template with any other element. */
const Statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Action: OneOrMore,
  Resource: OneOrMore,
  Condition: Conditions.default({}),
});
const Document = z.object({
  Statement: z.union([Statement.transform((one) => [one]), z.array(Statement)]),
});
const Role = z.object({ Policies: z.array(z.object({ PolicyDocument: Document })).default([]) });

/**
 * The actions that a policy statement allows or denies. In a pattern for an action or a resource, `*` and `?` are
 * wildcards.
 */
export interface Grant {
  readonly roleArn: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: Conditions;
}

/** The permission of a role to do one action on an AWS resource. */
export interface Permission {
  readonly roleArn: string;
  /** The action, such as `sqs:SendMessage`. IAM ignores the difference between upper and lower case. */
  readonly action: string;
  /** The ARN of the resource, or `*` for an action without a resource. */
  readonly resource: string;
  readonly context?: ConditionContext;
}

/**
 * Returns what the inline policies of the IAM roles in a template allow (`grants`) and deny (`denials`). The function
 * ignores policies that are attached to a role, so the local stack refuses actions that only these policies allow.
 */
export function readGrants(template: Template, scope: Scope) {
  const statements = readResources(template, "AWS::IAM::Role", Role, scope).flatMap(
    ({ logicalId, properties }) => {
      const roleArn = scope.getAtt(logicalId, "Arn");
      return properties.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement).map(
        ({ Effect, Action, Resource, Condition }) => ({
          effect: Effect,
          grant: { roleArn, actions: Action, resources: Resource, conditions: Condition } satisfies Grant,
        }),
      );
    },
  );
  const withEffect = (wanted: "Allow" | "Deny"): readonly Grant[] =>
    statements.filter(({ effect }) => effect === wanted).map(({ grant }) => grant);
  return { grants: withEffect("Allow"), denials: withEffect("Deny") };
}

/** The policy statements of all IAM roles in a template. */
export type RoleGrants = Readonly<ReturnType<typeof readGrants>>;

/**
 * Decides whether a role may do an action, by the rules of IAM. An action is refused if a policy statement denies it,
 * or if no policy statement allows it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function decidePermission(
  { grants, denials }: RoleGrants,
  permission: Permission,
): "allowed" | "denied" | "not_allowed" {
  if (denials.some((denial) => matches(denial, permission))) return "denied";
  return grants.some((grant) => matches(grant, permission)) ? "allowed" : "not_allowed";
}

function matches(
  { roleArn, actions, resources, conditions }: Grant,
  { action, resource, context = {}, ...permission }: Permission,
): boolean {
  return (
    roleArn === permission.roleArn &&
    actions.some((pattern) => matchesPattern(pattern.toLowerCase(), action.toLowerCase())) &&
    resources.some((pattern) => matchesPattern(pattern, resource)) &&
    areConditionsMet(conditions, context)
  );
}
