import { DeleteParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import type { Step } from "./config-plan.ts";

/** Parameter Store's standard tier takes 4 kB; what is larger becomes an advanced parameter, which costs a little. */
const TIER = "Intelligent-Tiering";

/** Carries out the steps, one after the other, and tells of each. Throws what AWS answers; what was done stays done. */
export async function putConfig(
  client: SSMClient,
  path: string,
  steps: readonly Step[],
  tell: (line: string) => void,
): Promise<void> {
  for (const { name, value, kind } of steps) {
    const Name = `${path}/${name}`;
    switch (kind) {
      case "keep":
        break;
      case "leave":
        tell(`left     ${name} (not in the file; --prune removes it)`);
        break;
      case "remove":
        await client.send(new DeleteParameterCommand({ Name }));
        tell(`removed  ${name}`);
        break;
      case "add":
      case "change":
        await client.send(
          new PutParameterCommand({ Name, Value: value, Type: "SecureString", Overwrite: true, Tier: TIER }),
        );
        tell(`${kind === "add" ? "added   " : "changed "} ${name}`);
        break;
      default:
        kind satisfies never;
    }
  }
}
