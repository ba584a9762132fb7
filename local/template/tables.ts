import * as z from "zod";
import type { Scope } from "./intrinsics.ts";
import { readResources, type Template } from "./template.ts";

const KeySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(["HASH", "RANGE"]) }));
const Throughput = z.object({ ReadCapacityUnits: z.coerce.number(), WriteCapacityUnits: z.coerce.number() });
const Index = z.object({
  IndexName: z.string(),
  KeySchema,
  Projection: z.object({
    ProjectionType: z.enum(["ALL", "INCLUDE", "KEYS_ONLY"]),
    NonKeyAttributes: z.array(z.string()).optional(),
  }),
  ProvisionedThroughput: Throughput.optional(),
});

const Properties = z.object({
  TableName: z.string().optional(),
  AttributeDefinitions: z.array(
    z.object({ AttributeName: z.string(), AttributeType: z.enum(["B", "N", "S"]) }),
  ),
  KeySchema,
  BillingMode: z.enum(["PAY_PER_REQUEST", "PROVISIONED"]).default("PROVISIONED"),
  ProvisionedThroughput: Throughput.optional(),
  GlobalSecondaryIndexes: z.array(Index).optional(),
  TimeToLiveSpecification: z.object({ AttributeName: z.string(), Enabled: z.boolean() }).optional(),
  LocalSecondaryIndexes: z.array(Index.omit({ ProvisionedThroughput: true })).optional(),
});

/** The properties of the table, as the AWS call `CreateTable` expects them. */
export type TableDefinition = Omit<z.infer<typeof Properties>, "TableName" | "TimeToLiveSpecification"> & {
  readonly TableName: string;
};

export interface TableResource {
  readonly definition: TableDefinition;
  /** The attribute with the expiry time of an item, or null if no item of the table expires. */
  readonly timeToLiveAttribute: string | null;
}

export function readTables(template: Template, scope: Scope): readonly TableResource[] {
  return readResources(template, "AWS::DynamoDB::Table", Properties, scope).map(
    ({ logicalId, properties: { TimeToLiveSpecification: timeToLive, ...definition } }) => ({
      definition: { ...definition, TableName: scope.ref(logicalId) },
      timeToLiveAttribute: timeToLive?.Enabled === true ? timeToLive.AttributeName : null,
    }),
  );
}
