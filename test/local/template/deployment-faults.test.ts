import { findDeploymentFaults } from "../../../local/template/deployment-faults.ts";
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

/** Finds the faults of the template above after a change to some properties of its resources. */
function faultsAfter(change: Change = {}, accountConcurrency?: number): readonly string[] {
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
  return findDeploymentFaults(service, accountConcurrency);
}

describe("findDeploymentFaults", () => {
  it("finds no fault in a correct template", () => {
    expect(faultsAfter()).toEqual([]);
  });

  test.each([
    [900, 1000, 0],
    [901, 1000, 1],
    [1, 10, 1],
    [0, 10, 0],
  ])(
    "for a reserved concurrency of %s in an account with %s, finds faults: %s",
    (reserved, account, count) => {
      expect(faultsAfter({ Worker: { ReservedConcurrentExecutions: reserved } }, account)).toHaveLength(
        count,
      );
    },
  );

  it("refuses a function that may send to the queue that invokes it", () => {
    const [fault, ...others] = faultsAfter({ Worker: { RecursiveLoop: "Terminate" } });
    expect(others).toEqual([]);
    expect(fault).toMatch(/^worker: the queue work invokes this function, .*about 16.*recursiveLoop: Allow/);
  });

  it("treats a missing RecursiveLoop as Terminate", () => {
    expect(faultsAfter({ Worker: { RecursiveLoop: undefined } })).toHaveLength(1);
  });

  test.each([["sqs:*"], ["*"], ["SQS:Send*"], ["sqs:SendMessag?"]])(
    "recognizes that the action %s allows a function to send messages",
    (action) => {
      const faults = faultsAfter({ Worker: { RecursiveLoop: undefined }, Role: role(...RECEIVE, action) });
      expect(faults).toHaveLength(1);
    },
  );

  it("accepts a function that may not send to the queue that invokes it", () => {
    expect(faultsAfter({ Worker: { RecursiveLoop: undefined }, Role: role(...RECEIVE) })).toEqual([]);
  });

  test.each([
    [59, 1],
    [60, 0],
    ["60", 0],
    [undefined, 1],
  ])("compares a visibility timeout of %p with six times the function's timeout", (seconds, faults) => {
    const found = faultsAfter({ Queue: { VisibilityTimeout: seconds } });
    expect(found).toHaveLength(faults);
    for (const fault of found)
      expect(fault).toMatch(
        /^work: the visibility timeout is .* at least 60 s, which is 6 times .* \(10 s\)/,
      );
  });

  test.each<[string, Change, RegExp]>([
    ["without partial batch responses", { Source: { FunctionResponseTypes: [] } }, /ReportBatchItemFailures/],
    ["with large batches and without a window", { Source: { BatchSize: 11 } }, /maximumBatchingWindow/],
    [
      "of a FIFO queue with a window",
      {
        Queue: { QueueName: "work.fifo", FifoQueue: true },
        Dead: { QueueName: "dead.fifo", FifoQueue: true },
        Source: { MaximumBatchingWindowInSeconds: 1 },
      },
      /FIFO queue does not allow a maximumBatchingWindow/,
    ],
    [
      "of a queue from which the role may not receive",
      { Role: role("sqs:SendMessage", ...RECEIVE.slice(1)) },
      /lacks sqs:ReceiveMessage/,
    ],
    [
      "of an unknown queue",
      { Source: { EventSourceArn: "arn:aws:sqs:eu-central-1:1:x" } },
      /does not contain both/,
    ],
  ])("refuses an event source %s", (_, change, message) => {
    expect(faultsAfter(change)).toEqual([expect.stringMatching(message)]);
  });

  it("accepts large batches with a batching window", () => {
    expect(faultsAfter({ Source: { BatchSize: 100, MaximumBatchingWindowInSeconds: 1 } })).toEqual([]);
  });

  it("refuses a standard queue whose dead-letter queue is FIFO", () => {
    const faults = faultsAfter({ Dead: { QueueName: "dead.fifo", FifoQueue: true } });
    expect(faults).toEqual([
      expect.stringContaining("dead-letter queue of a standard queue must be standard too"),
    ]);
  });

  it("returns all faults at once", () => {
    const change: Change = { Worker: { RecursiveLoop: undefined }, Queue: { VisibilityTimeout: 5 } };
    expect(faultsAfter(change)).toHaveLength(2);
  });
});
