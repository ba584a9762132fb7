import * as z from "zod";
import { resolve, type Scope } from "./intrinsics.ts";
import { resourcesOf } from "./resources.ts";
import type { Template } from "./template.ts";

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
const Policy = z.object({ PolicyDocument: Document, Roles: z.array(z.string()).default([]) });

/** What a role allows: actions and resources, both patterns with `*` and `?`. */
export interface Grant {
  readonly roleArn: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** The grants of a template's roles: their inline policies and the policies attached to them. */
export function readGrants(template: Template, scope: Scope): readonly Grant[] {
  const roles = resourcesOf(template, "AWS::IAM::Role", Role, scope).flatMap(({ logicalId, properties }) =>
    properties.Policies.flatMap(({ PolicyDocument }) =>
      allowed(PolicyDocument, [scope.getAtt(logicalId, "Arn")]),
    ),
  );
  const arns = new Map(
    Object.entries(template.Resources)
      .filter(([, resource]) => resource.Type === "AWS::IAM::Role")
      .map(([logicalId]) => [resolve({ Ref: logicalId }, scope), scope.getAtt(logicalId, "Arn")]),
  );
  const attached = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"].flatMap((type) =>
    resourcesOf(template, type, Policy, scope).flatMap(({ properties }) =>
      allowed(
        properties.PolicyDocument,
        properties.Roles.flatMap((role) => arns.get(role) ?? []),
      ),
    ),
  );
  return [...roles, ...attached];
}

function allowed(document: z.infer<typeof Document>, roleArns: readonly string[]): readonly Grant[] {
  return document.Statement.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action, Resource }) =>
    roleArns.map((roleArn) => ({ roleArn, actions: Action, resources: Resource })),
  );
}

/** Whether any grant of the role allows the action on the resource. IAM compares actions without regard to case. */
export function isAllowed(
  grants: readonly Grant[],
  { roleArn, action, resource }: { roleArn: string; action: string; resource: string },
): boolean {
  return grants.some(
    (grant) =>
      grant.roleArn === roleArn &&
      grant.actions.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
      grant.resources.some((pattern) => matches(pattern, resource)),
  );
}

function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(value);
}
