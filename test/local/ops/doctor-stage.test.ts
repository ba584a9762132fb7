import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  type MetricAlarm,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { checkConcurrency, DEFAULT_CONCURRENCY } from "../../../local/ops/doctor/concurrency-check.ts";
import { checkAlarms, checkQueues, testAlarmTopic } from "../../../local/ops/doctor/stage-checks.ts";
import { ALARM_NAMES } from "../../../local/ops/stage-limits.ts";
import { CREDENTIALS, type SqsServer } from "../../../local/servers/start-sqs.ts";
import { startTestSqs } from "../../support/aws-servers.ts";

const REGION = "eu-central-1";

describe("checkQueues", () => {
  let sqs: SqsServer;
  beforeAll(async () => {
    sqs = await startTestSqs(REGION);
  });
  afterAll(() => sqs.stop());

  it("counts visible, delayed and hidden dead letters", async () => {
    const urls = new Map<string, string>();
    for (const name of ["poll", "notify", "poll-dead", "notify-dead"]) {
      const { QueueUrl = "" } = await sqs.client.send(new CreateQueueCommand({ QueueName: `stage-${name}` }));
      urls.set(name, QueueUrl);
    }
    const send = (name: string, DelaySeconds = 0) =>
      sqs.client.send(
        new SendMessageCommand({ QueueUrl: urls.get(name), MessageBody: "message", DelaySeconds }),
      );
    const receive = (name: string) =>
      sqs.client.send(new ReceiveMessageCommand({ QueueUrl: urls.get(name), VisibilityTimeout: 600 }));
    await send("poll-dead");
    await receive("poll-dead");
    await send("notify-dead");
    await receive("notify-dead");
    await send("notify-dead");
    await send("notify-dead", 600);
    await send("notify");
    const findings = await checkQueues(sqs.client, "stage");
    expect(findings.map(({ item, state, text }) => `${state} ${item}: ${text}`)).toEqual([
      "ok queue poll: 0 due, 0 delayed, 0 in flight",
      "ok queue notify: 1 due, 0 delayed, 0 in flight",
      "fault queue poll-dead: contains 1 messages, 1 of them hidden (received by another reader, or delayed)",
      "fault queue notify-dead: contains 3 messages, 2 of them hidden (received by another reader, or delayed)",
    ]);
    expect(findings[2]?.remedy).toContain("docs/runbook.md#poll-dead-letters");
  });
});

describe("checkAlarms", () => {
  const alarmsOf = (stage: string, state: string): MetricAlarm[] =>
    ALARM_NAMES.map((name) => ({
      AlarmName: `cce-job-notifier-${stage}-${name}`,
      AlarmDescription: `what to do: ${name}`,
      StateValue: state as "OK",
    }));

  /** Checks the alarms of `prod` in an account with these alarms. */
  async function check(alarms: readonly MetricAlarm[]) {
    const client = new CloudWatchClient({ region: REGION, credentials: CREDENTIALS });
    mockClient(client)
      .on(DescribeAlarmsCommand)
      .callsFake(({ AlarmNames, AlarmNamePrefix = "" }) => ({
        MetricAlarms: alarms.filter(({ AlarmName = "" }) =>
          AlarmNames ? AlarmNames.includes(AlarmName) : AlarmName.startsWith(AlarmNamePrefix),
        ),
      }));
    return checkAlarms(client, "cce-job-notifier-prod");
  }

  it("ignores the alarms of a stage whose name begins alike", async () => {
    const others = ["prod-eu", "prod2", "prod-eu-central-1"].flatMap((stage) => alarmsOf(stage, "ALARM"));
    expect(await check([...others, ...alarmsOf("prod", "OK")])).toEqual([
      { item: "alarms", state: "ok", text: `none of ${ALARM_NAMES.length} is in the ALARM state` },
    ]);
    expect(await check(others)).toMatchObject([{ state: "fault", text: "the stage has none" }]);
  });

  it("reports the active alarms and the missing ones", async () => {
    const [first, second, ...rest] = alarmsOf("prod", "OK");
    const findings = await check([{ ...first, StateValue: "ALARM" }, ...rest]);
    expect(findings).toEqual([
      {
        item: `alarm ${ALARM_NAMES[0]}`,
        state: "fault",
        text: "is in the ALARM state",
        remedy: first?.AlarmDescription,
      },
      {
        item: "alarms",
        state: "warning",
        text: `the stage lacks ${ALARM_NAMES[1]}`,
        remedy: expect.any(String),
      },
    ]);
    expect(second?.AlarmName).toContain(ALARM_NAMES[1]);
  });
});

describe("testAlarmTopic", () => {
  async function check(summary: string) {
    const client = new CloudWatchClient({ region: REGION, credentials: CREDENTIALS });
    const mock = mockClient(client);
    mock.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [{ StateValue: "OK" }] });
    mock
      .on(DescribeAlarmHistoryCommand)
      .resolves({ AlarmHistoryItems: [{ HistorySummary: `${summary} action arn:aws:sns:x:1:alarms` }] });
    const findings = await testAlarmTopic(client, "stage", new AbortController().signal);
    const states = mock.commandCalls(SetAlarmStateCommand).map(({ args }) => args[0].input.StateValue);
    return { findings, states };
  }

  it("reports that the alarm topic was notified, and sets the alarm back", async () => {
    expect(await check("Successfully executed")).toMatchObject({
      findings: [{ state: "ok", text: expect.stringMatching(/^CloudWatch has notified the topic\./) }],
      states: ["ALARM", "OK"],
    });
  });

  it("reports a fault if the alarm does not reach the topic", async () => {
    expect(await check("Failed to execute")).toMatchObject({
      findings: [{ state: "fault", remedy: expect.stringContaining("docs/deploy.md") }],
      states: ["ALARM", "OK"],
    });
  });
});

describe("checkConcurrency", () => {
  let server: Server;
  let client: LambdaClient;
  let limit: object | undefined;
  beforeAll(async () => {
    server = createServer(({ url }, response) => {
      const isKnown = url === "/2016-08-19/account-settings" && limit !== undefined;
      response
        .writeHead(isKnown ? 200 : 403, {
          "content-type": "application/json",
          "x-amzn-errortype": "AccessDeniedException",
        })
        .end(JSON.stringify(isKnown ? { AccountLimit: limit } : { Message: "no" }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    client = new LambdaClient({
      region: REGION,
      credentials: CREDENTIALS,
      endpoint: `http://127.0.0.1:${port}`,
    });
  });
  afterAll(() => {
    client.destroy();
    return new Promise((resolve) => server.close(resolve));
  });

  const check = async (account: object | undefined, settings = {}) => {
    limit = account;
    const [finding, ...more] = await checkConcurrency(client, "prod", settings);
    expect(more).toEqual([]);
    return finding;
  };

  it("accepts an account with room for poll, notify and the API", async () => {
    expect(await check({ ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 900 })).toEqual({
      item: "concurrency",
      state: "ok",
      text:
        "the account allows 1000 executions at once, 900 of them not reserved; poll and notify use at most " +
        `${2 * DEFAULT_CONCURRENCY}`,
    });
  });

  it("warns about a new account with ten executions, and says what to do", async () => {
    const account = { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 };
    expect(await check(account)).toMatchObject({
      state: "warning",
      text: expect.stringContaining(
        "the account allows 10 executions at once; poll and notify use at most 20",
      ),
      remedy: expect.stringMatching(/Service Quotas.*stages\/prod\.json/),
    });
    const settings = (concurrency: number) => ({
      pollConcurrency: concurrency,
      notifyConcurrency: concurrency,
    });
    expect(await check(account, settings(2))).toMatchObject({ state: "ok" });
    expect(await check(account, settings(3))).toMatchObject({ state: "warning" });
  });

  it("does not count the executions of a function with a reservation", async () => {
    const account = { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 23 };
    const finding = await check(account, { pollReservedConcurrency: 10 });
    expect(finding).toMatchObject({ state: "ok", text: expect.stringContaining("use at most 10") });
  });

  it("counts only what is not reserved", async () => {
    const account = { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 25 };
    expect(await check(account)).toMatchObject({ state: "warning" });
  });

  it("warns when the credentials lack the permission", async () => {
    expect(await check(undefined)).toMatchObject({
      state: "warning",
      text: "cannot be read (AccessDeniedException)",
      remedy: expect.stringContaining("docs/deploy.md"),
    });
  });
});
