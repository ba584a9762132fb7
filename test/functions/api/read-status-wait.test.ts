import { json } from "../http-answers.ts";
import { START } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";
import { end, URL_OF_A, watched } from "../http-watched.ts";

describe("GET /v1/jobs/{project}/{jobId}?wait", () => {
  test("responds at the first read after the end of the watch", async () => {
    const api = await watched();
    api.onWait = async () => {
      if (api.waits.length === 3) await end(api);
    };
    const answer = await api.ask("GET", `${URL_OF_A}?wait=25`);
    expect(json(answer).state).toBe("failed");
    expect(api.waits).toEqual([1000, 1000, 1000]);
  });

  test("responds with the current status when the time is over", async () => {
    const api = await watched();
    const answer = await api.ask("GET", `${URL_OF_A}?wait=3`);
    expect(json(answer).state).toBe("watching");
    expect(api.clock.now - START).toBe(3000);
  });

  test("responds before the invocation runs out of time", async () => {
    const api = await watched({ remainingMs: 4500 });
    await api.ask("GET", `${URL_OF_A}?wait=25`);
    expect(api.clock.now - START).toBe(2500);
  });

  test("responds at once for an unknown job", async () => {
    const api = createHarness();
    expect((await api.ask("GET", `${URL_OF_A}?wait=25`)).status).toBe(404);
    expect(api.waits).toEqual([]);
  });

  test.each(["0", "26", "1.5", "x", "", "1&wait=2"])("rejects the value '%s'", async (wait) => {
    const api = await watched();
    const answer = await api.ask("GET", `${URL_OF_A}?wait=${wait}`);
    expect(answer.status).toBe(400);
    expect(json(answer).errors).toEqual([expect.objectContaining({ parameter: "wait" })]);
  });
});
