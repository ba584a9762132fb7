/**
 * Queries a job. If the job has ended, the function calls a webhook and returns true. A team without this service could
 * write such a short function, so the bench compares it with the service.
 */
export async function queryAndNotify(jobId: string): Promise<boolean> {
  const { CCE_URL, WEBHOOK_URL = "" } = process.env;
  const response = await fetch(`${CCE_URL}/api/v3/projects/p1/jobs/${jobId}`, {
    headers: { "x-auth-token": "token" },
  });
  const job = (await response.json()) as { readonly status: { readonly phase: string } };
  const { phase } = job.status;
  if (phase !== "Success" && phase !== "Failed") return false;
  await fetch(WEBHOOK_URL, { method: "POST", body: JSON.stringify({ jobId, phase }) });
  return true;
}
