import { json } from "./http-answers.ts";
import { TOKENS } from "./http-config.ts";
import { URL_OF_A, watched } from "./http-watched.ts";

describe("stopping", () => {
  test("ends the watch, twice is once, and the job can be handed over again", async () => {
    const api = await watched();
    for (let i = 0; i < 2; i += 1) expect(await api.ask("DELETE", URL_OF_A)).toEqual({ status: 204 });
    expect(json(await api.ask("GET", URL_OF_A)).state).toBe("stopped");
    const again = await api.ask("POST", "/v1/jobs", { body: { jobId: "a" } });
    expect(json(again).jobs[0]?.status).toBe("accepted");
  });

  test("what nobody watches is a 404, and another's project a 403", async () => {
    const api = await watched();
    expect((await api.ask("DELETE", "/v1/jobs/prod/b")).status).toBe(404);
    expect((await api.ask("DELETE", "/v1/jobs/secret/a", { token: TOKENS.team })).status).toBe(403);
  });
});
