import type { Control } from '../gateway.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * `POST /sandbox/schedules/{name}/run`: fires a schedule now, and answers 202 with what its export can be found by. Of a name that
 * is not known it answers 404 with those that are.
 */
export function createScheduleControl({ names, fireNow }: Pick<Scheduler, 'names' | 'fireNow'>): Control {
  return async (method, path) => {
    const [, name] = /^\/sandbox\/schedules\/([^/]+)\/run$/.exec(path) ?? [];
    if (name === undefined) return undefined;
    if (method !== 'POST') return { status: 405, document: { message: 'Use POST.' } };
    const fired = await fireNow(name);
    if (!fired) return { status: 404, document: { message: `There is no schedule ${name}.`, schedules: names } };
    if ('fault' in fired) return { status: 503, document: { message: 'The message could not be put on the queue.' } };
    const { view_name } = fired.schedule.export;
    // As the trigger of its export tells it.
    const fireTime = new Date(fired.fireTime).toISOString();
    return { status: 202, document: { schedule: name, fire_time: fireTime, view_name } };
  };
}
