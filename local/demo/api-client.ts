import * as z from "zod";
import { StatusDocument } from "../../lib/api/status-document.ts";

const Accepted = z.object({
  jobs: z.array(z.object({ jobId: z.string(), status: z.string(), pageUrl: z.string().nullish() })),
});
export type AcceptedJob = z.infer<typeof Accepted>["jobs"][number];

/** What the demo asks of the API, as any pipeline would over HTTP. */
export interface ApiClient {
  submit(body: Readonly<Record<string, unknown>>): Promise<AcceptedJob>;
  /** Null while the API does not know the job or does not answer. */
  status(project: string, jobId: string): Promise<StatusDocument | null>;
}

export function createApiClient(api: string, token: string): ApiClient {
  const authorization = `Bearer ${token}`;
  return {
    async submit(body) {
      const answer = await fetch(`${api}/v1/jobs`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`POST /v1/jobs answered ${answer.status}: ${text}`);
      const [job] = Accepted.parse(JSON.parse(text)).jobs;
      if (!job) throw new Error("POST /v1/jobs answered no job");
      return job;
    },
    async status(project, jobId) {
      const url = `${api}/v1/jobs/${encodeURIComponent(project)}/${encodeURIComponent(jobId)}`;
      const answer = await fetch(url, { headers: { authorization } }).catch(() => null);
      if (!answer?.ok) return null;
      return StatusDocument.parse(await answer.json());
    },
  };
}
