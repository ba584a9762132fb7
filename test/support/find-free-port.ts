import { once } from "node:events";
import { createServer } from "node:net";

/**
 * The operating system assigns ports of 32768 and above to other programs and to outgoing connections at any time
 * (Linux; macOS and Windows: 49152 and above).
 */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

const tried = new Set<number>();

/**
 * Returns a port of 127.0.0.1 that is free, for a program that starts later. This process gets each port only once:
 * two programs that start at the same time have different ports, also before they listen.
 * @throws Error if no port is free
 */
export async function findFreePort(random = Math.random): Promise<number> {
  while (tried.size < PORTS) {
    const port = FIRST_PORT + Math.floor(random() * PORTS);
    if (tried.has(port)) continue;
    tried.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${FIRST_PORT} to ${FIRST_PORT + PORTS - 1} is free`);
}

async function isFree(port: number): Promise<boolean> {
  // Without a host, the server listens on all addresses. A program that listens on any of them has the port.
  const server = createServer().listen(port);
  const isListening = await once(server, "listening").then(
    () => true,
    () => false,
  );
  server.close();
  return isListening;
}
