import { apiAddress } from "../api-address.ts";
import { awsRemedy } from "../aws-remedy.ts";
import type { Stage } from "../stage.ts";
import { type Finding, wordFor } from "./finding.ts";

/** Clouds refuse a signature whose time is a quarter of an hour off; long before that something is wrong. */
const WORRYING_MS = 60_000;
const DEADLINE_MS = 10_000;

/** Examines a stage's API, at the address its config names, or else at its stack's. */
export async function examineStageApi(
  stage: Stage,
  publicUrl: string | undefined,
  now: () => number,
): Promise<readonly Finding[]> {
  try {
    return await examineApi(publicUrl ?? (await apiAddress(stage)), now);
  } catch (error) {
    const words = `its address is unknown (${error instanceof Error ? error.message : "no stack"})`;
    const remedy = awsRemedy(error) ?? "Is the stage deployed in this region?";
    return [{ what: "API", state: "fault", words, remedy }];
  }
}

/** Asks the API for its health, and compares its clock with this machine's. */
export async function examineApi(url: string, now: () => number): Promise<readonly Finding[]> {
  const what = "API";
  try {
    const answer = await fetch(`${url}/v1/health`, { signal: AbortSignal.timeout(DEADLINE_MS) });
    await answer.arrayBuffer();
    const health: Finding = answer.ok
      ? { what, state: "ok", words: "healthy: it reads its config, its ledger and its queues" }
      : {
          what,
          state: "fault",
          words: `it answers ${answer.status}`,
          remedy: "Its log (filter message = 'health check failed') says which check failed, and why.",
        };
    return [health, examineClock(Date.parse(answer.headers.get("date") ?? ""), now())];
  } catch (error) {
    const words = `it does not answer (${wordFor(error)})`;
    const remedy = "Is the stage deployed in this region, and settings.publicUrl (if any) its address?";
    return [{ what, state: "fault", words, remedy }];
  }
}

function examineClock(theirs: number, ours: number): Finding {
  const what = "clock";
  if (Number.isNaN(theirs)) return { what, state: "warning", words: "the API does not tell its time" };
  const apartSeconds = Math.round(Math.abs(theirs - ours) / 1000);
  if (apartSeconds * 1000 < WORRYING_MS)
    return { what, state: "ok", words: `the API's and this machine's are ${apartSeconds} s apart` };
  return {
    what,
    state: "fault",
    words: `the API's and this machine's are ${apartSeconds} s apart`,
    remedy:
      "AWS keeps its clocks: set this machine's (NTP), or the checks of credentials above mean nothing.",
  };
}
