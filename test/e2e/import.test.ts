import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { runDataCommand } from "../../server/data-commands.ts";
import { createSqliteLedger } from "../../server/ledger/sqlite-ledger.ts";
import { Store } from "../../server/store/store.ts";
import { newWatch } from "../lib/ledger/samples.ts";
import { createDataDirectory } from "../server/open-test-store.ts";
import { runCommand } from "../support/run-command.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { failingJob } from "./outcome-jobs.ts";

const IMPORT = fileURLToPath(new URL("../../local/ops/import.ts", import.meta.url));
const MINUTE_MS = 60_000;

let receiver: Receiver;
let fixture: ServiceFixture;
beforeAll(async () => {
  receiver = await startReceiver();
  fixture = await startServiceFixture({
    targets: { deploys: { kind: "slack", url: `${receiver.url}/slack/deploys` } },
    settings: { egress: { allow: [new URL(receiver.url).host] } },
  });
});
afterAll(async () => {
  await fixture?.stop();
  await receiver.stop();
});

it("the sweep function of a stage continues the watches that import has written, and each target is notified once", async () => {
  const directory = createDataDirectory();
  const file = join(createDataDirectory(), "export.jsonl");
  const store = Store.open(directory, { exclusive: true });
  const acceptedAt = Date.now() - 30 * MINUTE_MS;
  const jobIds = [1, 2].map(() => fixture.addJob({ ...failingJob, endSeconds: 0 }));
  for (const jobId of jobIds)
    await createSqliteLedger(store).startOrExtendWatch(
      newWatch({
        project: PROJECT,
        jobId,
        caller: "token:pipeline",
        acceptedAt,
        nextPollAt: acceptedAt + MINUTE_MS,
        deadlineAt: Date.now() + 60 * MINUTE_MS,
        expiresAt: Date.now() + 24 * 60 * MINUTE_MS,
      }),
    );
  store.close();
  expect(await runDataCommand("export", [file, "--data", directory])).toBe(0);
  const { code, stdout, stderr } = await runCommand(process.execPath, [IMPORT, file], {
    env: {
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "y",
      AWS_REGION: "eu-central-1",
      AWS_ENDPOINT_URL_DYNAMODB: fixture.stack.dynamodb,
    },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("watches: 2 written");

  for (let run = 0; run < 2; run += 1)
    expect(await fixture.stack.invoke("sweep", {})).toEqual({ result: null });
  for (const jobId of jobIds)
    expect(await fixture.over(jobId)).toMatchObject({
      state: "failed",
      deliveries: [{ state: "delivered" }],
    });
  expect(await fixture.stack.invoke("sweep", {})).toEqual({ result: null });
  await fixture.queues.empty("poll");
  await fixture.queues.empty("notify");
  expect(receiver.notifications.list(null)).toHaveLength(2);
});
