import { quotas } from './quotas.ts';
import { number, table } from './words.ts';

/** AWS's limits and the pages that say so. */
export function quotaTable(): string {
  return table(
    ['limit', 'page', 'AWS raises it'],
    Object.values(quotas).map(({ limit, unit, page, canBeRaised }) => [
      `${number(limit)} ${unit}`,
      page,
      canBeRaised ? 'on request' : 'no',
    ]),
  );
}
