import * as z from "zod";
import type { Scope } from "./intrinsics.ts";
import { readResources, type Template } from "./template.ts";

const OneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const Statement = z.object({
  Effect: z.enum(["Allow", "Deny"]),
  Action: OneOrMore.default([]),
  Resource: OneOrMore.default([]),
});
const Document = z.object({
  Statement: z.union([Statement.transform((one) => [one]), z.array(Statement)]),
});
const Role = z.object({ Policies: z.array(z.object({ PolicyDocument: Document })).default([]) });

/**
 * The actions that an IAM role allows on AWS resources. The actions and the resources are patterns, which may contain
 * `*` and `?`.
 */
export interface Grant {
  readonly roleArn: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/**
 * Returns what the inline policies of the IAM roles in a template allow. Attached policies and policy statements with
 * `Deny` are ignored.
 */
export function readGrants(template: Template, scope: Scope): readonly Grant[] {
  return readResources(template, "AWS::IAM::Role", Role, scope).flatMap(({ logicalId, properties }) => {
    const roleArn = scope.getAtt(logicalId, "Arn");
    return properties.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .filter(({ Effect }) => Effect === "Allow")
      .map(({ Action, Resource }) => ({ roleArn, actions: Action, resources: Resource }));
  });
}

/**
 * Returns true if the IAM role allows the action on the resource. Upper and lower case in the name of an action make no
 * difference, as in IAM.
 */
export function isActionAllowed(
  grants: readonly Grant[],
  { roleArn, action, resource }: { roleArn: string; action: string; resource: string },
): boolean {
  return grants.some(
    (grant) =>
      grant.roleArn === roleArn &&
      grant.actions.some((pattern) => matchesPattern(pattern.toLowerCase(), action.toLowerCase())) &&
      grant.resources.some((pattern) => matchesPattern(pattern, resource)),
  );
}

function matchesPattern(pattern: string, value: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(value);
}
