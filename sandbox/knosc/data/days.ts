const dayMs = 86_400_000;

/** The first day of the seeded years; orders begin in the thousand days after it. */
const firstDayMs = Date.UTC(2023, 0, 2);

/** The day on which the data stands still: nothing was ordered or shipped later, and plans look ahead from it. */
export const today = dayAfter(1035);

/** `YYYY-MM-DD`, so many days after the first. */
export function dayAfter(days: number): string {
  return new Date(firstDayMs + days * dayMs).toISOString().slice(0, 10);
}
