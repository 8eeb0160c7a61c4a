import { readdirSync, readFileSync } from 'node:fs';

/** Lets a process have its full speed again. */
export type EndThrottle = () => void;

// Linux's own quotas reckon in some tens of milliseconds too.
const burstMs = 20;
const lookEveryMs = 2;

/**
 * Lets a process have at most such a share of one processor, all its threads together, as Lambda does below 1,769 MB: it is
 * stopped whenever it has had more than its share, and goes on when time has made up for it. SIGSTOP, SIGCONT and the
 * scheduler's own accounts (`/proc/{pid}/task/{tid}/schedstat`, in nanoseconds) need neither root nor control groups, but Linux.
 */
export function throttle(pid: number, share: number): EndThrottle {
  let usedMs = processorMs(pid);
  let lookedAtMs = performance.now();
  let creditMs = share * burstMs;
  let isStopped = false;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const nowUsedMs = processorMs(pid);
    creditMs = Math.min(share * burstMs, creditMs + share * (nowMs - lookedAtMs)) - (nowUsedMs - usedMs);
    [lookedAtMs, usedMs] = [nowMs, nowUsedMs];
    if (creditMs < 0 === isStopped) return;
    isStopped = !isStopped;
    signal(pid, isStopped ? 'SIGSTOP' : 'SIGCONT');
  }, lookEveryMs);
  return () => {
    clearInterval(timer);
    signal(pid, 'SIGCONT');
  };
}

/** Whether this machine can: only Linux tells a thread's processor time. */
export function canThrottle(): boolean {
  return processorMs(process.pid) > 0;
}

/** What the threads of a process have used of processors, in milliseconds; 0 where it has ended or nobody tells. */
function processorMs(pid: number): number {
  try {
    const nanoseconds = readdirSync(`/proc/${pid}/task`).map((tid) =>
      Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, own) => sum + own, 0) / 1e6;
  } catch {
    return 0;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
