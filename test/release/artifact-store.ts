import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";

/** An HTTP server that is a store of release files, and a notifier that says of every job that it succeeded. */
export interface ArtifactStore {
  readonly url: string;
  /** The method and the path of every request. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

export async function startArtifactStore(folder: string): Promise<ArtifactStore> {
  const examples = new URL("../../lib/openapi/schema-examples.json", import.meta.url);
  const { SubmissionResult, StatusDocument, JobList } = JSON.parse(await readFile(examples, "utf8"));
  const ended = { state: "succeeded", done: true, phase: "Success", reason: null, causes: [], failures: [] };
  const status = Object.assign({}, StatusDocument, ended, { deliveries: [] });
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (request.url?.startsWith("/v1/")) {
      const isSubmission = request.method === "POST";
      const isList = request.url.startsWith("/v1/jobs?");
      response.writeHead(isSubmission ? 202 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(isSubmission ? SubmissionResult : isList ? JobList : status));
      return;
    }
    const file = await readFile(join(folder, basename(request.url ?? ""))).catch(() => null);
    response.writeHead(file === null ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
