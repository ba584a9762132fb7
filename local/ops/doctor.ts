import { lookup } from "node:dns/promises";
import { parseArgs } from "node:util";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createCceClient } from "../../lib/cce/client.ts";
import {
  monotonicClock as monotonic,
  systemClock as now,
  systemRandom as random,
} from "../../lib/runtime/clock.ts";
import { apiAddress } from "./api-address.ts";
import { examineAlarms } from "./doctor/alarms.ts";
import { examineApi } from "./doctor/api.ts";
import { examineStage } from "./doctor/doctor.ts";
import { type Finding, findingLines } from "./doctor/finding.ts";
import { examineProjects } from "./doctor/projects.ts";
import { examineQueues } from "./doctor/queues.ts";
import { examineTargets } from "./doctor/targets.ts";
import { readDeployed, SERVICE, STAGE_OPTIONS } from "./stage.ts";

const USAGE = `Examines a deployed stage and says what is wrong, and what to do about it. Changes and sends nothing.

  npm run doctor -- --stage S [--region R]

Looks at the config, each project's credentials (by asking CCE for a job that does not exist), each target's URL, the
API and the clock, the queues and the alarms. Exit status: 0, 1 when something is wrong, 2 for this text.
`;

const { values } = parseArgs({ options: STAGE_OPTIONS });

/** The addresses of a name, as delivery would find them. */
const resolve = async (host: string) => (await lookup(host, { all: true })).map(({ address }) => address);

async function examineApiAt(publicUrl: string | undefined): Promise<readonly Finding[]> {
  try {
    return await examineApi(publicUrl ?? (await apiAddress(values)), now);
  } catch (error) {
    const words = `its address is unknown (${error instanceof Error ? error.message : "no stack"})`;
    return [{ what: "API", state: "fault", words, remedy: "Is the stage deployed in this region?" }];
  }
}

if (values.help) process.stdout.write(USAGE);
else {
  const prefix = `${SERVICE}-${values.stage}`;
  const sqs = new SQSClient({ region: values.region });
  const cloudWatch = new CloudWatchClient({ region: values.region });
  const worst = await examineStage(
    {
      readEntries: async () => (await readDeployed(values)).entries,
      ofConfig: [
        (config) => examineProjects(config, createCceClient({ ...config, now, monotonic, random })),
        (config) => examineTargets(config, resolve),
      ],
      ofApi: examineApiAt,
      ofStage: [() => examineQueues(sqs, prefix), () => examineAlarms(cloudWatch, prefix)],
    },
    (finding) => process.stdout.write(`${findingLines(finding)}\n`),
  );
  process.exitCode = worst === "fault" ? 1 : 0;
}
