import * as z from 'zod';

const unknownSchema = z.object({ schedules: z.array(z.string()) });

/** What an answer says that is not about a schedule which was fired. Throws, in words for whoever asked. */
export function requireSchedule(
  name: string,
  url: string,
  { status, document }: { readonly status: number; readonly document: unknown },
): void {
  const unknown = unknownSchema.safeParse(document);
  if (unknown.success) {
    const names = unknown.data.schedules;
    throw new Error(
      names.length === 0
        ? `The proxy at ${url} has no schedules; start it with settings that do: npm start -- --settings FILE`
        : `The proxy at ${url} has no schedule ${name}; it has ${names.join(', ')}.`,
    );
  }
  if ([401, 403, 404, 405].includes(status)) throw new Error(elsewhereWords(name, url, status));
}

function elsewhereWords(name: string, url: string, status: number): string {
  return [
    `The proxy at ${url} fires no schedule by hand (status ${status}): only one that npm start runs does.`,
    'A deployed schedule is fired by EventBridge Scheduler. To run it now, put its message on the queue yourself;',
    'aws scheduler list-schedules tells its GROUP, the outputs of the stack tell the queue:',
    `  aws scheduler get-schedule --group-name GROUP --name ${name} --query Target.Input --output text \\`,
    `    | sed "s/<aws.scheduler.scheduled-time>/$(date -u +%FT%TZ)/" > ${name}.json`,
    `  aws sqs send-message --queue-url QUEUE_URL --message-body file://${name}.json`,
  ].join('\n');
}
