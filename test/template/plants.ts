import type { OwnTemplate } from "./own-template.ts";

/** Properties by the logical IDs of resources. */
type Changes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Returns the template with changed properties of some resources. */
export function changeProperties(own: OwnTemplate, changes: Changes): OwnTemplate {
  const resources = { ...own.resources };
  for (const [id, properties] of Object.entries(changes)) {
    const resource = own.resources[id];
    if (resource === undefined) throw new Error(`unknown resource ${id}`);
    resources[id] = { ...resource, Properties: { ...resource.Properties, ...properties } };
  }
  return { ...own, resources };
}

/** Returns the template with other policies of the ledger. */
export function changePolicies(
  own: OwnTemplate,
  DeletionPolicy: string,
  UpdateReplacePolicy: string,
): OwnTemplate {
  const ledger = own.resources.Ledger;
  if (ledger === undefined) throw new Error("the template has no ledger");
  return {
    ...own,
    resources: { ...own.resources, Ledger: { ...ledger, DeletionPolicy, UpdateReplacePolicy } },
  };
}
