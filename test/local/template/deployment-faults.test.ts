import { judge } from "../../../local/template/deployment-faults.ts";
import { readService } from "../../../local/template/service.ts";
import { Template } from "../../../local/template/template.ts";

type Change = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const statement = (...actions: string[]) => ({
  Effect: "Allow",
  Action: actions,
  Resource: { "Fn::GetAtt": ["Queue", "Arn"] },
});
const role = (...actions: string[]) => ({
  Policies: [{ PolicyDocument: { Statement: [statement(...actions)] } }],
});
const RECEIVE = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

const resources = {
  Queue: {
    Type: "AWS::SQS::Queue",
    Properties: {
      QueueName: "work",
      VisibilityTimeout: 60,
      RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["Dead", "Arn"] }, maxReceiveCount: "5" },
    },
  },
  Dead: { Type: "AWS::SQS::Queue", Properties: { QueueName: "dead" } },
  Role: { Type: "AWS::IAM::Role", Properties: role(...RECEIVE, "sqs:SendMessage") },
  Worker: {
    Type: "AWS::Lambda::Function",
    Properties: {
      FunctionName: "service-dev-worker",
      Handler: "functions/worker.handler",
      Code: { S3Key: "some/where/worker.zip" },
      Timeout: 10,
      RecursiveLoop: "Allow",
      Role: { "Fn::GetAtt": ["Role", "Arn"] },
    },
  },
  Source: {
    Type: "AWS::Lambda::EventSourceMapping",
    Properties: {
      EventSourceArn: { "Fn::GetAtt": ["Queue", "Arn"] },
      FunctionName: { "Fn::GetAtt": ["Worker", "Arn"] },
      BatchSize: 10,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    },
  },
};

/** Judges the template above with some properties of its resources changed. */
function judged(change: Change = {}): readonly string[] {
  const changed = Object.fromEntries(
    Object.entries(resources).map(([name, { Type, Properties }]) => [
      name,
      { Type, Properties: { ...Properties, ...change[name] } },
    ]),
  );
  const service = readService(
    {
      folder: "",
      template: Template.parse({ Resources: changed }),
      region: "eu-central-1",
      shortNames: new Map([["service-dev-worker", "worker"]]),
    },
    { sqs: "http://sqs", api: "http://api" },
  );
  return judge(service);
}

describe("judge", () => {
  it("finds no fault in a sound template", () => {
    expect(judged()).toEqual([]);
  });

  it("refuses a function that is fed by a queue it may send to, and says what Lambda would do", () => {
    const [fault, ...others] = judged({ Worker: { RecursiveLoop: "Terminate" } });
    expect(others).toEqual([]);
    expect(fault).toMatch(/^worker: .*queue work and may send to it.*about 16.*recursiveLoop: Allow/);
  });

  it("takes a missing RecursiveLoop for the default, which is to stop the function", () => {
    expect(judged({ Worker: { RecursiveLoop: undefined } })).toHaveLength(1);
  });

  test.each([["sqs:*"], ["*"], ["SQS:Send*"], ["sqs:SendMessag?"]])(
    "sees that %s allows to send",
    (action) => {
      const faults = judged({ Worker: { RecursiveLoop: undefined }, Role: role(...RECEIVE, action) });
      expect(faults).toHaveLength(1);
    },
  );

  it("lets a function be that is fed by a queue it may not send to", () => {
    expect(judged({ Worker: { RecursiveLoop: undefined }, Role: role(...RECEIVE) })).toEqual([]);
  });

  test.each([
    [59, 1],
    [60, 0],
    ["60", 0],
    [undefined, 1],
  ])("weighs a visibility timeout of %p against six times the time limit", (seconds, faults) => {
    const found = judged({ Queue: { VisibilityTimeout: seconds } });
    expect(found).toHaveLength(faults);
    for (const fault of found)
      expect(fault).toMatch(/^work: its visibility timeout is .* 6 times the 10 s .* 60 s/);
  });

  test.each<[string, Change, RegExp]>([
    ["without partial batch responses", { Source: { FunctionResponseTypes: [] } }, /ReportBatchItemFailures/],
    ["with large batches and no window", { Source: { BatchSize: 11 } }, /maximumBatchingWindow/],
    [
      "of a FIFO queue with a window",
      {
        Queue: { QueueName: "work.fifo", FifoQueue: true },
        Dead: { QueueName: "dead.fifo", FifoQueue: true },
        Source: { MaximumBatchingWindowInSeconds: 1 },
      },
      /FIFO queue takes no maximumBatchingWindow/,
    ],
    [
      "of a queue its role may not receive from",
      { Role: role("sqs:SendMessage", ...RECEIVE.slice(1)) },
      /lacks sqs:ReceiveMessage/,
    ],
    [
      "of a queue that is not there",
      { Source: { EventSourceArn: "arn:aws:sqs:eu-central-1:1:x" } },
      /does not hold both/,
    ],
  ])("refuses an event source %s", (_, change, words) => {
    expect(judged(change)).toEqual([expect.stringMatching(words)]);
  });

  it("lets large batches be that have time to gather", () => {
    expect(judged({ Source: { BatchSize: 100, MaximumBatchingWindowInSeconds: 1 } })).toEqual([]);
  });

  it("refuses a standard queue whose dead-letter queue is FIFO", () => {
    const faults = judged({ Dead: { QueueName: "dead.fifo", FifoQueue: true } });
    expect(faults).toEqual([expect.stringContaining("dead-letter queue must be FIFO if")]);
  });

  it("tells all faults at once", () => {
    const change: Change = { Worker: { RecursiveLoop: undefined }, Queue: { VisibilityTimeout: 5 } };
    expect(judged(change)).toHaveLength(2);
  });
});
