import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleLikeService } from "../support/build-floor.ts";
import { inMilliseconds, type MillisecondFigure, rounded } from "../support/figures.ts";
import type { Packaged } from "../support/package.ts";
import type { Target } from "../support/verdict.ts";
import { loadTimes } from "./load.ts";

const CLIENTS = {
  dynamodb: ["DynamoDBClient", "@aws-sdk/client-dynamodb"],
  sqs: ["SQSClient", "@aws-sdk/client-sqs"],
  ssm: ["SSMClient", "@aws-sdk/client-ssm"],
} as const;
type Client = keyof typeof CLIENTS;
/** Functions that need fewer clients than all three. */
const NEEDS: Readonly<Record<string, readonly Client[]>> = { audit: ["dynamodb"] };
const ALL: readonly Client[] = ["dynamodb", "sqs", "ssm"];

export interface ColdFigure extends MillisecondFigure {
  readonly bytes: number;
  readonly zipBytes: number;
  /** The floor with nothing left out of the SDK: what its default chain of credential providers costs. */
  readonly plainFloorMs: number;
}
export interface Cold {
  readonly functions: Readonly<Record<string, ColdFigure>>;
  /** What a service loads that bundles nothing: whole SDKs, the cloud vendor's own, axios. For scale. */
  readonly naiveMs: number;
}

/** How long each packaged function takes to load, beside a bundle that only makes the AWS clients it needs. */
export async function measureCold(packaged: Packaged, rounds: number): Promise<Cold> {
  const floors = new Map<string, { lean: string; plain: string }>();
  for (const { name } of packaged.functions) {
    const needs = NEEDS[name] ?? ALL;
    const id = needs.join("-");
    if (floors.has(id)) continue;
    floors.set(id, {
      lean: await bundleLikeService(packaged, { name: `floor-${id}`, code: clientsOnly(needs) }),
      plain: await bundleLikeService(packaged, {
        name: `plain-${id}`,
        code: clientsOnly(needs),
        asItComes: true,
      }),
    });
  }
  const files = [
    ...packaged.functions.map(({ file }) => file),
    ...[...floors.values()].flatMap(({ lean, plain }) => [lean, plain]),
    await naive(packaged),
  ];
  const times = loadTimes(files, rounds);
  const timeOf = (file: string | undefined) =>
    (file === undefined ? undefined : times[files.indexOf(file)]) ?? Number.NaN;
  const figures = packaged.functions.map(({ name, file, bytes, zipBytes }) => {
    const floor = floors.get((NEEDS[name] ?? ALL).join("-"));
    const figure = { ...inMilliseconds(timeOf(file), timeOf(floor?.lean)), bytes, zipBytes };
    return [name, { ...figure, plainFloorMs: rounded(timeOf(floor?.plain)) }] as const;
  });
  return { functions: Object.fromEntries(figures), naiveMs: rounded(times.at(-1) ?? Number.NaN) };
}

export function coldTargets({ functions }: Cold): readonly Target[] {
  return Object.entries(functions).flatMap(([name, { ratio, zipBytes }]): Target[] => [
    { what: `cold ${name} against its floor`, value: ratio, target: 1.25, unit: " ×", isRatio: true },
    { what: `zip of ${name}`, value: rounded(zipBytes / 1000), target: 200, unit: " kB", isRatio: false },
  ]);
}

function clientsOnly(needs: readonly Client[]): string {
  const imports = needs.map((client) => `import { ${CLIENTS[client][0]} } from "${CLIENTS[client][1]}";`);
  return `${imports.join("\n")}\nexport const clients = [${needs.map((client) => `new ${CLIENTS[client][0]}({})`).join(", ")}];`;
}

/** Stays in the repository's reach: unbundled, it needs node_modules. */
async function naive({ workDir }: Packaged): Promise<string> {
  const file = join(workDir, "naive.mjs");
  const from = (name: string) => JSON.stringify(import.meta.resolve(name));
  const sdks = ALL.map((client) => `import * as ${client} from ${from(CLIENTS[client][1])};`);
  const others = ["@huaweicloud/huaweicloud-sdk-core", "axios"].map((name) => `import ${from(name)};`);
  const made = ALL.map((client) => `new ${client}.${CLIENTS[client][0]}({})`);
  await writeFile(file, [...sdks, ...others, `export const clients = [${made.join(", ")}];`].join("\n"));
  return file;
}
