import type { Context } from './context.ts';
import { tableOf } from './table.ts';

/** Tells the views that are known. Answers the exit code. */
export async function viewsCommand({ client, narrator }: Context): Promise<number> {
  const document = await client.views();
  narrator.document(document);
  const rows = document.views.map(({ view_name, group, privilege }) => [view_name, group, privilege]);
  narrator.answer(tableOf([['VIEW', 'GROUP', 'PRIVILEGE'], ...rows]));
  return 0;
}
