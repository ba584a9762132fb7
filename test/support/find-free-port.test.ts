import { once } from "node:events";
import { createServer } from "node:net";
import * as z from "zod";
import { findFreePort } from "./find-free-port.ts";

test("ports that are searched at the same time differ, and a server can listen on each of them", async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, () => findFreePort()));

  expect(new Set(ports).size).toBe(200);
  const servers = ports.map((port) => createServer().listen(port, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  for (const server of servers) server.close();
});

test("a port that a program uses is not returned", async () => {
  const used = createServer().listen(await findFreePort(), "127.0.0.1");
  await once(used, "listening");
  const { port } = z.object({ port: z.int() }).parse(used.address());
  const drawn = [(port - 20_000 + 0.5) / 12_000, 0.5, 0.6, 0.7];

  const found = await findFreePort(() => drawn.shift() ?? 0);

  used.close();
  expect(found).not.toBe(port);
  expect(drawn.length).toBeLessThan(3);
});
