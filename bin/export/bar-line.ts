import type { Pace } from './progress.ts';
import { bytesWords, durationWords } from './quantity.ts';

const widestBar = 30;
const narrowestBar = 6;
const runnerWidth = 4;
const runnerStepMs = 100;

/**
 * One line of less than `columns`: a bar that fills where the end is known, a runner where it is not; then bytes, rate and time.
 * A narrow terminal has no bar.
 */
export function barLine(pace: Pace, columns: number): string {
  const { name, bytes, totalBytes, bytesPerSecond, elapsedMs } = pace;
  const rate = bytesPerSecond === undefined ? '' : `${bytesWords(bytesPerSecond)}/s`;
  const share = totalBytes === undefined ? '' : `${Math.floor(100 * shareOf(bytes, totalBytes))} %`;
  const facts = [
    share.padStart(5),
    bytesWords(bytes).padStart(9),
    rate.padStart(11),
    durationWords(elapsedMs).padStart(7),
  ];
  const words = facts.join(' ');
  const label = name.padEnd('downloading'.length);
  const width = Math.min(widestBar, columns - 1 - label.length - words.length - ' [] '.length);
  const line = width < narrowestBar ? `${label} ${words}` : `${label} [${bar(pace, width)}] ${words}`;
  return line.slice(0, Math.max(0, columns - 1));
}

function bar({ bytes, totalBytes, elapsedMs }: Pace, width: number): string {
  if (totalBytes === undefined) return runner(elapsedMs, width);
  return '#'.repeat(Math.floor(width * shareOf(bytes, totalBytes))).padEnd(width, '.');
}

/** To and fro. */
function runner(elapsedMs: number, width: number): string {
  const way = width - runnerWidth;
  const step = Math.floor(elapsedMs / runnerStepMs) % (2 * way);
  const at = step < way ? step : 2 * way - step;
  return '#'
    .repeat(runnerWidth)
    .padStart(at + runnerWidth, '.')
    .padEnd(width, '.');
}

function shareOf(bytes: number, totalBytes: number): number {
  return totalBytes > 0 ? Math.min(1, bytes / totalBytes) : 1;
}
