import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createCceClient } from "../../../lib/cce/client.ts";
import { Project } from "../../../lib/projects.ts";

const TOKEN = "fixedtokenexample";
let server: Server;

/** What one look at a CCE that behaves like this observes, and how long it took. */
async function lookAt(listener: RequestListener) {
  server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const project = Project.parse({ projectId: "p", endpoint, auth: { kind: "token", token: TOKEN } });
  const began = performance.now();
  const seen = await createCceClient({ projects: { p: project } }).look(
    { project: "p", jobId: "j" },
    { deadlineMs: 600 },
  );
  return { seen, tookMs: performance.now() - began };
}

afterEach(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

const HOSTILE: Record<string, RequestListener> = {
  "a body without end": (_, response) => {
    const chunk = Buffer.alloc(65_536, "x");
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", more).on("error", () => {});
    more();
  },
  "a body that stops half-way": (_, response) => {
    response.writeHead(200, { "content-length": "1000" }).write('{"kind":"Job"');
    response.socket?.end();
  },
  "headers and then nothing": (_, response) => response.writeHead(200).flushHeaders(),
  "bytes that are no UTF-8": (_, response) => response.end(Buffer.from([0xff, 0xfe, 0x00, 0xc3])),
  "no HTTP at all": (request) => request.socket.end("SSH-2.0-OpenSSH_9.6\r\n"),
};

describe("a look at a hostile CCE", () => {
  it.each(Object.keys(HOSTILE))("ends in time as unavailable: %s", async (name) => {
    const { seen, tookMs } = await lookAt(HOSTILE[name] ?? (() => {}));
    expect(seen.kind).toBe("unavailable");
    expect(tookMs).toBeLessThan(3000);
  });
  it("hides the token in a reason that repeats it, and leaves the rest verbatim", async () => {
    const job = { kind: "Job", status: { phase: "Failed", reason: `<b> ${TOKEN}\nline two` } };
    const { seen } = await lookAt((_, response) => response.end(JSON.stringify(job)));
    expect(seen).toMatchObject({ kind: "job", job: { reason: "<b> <secret>\nline two" } });
  });
  it.each([401, 403, 404, 429, 500])("hides the token in an error %d that repeats it", async (status) => {
    const { seen } = await lookAt((_, response) =>
      response.writeHead(status).end(JSON.stringify({ message: TOKEN })),
    );
    expect(JSON.stringify(seen)).not.toContain(TOKEN);
  });
});
