import type { CommandName } from './options.ts';

/** What `--help` prints: all in short, or one command in full. */
export function helpOn(topic: CommandName | undefined, program: string): string {
  return (topic === undefined ? overview : `${topics[topic]}${everywhere}`).replaceAll('PROGRAM', program);
}

const everywhere = `
Which proxy
  --url URL           its address (default: the environment variable KNOSC_EXPORT_URL, else http://127.0.0.1:3000)
  --region REGION     sign for this AWS region. Calls that leave this machine are always signed, with what the
                      standard AWS credential chain finds; the region is that of an API Gateway address, else AWS_REGION

What is printed
  --json              one JSON document on stdout, as the proxy answered it
  -q, --quiet         no words and no progress; failures are still told

All words go to stderr.
`;

const exitCodes = `
Exit codes
  0    well
  1    the export failed or has no workbook, the proxy refused, or something broke
  2    the command line is wrong
  3    the proxy could not be reached, or did not let us in
  130  stopped by Ctrl-C; the export goes on, and the words say how to get or cancel it
--json prints nothing where the proxy's answer was not seen.
`;

const overview = `Exports a Knosc view through the proxy, waits for it, and saves its workbook once its sha256 is proven.

  PROGRAM VIEW [options]            export VIEW and save its workbook; create VIEW is the same
  PROGRAM get VIEW ID|latest        wait for an export if it runs, and save its workbook
  PROGRAM list VIEW                 the exports of a view, newest first
  PROGRAM cancel VIEW ID            cancel an export that runs, or delete the workbook of a ready one
  PROGRAM views                     the views that are known
  PROGRAM run-schedule NAME         fire a schedule of npm start's settings now, and save its workbook
  PROGRAM help COMMAND              all about one command

Learn by doing, with npm start in another terminal
  PROGRAM views
  PROGRAM purchase_order_list
  PROGRAM purchase_order_list --filter 'PO List Document Status=Open' --sort 'PO List Order Date:Descending' --out po.xlsx
  PROGRAM list purchase_order_list
  PROGRAM get purchase_order_list latest --out again.xlsx

On a deployed proxy, as the AWS identity of your shell
  export KNOSC_EXPORT_URL=https://abc123.execute-api.eu-central-1.amazonaws.com
  AWS_PROFILE=reports PROGRAM purchase_order_list
${everywhere}${exitCodes}`;

const download = `
The workbook
  -o, --out FILE      where to save it (default: its own name, in the current folder). A file that is there is replaced,
                      but only by a whole and proven one. - is the standard output: there the bytes go first, and the
                      exit code says whether they were the workbook
  --no-download       print its link only
`;

const topics = {
  create: `Exports a view: begins, waits, downloads, proves the sha256, saves. Prints the name of the file.

  PROGRAM VIEW [options]
  PROGRAM create VIEW [options]

What to export
  --filter 'COLUMN=VALUE'     only rows whose column is the value; repeat it for more columns,
                              or for more values of one column (any of them)
  --sort 'COLUMN:Descending'  or Ascending
  --limit N, --offset N       N rows, from row N on
${download}  --file-name NAME    what the workbook is called
  --link-lifetime S   how long its link works, 60 to 3600 seconds (default 900)

One export per intent
  --max-age S         an export of the same request that began at most S seconds ago will do (0 to 604800)
  --key KEY           the Idempotency-Key: whoever asks again with it gets the first export, also when that failed.
                      By default each run makes a random one, so that a call which is repeated because the network
                      broke never starts a second export

Examples
  PROGRAM purchase_order_list --filter 'PO List Document Status=Open' --filter 'PO List Document Status=Shipped'
  PROGRAM item_master --limit 100 --out - > items.xlsx
  PROGRAM item_master --max-age 3600 --no-download
  PROGRAM item_master --key "items-$(date +%F)" --json --quiet
`,
  get: `Waits for an export where it runs, then downloads its workbook, proves the sha256, and saves it.

  PROGRAM get VIEW ID|latest [options]

latest is the newest export of the view that is ready.
${download}
Examples
  PROGRAM get item_master 7YBQS42K035X48B15W695PK8BV
  PROGRAM get item_master latest --out items.xlsx
  PROGRAM get item_master latest --no-download --quiet
`,
  list: `Lists the exports of a view, newest first: id, status, when it was created, bytes, and its file or why it failed.

  PROGRAM list VIEW [options]

  --limit N           how many (1 to 1000, default 20)
  --cursor CURSOR     go on after an earlier list, which told it

Examples
  PROGRAM list item_master
  PROGRAM list item_master --limit 1000 --json
`,
  cancel: `Cancels an export that is queued or runs, for all who asked for it; of a ready one it deletes the workbook.

  PROGRAM cancel VIEW ID [options]

Prints the status that the export has then.

Example
  PROGRAM cancel item_master 7YBQS42K035X48B15W695PK8BV
`,
  'run-schedule': `Fires a schedule now, whether it is enabled or not, waits for its export, and saves the workbook.

  PROGRAM run-schedule NAME [options]

NAME is what the settings call it, for a proxy that npm start -- --settings FILE runs. The fire time is this very second:
dates in its filters are relative to it, and who fires it twice within a second gets one export. Deployed schedules are
fired by EventBridge Scheduler; for those the words say how to put one's message on the queue.
${download}
Examples
  PROGRAM run-schedule nightly-po
  PROGRAM run-schedule nightly-po --out po.xlsx --json
`,
  views: `Lists the views that are known: name, group, and the privilege that Knosc asks for. Others can be exported too.

  PROGRAM views [options]

With --json each view has its columns, by the keys that filters and sort take.

Examples
  PROGRAM views
  PROGRAM views --json
`,
} as const satisfies Record<CommandName, string>;
