import type { Context } from "aws-lambda";
import { captured } from "../../lib/runtime/captured.ts";
import { type EmbeddedDynamo, startDynamo } from "../../support/dynamodb.ts";
import { createDynamoLedger } from "../../support/dynamodb-ledger.ts";
import { createTable } from "../../support/table.ts";

let dynamo: EmbeddedDynamo | undefined;
afterEach(() => dynamo?.stop());

test("the deployed handler audits the watches in the table of its environment", async () => {
  dynamo = await startDynamo();
  const { client, endpoint } = dynamo;
  await createTable(client, "audit-test");
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    LEDGER_TABLE: "audit-test",
  });
  const now = Date.now();
  const ledger = createDynamoLedger({ client, table: "audit-test", sweepIntervalMs: 1 });
  const start = (jobId: string, deadlineAt: number) =>
    ledger.startOrExtendWatch({
      project: "prod",
      jobId,
      caller: "token:ci",
      acceptedAt: now,
      deadlineAt,
      nextPollAt: deadlineAt,
      targets: [],
      context: {},
      callbacks: {},
      digestId: null,
      traceparent: null,
      expiresAt: now * 2,
    });
  await start("job-1", now + 3_600_000);
  await start("job-2", now - 86_400_000);
  const { handler } = await import("../../../functions/audit/handler.ts");
  const context = { awsRequestId: "request-1", getRemainingTimeInMillis: () => 10_000 } as Context;
  const lines = await captured(() => handler({}, context));
  expect(lines).toMatchObject([
    { message: "audit", accepted: 2, live: 1, discrepancy: 1 },
    { message: "orphaned", job_id: "job-2" },
    {},
  ]);
});
