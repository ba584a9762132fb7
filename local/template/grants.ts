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
const Policy = z.object({ PolicyDocument: Document, Roles: z.array(z.string()).default([]) });

/** Actions that a role allows on resources. Both are patterns with `*` and `?`. */
export interface Grant {
  readonly roleArn: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** Returns the grants of a template's roles, from inline policies and attached policies. `Deny` is ignored. */
export function readGrants(template: Template, scope: Scope): readonly Grant[] {
  const roles = readResources(template, "AWS::IAM::Role", Role, scope).map(({ logicalId, properties }) => ({
    name: scope.ref(logicalId),
    arn: scope.getAtt(logicalId, "Arn"),
    documents: properties.Policies.map(({ PolicyDocument }) => PolicyDocument),
  }));
  const inline = roles.flatMap(({ arn, documents }) =>
    documents.flatMap((document) => allowedBy(document, [arn])),
  );
  const attached = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"].flatMap((type) =>
    readResources(template, type, Policy, scope).flatMap(({ properties: { PolicyDocument, Roles } }) => {
      const attachedRoles = roles.filter(({ name }) => Roles.includes(name));
      return allowedBy(
        PolicyDocument,
        attachedRoles.map(({ arn }) => arn),
      );
    }),
  );
  return [...inline, ...attached];
}

function allowedBy(document: z.infer<typeof Document>, roleArns: readonly string[]): readonly Grant[] {
  return document.Statement.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action, Resource }) =>
    roleArns.map((roleArn) => ({ roleArn, actions: Action, resources: Resource })),
  );
}

/** Returns true when a grant of the role allows the action on the resource. IAM ignores the case of actions. */
export function isAllowed(
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
