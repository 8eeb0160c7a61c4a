import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';

/** What Lambda hands a handler beside the event. The time that remains counts from now. */
export function lambdaContext(
  functionName: string,
  timeoutSeconds: number,
  region: string,
  accountId: string,
): Context {
  const endMs = Date.now() + timeoutSeconds * 1000;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${region}:${accountId}:function:${functionName}`,
    memoryLimitInMB: '512',
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'sandbox',
    getRemainingTimeInMillis: () => Math.max(0, endMs - Date.now()),
    // Lambda's callback style; a handler that returns a promise uses none of them.
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}
