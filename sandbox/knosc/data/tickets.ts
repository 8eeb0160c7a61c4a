import type { DatabaseSync } from 'node:sqlite';
import { dayAfter } from './days.ts';
import { createInsert } from './insert.ts';
import { pad, type Random } from './random.ts';

const categories = ['Procurement', 'Demand', 'Inventory', 'Manufacturing'];
const priorities = ['Low', 'Medium', 'High', 'Critical'];
const subjects = ['Late shipment', 'Short delivery', 'Wrong price', 'Damaged goods', 'Missing document'];
const remarks = [
  'Called the supplier.',
  'Waiting for an answer.',
  'Replacement promised.\nTo be confirmed.',
  'Settled.',
];

/** Sixty tickets about purchase orders; TKT-001 is that of Knosc's pages, and TKT-002 holds text that is hard to carry. */
export function seedTickets(database: DatabaseSync, random: Random, userIds: readonly number[], orders: number): void {
  const insertTicket = createInsert(database, 'tickets');
  const insertNote = createInsert(database, 'ticket_notes');
  const insertSubscriber = createInsert(database, 'ticket_subscribers');
  insertTicket({
    id: 'TKT-001',
    title: 'Late shipment of PO-2024-001',
    description: 'The supplier says two weeks.',
    status: 'Open',
    priority: 'High',
    category: 'Procurement',
    assignee_id: userIds[0] ?? null,
    reporter_id: userIds[1] ?? null,
    created_at: '2024-03-10T09:00:00Z',
    updated_at: '2024-03-10T09:00:00Z',
    due_date: '2024-03-20',
    linked_order_id: 42,
  });
  insertNote({ ticket_id: 'TKT-001', note: 'Called the supplier.' });
  for (const user_id of userIds.slice(0, 2)) insertSubscriber({ ticket_id: 'TKT-001', user_id });
  for (let number = 2; number <= 60; number += 1) {
    const id = `TKT-${pad(number, 3)}`;
    const opened = random.whole(800, 990);
    const status = random.pick(['Open', 'In Progress', 'Resolved', 'Closed']);
    const subject = random.pick(subjects);
    insertTicket({
      id,
      title: number === 2 ? hardTitle : `${subject} (${number})`,
      description: number === 2 ? hardDescription : `${subject}, seen at goods-in.`,
      status,
      priority: random.pick(priorities),
      category: random.pick(categories),
      assignee_id: status === 'Open' && random.once(3) ? null : random.pick(userIds),
      reporter_id: random.pick(userIds),
      created_at: `${dayAfter(opened)}T08:${pad(number % 60, 2)}:07Z`,
      updated_at: `${dayAfter(opened + random.whole(0, 12))}T16:05:${pad(number % 60, 2)}Z`,
      due_date: random.once(4) ? null : dayAfter(opened + 14),
      linked_order_id: random.once(3) || orders === 0 ? null : random.whole(1, orders),
    });
    for (let notes = random.whole(0, 3); notes > 0; notes -= 1) {
      insertNote({ ticket_id: id, note: random.pick(remarks) });
    }
    for (const user_id of userIds.filter(() => random.once(4))) insertSubscriber({ ticket_id: id, user_id });
  }
}

/** What people paste into fields: control characters, what Excel itself uses to escape them, breaks, spaces at the ends. */
const hardTitle = '  _x0041_ \u0001\u001f tab\tend  ';
const hardDescription =
  '+1\r\n-2\n@SUM(A1) \u{1F468}\u200D\u{1F469}\u200D\u{1F467} e\u0301 \u202Eאב ]]> &#x41; \uFFFE\uFFFF end';
