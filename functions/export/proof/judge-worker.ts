import { type MessagePort, parentPort } from 'node:worker_threads';
import { judgeHere } from './judge.ts';
import type { FromJudge, ToJudge } from './judge-thread.ts';
import { verdictOf } from './verdict.ts';

/** The entry of the thread that `createJudgeThread` starts: judges a workbook for each port that it is given. */
parentPort?.on('message', (port: MessagePort) => {
  function tell(message: FromJudge, memory: readonly ArrayBuffer[] = []): void {
    port.postMessage(message, memory);
  }

  const judging = judgeHere((read) => {
    tell({ read }, [read]);
  });
  port.on('message', (message: ToJudge) => {
    if (message === 'end') judging.end();
    else judging.put(message);
  });
  // It was abandoned, or has its verdict.
  port.on('close', judging.abandon);
  void tellVerdict();

  async function tellVerdict(): Promise<void> {
    tell({ verdict: await verdictOf(judging.judged) });
    port.close();
  }
});
