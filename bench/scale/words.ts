/** A Markdown table. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** With a comma between thousands, and at most three digits that mean something where it is small. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const digits = value === 0 ? 0 : Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

/** So many of a unit, which is given as a plural where it is a word. */
export function amount(value: number, unit: string): string {
  const told = number(value);
  return `${told} ${told === '1' ? unit.replace(/(?<=[a-z]{2})s$/, '') : unit}`;
}

export function percent(share: number): string {
  if (share > 0 && share < 0.0001) return '< 0.01 %';
  return `${number(Number((share * 100).toPrecision(3)))} %`;
}

export function dollars(value: number): string {
  const digits = Math.abs(value) < 100 ? 2 : 0;
  if (value > 0 && value < 0.005) return '< $0.01';
  return `$${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** In the unit that suits it. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  if (seconds < 0.95) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 7_200) return `${(seconds / 60).toFixed(seconds < 600 ? 1 : 0)} min`;
  if (seconds < 172_800) return `${(seconds / 3_600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} days`;
}
