import * as z from 'zod';
import type { Credentials } from '../../functions/export/session/credentials.ts';
import { createLeases, sessionTiming } from '../../functions/export/session/lease.ts';
import { createOriginStates } from '../../functions/export/session/origin-state.ts';
import { createOpenFleetSession } from '../../functions/export/session/rotation.ts';
import { createSeal } from '../../functions/export/session/seal.ts';
import { createSessions } from '../../functions/export/session/sessions.ts';
import { createOpenSharedSession } from '../../functions/export/session/shared-session.ts';
import type { ConditionalDocuments, VersionedDocument } from '../../functions/ledger/documents.ts';
import { ExportFailure } from '../../functions/ledger/failure.ts';
import { originKey } from '../../functions/ledger/keys.ts';
import { createSimulatedKnosc, type Draw, type SeenLogIn } from './simulated-knosc.ts';
import { createTimeline, type TimelineProcess } from './timeline.ts';

export interface SimulationPlan {
  readonly draw: Draw;
  readonly instances: number;
  /** Kills, pauses, lost answers of S3, and answers of Knosc that are late, lost or say nothing. */
  readonly hasFaults: boolean;
  readonly needsCode: boolean;
  /** Whether the password of the first version, v1, is right to begin with. */
  readonly beginsRight: boolean;
  /** A rotation to v2, in seconds: pending, then changed at Knosc, then current. */
  readonly rotation: readonly [pending: number, changed: number, current: number] | undefined;
}

/** What came of it. */
export interface SimulationReport {
  /** In the order in which Knosc saw them. */
  readonly logIns: readonly SeenLogIn[];
  /** How the exports ended whose instance lived: `exported`, or a failure's code. */
  readonly ends: readonly string[];
  /** Exports that did not end, though their instance lived. */
  readonly stuck: number;
  /** Everything that must never be, in words. */
  readonly violations: readonly string[];
}

const seal = createSeal('key', 'k1');
const mostEvents = 100_000;
const startOfTimeMs = Date.UTC(2026, 10, 24);
/** S3's clock is known to a second. */
const mostSkewMs = 1_000;
const leaseSchema = z.object({ lease: z.object({ until: z.string() }).optional() });

/** A fleet on one S3 and one Knosc, all in memory, in a time of their own. */
export async function simulateFleet(plan: SimulationPlan): Promise<SimulationReport> {
  const { draw, hasFaults, needsCode, rotation } = plan;
  const timeline = createTimeline();
  const violations: string[] = [];
  const ends: string[] = [];
  const objects = new Map<string, VersionedDocument>();
  let underWay = 0;
  let lastId = 0;
  const newId = () => `id${(lastId += 1)}`;

  const hasPassed = (seconds: number | undefined) => seconds !== undefined && timeline.nowMs() >= seconds * 1000;
  const firstVersion = plan.beginsRight ? 'v1' : undefined;
  const rightVersion = () => (hasPassed(rotation?.[1]) ? 'v2' : firstVersion);
  const credentialsOf = (version: string): Credentials => ({
    version,
    originAddress: 'https://acme.knosc.com',
    username: 'export',
    password: version,
    totpSecret: needsCode ? 'JBSWY3DPEHPK3PXP' : undefined,
  });
  const isLeased = (version: string) => {
    const { lease } = leaseSchema.parse(objects.get(originKey(version))?.value);
    return Date.parse(lease?.until ?? '') > startOfTimeMs + timeline.nowMs() - mostSkewMs;
  };
  const knosc = createSimulatedKnosc({
    timeline,
    draw,
    hasFaults,
    needsCode,
    rightVersion,
    isLeased,
    violated: (what) => violations.push(what),
  });
  const changes = timeline.process();
  // Whatever is changed about the account ends its sessions; a rotation changes its password.
  const changesAtMs = hasFaults ? Array.from({ length: draw(4) }, () => draw(300_000)) : [];
  for (const atMs of [...changesAtMs, ...(rotation ? [rotation[1] * 1000] : [])]) {
    void changes.after(atMs).then(() => knosc.endSessions());
  }

  /** Some way off, and perhaps dangerous: the process may die or stand still. */
  async function travel(process: TimelineProcess, mostMs: number): Promise<void> {
    if (hasFaults && draw(80) === 0) process.kill();
    if (hasFaults && draw(50) === 0) process.pause(1_000 * (1 + draw(200)));
    await process.after(1 + draw(mostMs));
  }

  function documentsOf(process: TimelineProcess): ConditionalDocuments {
    async function put(key: string, value: unknown, replaced: string | undefined) {
      await travel(process, 200);
      const fate = hasFaults ? draw(25) : -1;
      if (fate === 0) throw new ExportFailure('store-failed', 'the request was lost');
      const isDone = objects.get(key)?.etag === replaced;
      const etag = newId();
      if (isDone) objects.set(key, { etag, value: JSON.parse(JSON.stringify(value)) });
      await travel(process, 200);
      if (fate === 1) throw new ExportFailure('store-failed', 'the answer was lost');
      // What the SDK sends again after a lost answer meets itself.
      return isDone && fate !== 2 ? etag : undefined;
    }
    return {
      read: async (key) => {
        await travel(process, 100);
        const found = objects.get(key);
        await travel(process, 100);
        return found;
      },
      create: (key, value) => put(key, value, undefined),
      replace: (key, etag, value) => put(key, value, etag),
    };
  }

  function instanceOf(process: TimelineProcess) {
    const now = () => timeline.nowMs();
    const skewMs = draw(2 * mostSkewMs + 1) - mostSkewMs;
    const storeNow = () => startOfTimeMs + timeline.nowMs() + skewMs;
    const states = createOriginStates(documentsOf(process), newId);
    const isCurrent = () => (hasPassed(rotation?.[2]) ? 'v2' : 'v1');
    let kept: { credentials: Credentials; readAtMs: number } | undefined;
    const secret = {
      current: async (maximumAgeMs: number) => {
        if (kept && now() - kept.readAtMs < maximumAgeMs) return kept.credentials;
        await travel(process, 50);
        kept = { credentials: credentialsOf(isCurrent()), readAtMs: now() };
        return kept.credentials;
      },
      pending: async () => {
        await travel(process, 50);
        return hasPassed(rotation?.[0]) ? credentialsOf('v2') : undefined;
      },
      previousVersion: () => Promise.resolve(hasPassed(rotation?.[2]) ? 'v1' : undefined),
    };
    const sleep = async (milliseconds: number, signal?: AbortSignal) => {
      const aborted = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
      await Promise.race([process.after(milliseconds), aborted]);
    };
    const random = () => draw(1_000) / 1_000;
    const openShared = createOpenSharedSession({
      states,
      leases: createLeases({ states, timing: sessionTiming, now, storeNow, sleep, random, newId }),
      readSeal: () => Promise.resolve(seal),
      logIn: (credentials, step, signal) => knosc.logIn({ process, signal, newId, storeNow }, credentials, step),
      renew: (session, signal) => knosc.renew({ process, signal, newId, storeNow }, session),
      now,
      storeNow,
    });
    const openFleetSession = createOpenFleetSession({ secret, states, openShared });
    return createSessions({ secret, openFleetSession, storeNow });
  }

  /** A session, and another one where Knosc no longer takes it: what an export needs. */
  async function exportBy(sessions: ReturnType<typeof instanceOf>, process: TimelineProcess): Promise<string> {
    const limitMs = 20_000 + draw(280_000);
    const ended = new AbortController();
    void process.after(limitMs).then(() => ended.abort());
    const deadline = { signal: ended.signal, endsAtMs: timeline.nowMs() + limitMs };
    try {
      let opened = await sessions.open(deadline);
      await travel(process, 500);
      if (!knosc.takes(opened.session) && !opened.isNew) {
        opened = await sessions.replace(opened, deadline);
        await travel(process, 500);
      }
      return knosc.takes(opened.session) ? 'exported' : 'session refused';
    } catch (error) {
      if (error instanceof ExportFailure) return error.code;
      throw error;
    }
  }

  /** One instance's life: exports one after the other, some of them two at once. */
  async function live(process: TimelineProcess): Promise<void> {
    const sessions = instanceOf(process);
    await process.after(draw(3) === 0 ? draw(300_000) : draw(500));
    const exports = 1 + draw(6);
    for (let count = 0; count < exports; count += 1) {
      const atOnce = Array.from({ length: 1 + draw(2) }, () => exportBy(sessions, process));
      ends.push(...(await Promise.all(atOnce)));
      await process.after(draw([1_000, 60_000, 60_000, 1_000_000][draw(4)] ?? 1));
    }
  }

  async function liveOut(process: TimelineProcess): Promise<void> {
    try {
      await live(process);
      underWay -= 1;
    } catch (error) {
      violations.push(`a defect: ${String(error)}`);
    }
  }

  const processes = Array.from({ length: plan.instances }, () => timeline.process());
  for (const process of processes) {
    underWay += 1;
    void liveOut(process);
  }
  await timeline.run(mostEvents);
  const killed = processes.filter((process) => process.isKilled()).length;
  return { logIns: knosc.logIns, ends, stuck: Math.max(0, underWay - killed), violations };
}
