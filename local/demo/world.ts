import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Receiver, startReceiver } from "../receiver/receiver.ts";
import { Stoppables } from "../stack/stoppables.ts";
import { type Cloud, startCloud } from "./cloud.ts";
import { demoConfig } from "./demo-config.ts";

/** Everything around the stack that a machine without an account lacks: a cloud, receivers, and a config for both. */
export interface World {
  readonly configFile: string;
  /** The API's bearer token. */
  readonly token: string;
  readonly cceUrl: string;
  readonly receiverUrl: string;
  readonly cloud: Cloud;
  readonly receiver: Receiver;
  stop(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const parts = new Stoppables();
  try {
    const cloud = parts.add(await startCloud());
    const receiver = parts.add(await startReceiver());
    const { token, document } = demoConfig(cloud, receiver.url);
    const folder = await mkdtemp(join(tmpdir(), "demo-config-"));
    parts.add({ stop: () => rm(folder, { recursive: true, force: true }) });
    const configFile = join(folder, "config.json");
    await writeFile(configFile, JSON.stringify(document, null, 2), { mode: 0o600 });
    return {
      configFile,
      token,
      cceUrl: cloud.url,
      receiverUrl: receiver.url,
      cloud,
      receiver,
      stop: () => parts.stop(),
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}
