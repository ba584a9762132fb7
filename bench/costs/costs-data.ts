import * as z from "zod";
import { readStoredPower } from "../power/power-data.ts";
import assumed from "./assumed.json" with { type: "json" };
import measured from "./measured.json" with { type: "json" };
import prices from "./prices.json" with { type: "json" };

const InvocationUse = z.strictObject({
  logBytes: z.number(),
  sends: z.number(),
});
const LedgerUse = z.strictObject({
  writeUnits: z.record(z.string(), z.number()),
  readUnits: z.number(),
  storedBytes: z.number(),
});

/** The figures that the command `npm run bench:costs` has measured. */
export const Measured = z.strictObject({
  date: z.string(),
  /** The DynamoDB capacity and storage per job: for jobs with 8 polls, and for jobs with 12 polls. */
  ledger: z.strictObject({ "8": LedgerUse, "12": LedgerUse }),
  invocations: z.strictObject({
    accept: InvocationUse,
    poll: InvocationUse,
    lastPoll: InvocationUse,
    notification: InvocationUse,
    sweep: InvocationUse,
    discover: InvocationUse,
    audit: InvocationUse,
  }),
  decryptions: z.record(z.string(), z.number()),
});
export type Measured = z.infer<typeof Measured>;

/**
 * Returns the gigabyte-seconds that Lambda bills for one invocation of each function. The figures of the
 * gigabyte-seconds come from `npm run bench -- power`.
 */
function readGigabyteSeconds(): Readonly<Record<string, number>> {
  const rows = Object.entries(readStoredPower().power).flatMap(([name, sizes]) =>
    sizes.filter(({ chosen }) => chosen).map(({ gbSeconds }) => [name, gbSeconds] as const),
  );
  return Object.fromEntries(rows);
}

/** The data from which the costs are computed: list prices of one AWS region, assumed figures, and measured figures. */
export const COSTS = {
  prices,
  assumed,
  measured: Measured.parse(measured),
  gigabyteSeconds: readGigabyteSeconds(),
};
export type CostsData = typeof COSTS;
