/** Values of the template that may change without a fault. */
export interface FreeValue {
  /** Matches the logical ID, the path, and the new value in JSON: `PollLambdaFunction Properties.Timeout: 58`. */
  readonly pattern: RegExp;
  readonly why: string;
}

/** A mutant that survives and stands here is not counted. An entry that matches no survivor is a fault of this list. */
export const FREE_VALUES: readonly FreeValue[] = [
  {
    pattern: /Variables\.MALLOC_(?:ARENA_MAX|MMAP_THRESHOLD_): /,
    why: "they only change how much memory a function keeps. All values work, and `npm run bench` measures the memory.",
  },
  {
    pattern: /^(?:\w+(?:Function|QueueSQS\w+|EventSourceMapping\w+)|HttpApiRoute\w+) DependsOn/,
    why: "the framework writes the order of the creation. serverless.yml does not contain it.",
  },
  {
    pattern:
      /(?:Properties\.Code\.S3Bucket|Properties\.ApiId|Targets\.0\.Id|Properties\.DestinationConfig): undefined$/,
    why: "the framework writes the property. serverless.yml does not contain it.",
  },
  {
    pattern: /Targets\.0\.Id: "\w+X"$/,
    why: "the framework chooses the ID, and no other resource refers to it.",
  },
  {
    pattern:
      /(?:BatchSize|Properties\.Enabled|Properties\.State|TimeoutInMillis|DisableExecuteApiEndpoint): undefined$/,
    why: "the value is the default of AWS.",
  },
  { pattern: /^HttpApi Properties\.Name: /, why: "the name of the API is shown to people only." },
  {
    pattern: /^TrailLambdaFunction Properties\.Timeout: /,
    why: "a batch of log lines takes milliseconds. Each time limit from 10 to 60 seconds is sufficient.",
  },
  {
    pattern: /Metrics\.\d\.Id: /,
    why: "no other expression refers to the ID. A changed ID that an expression uses is a fault.",
  },
  {
    pattern: /^(?:GivenUp|LoopStopped)Alarm \S*Stat(?:istic)?: "Maximum"$/,
    why: "a sum of whole numbers is at least 1 exactly if the maximum is at least 1.",
  },
  {
    pattern: /^NotifyDeadLettersAlarm Properties\.Statistic: "Sum"$/,
    why: "a sum of whole numbers is at least 1 exactly if the maximum is at least 1.",
  },
  {
    pattern: /^LateNotificationsAlarm \S*Expression: "IF\(.*, 1\)"$/,
    why: "every value below the threshold has the same meaning: no alarm.",
  },
  {
    pattern: /^AuditNotRunningAlarm \S*Expression: "IF\(.*, 2\)"$/,
    why: "every value from the threshold on has the same meaning: no alarm.",
  },
  {
    pattern: /^(?:Sweep|Audit)NotRunningAlarm \S*Expression: .*FILL\(failed, 2\)/,
    why: "every value from 1 on has the same meaning: no run has succeeded.",
  },
  {
    pattern: /^SweepNotRunningAlarm Properties\.Metrics\.2\.MetricStat\.Stat: /,
    why: "the alarm multiplies the value by 0. It only uses that the value exists.",
  },
  {
    pattern: /^OverdueAlarm Properties\.Statistic: "SampleCount"$/,
    why: "each sample of the metric FaultsFound is 1, so the sum is the number of samples.",
  },
  {
    pattern: /^GivenUpAlarm Properties\.TreatMissingData: "ignore"$/,
    why: "FILL gives each period a value, so no data is missing.",
  },
];
