import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CceClient, createCceClient } from "../../../lib/cce/client.ts";
import { Project } from "../../../lib/config/projects.ts";
import type { Connections } from "../../../lib/http/connections.ts";

interface Clock {
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly random: () => number;
}

export const CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
};

/** Settings that allow plain http to servers of this machine. */
export const LOOPBACK_ALLOWED = { settings: { egress: { allow: ["127.0.0.1"] } } };

export const LIMIT = { timeLimitMs: 5000 };

/** Creates a client for projects at one endpoint. The name of each project is also the project ID. */
export function clientOf(
  endpoint: string,
  auths: Readonly<Record<string, object>>,
  options: Partial<Clock> & { readonly connections?: Connections } = {},
): CceClient {
  const projects = Object.fromEntries(
    Object.entries(auths).map(([name, auth]) => [name, Project.parse({ projectId: name, endpoint, auth })]),
  );
  return createCceClient({ config: { projects, ...LOOPBACK_ALLOWED }, ...CLOCK, ...options });
}

export interface Served {
  readonly url: string;
  readonly server: Server;
  close(): Promise<void>;
}

/** Starts an HTTP server with a listener on a free port. */
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
