import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CceClient, createCceClient } from "../../../lib/cce/client.ts";
import { Project } from "../../../lib/config/projects.ts";

export interface Clock {
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly random: () => number;
}

export const CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
};

export const BUDGET = { deadlineMs: 5000 };

/** A client whose projects are named as their project IDs, all at one endpoint. */
export function clientOf(
  endpoint: string,
  auths: Readonly<Record<string, object>>,
  clock: Partial<Clock> = {},
): CceClient {
  const projects = Object.fromEntries(
    Object.entries(auths).map(([name, auth]) => [name, Project.parse({ projectId: name, endpoint, auth })]),
  );
  return createCceClient({ projects, ...CLOCK, ...clock });
}

export interface Served {
  readonly url: string;
  readonly server: Server;
  close(): Promise<void>;
}

/** A server that answers as it is told, on a port of the system's choice. */
export async function serve(listener: RequestListener): Promise<Served> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
