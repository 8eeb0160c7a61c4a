import type { Usage } from '../../bench/scale/usage.ts';

/** What an export takes, in round numbers that a bill can be reckoned from by hand. */
export const roundUsage: Usage = {
  httpCalls: 1,
  apiSeconds: 8,
  runSeconds: 7,
  mebibytes: 1,
  originCalls: 1,
  writes: { exports: 3, requests: 1, workbooks: 1, claims: 1 },
  recordReads: 9,
  beats: 1,
  queueCalls: 5,
  createdShare: 1,
};
