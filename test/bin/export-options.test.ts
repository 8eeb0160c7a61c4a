import { describe, expect, test } from 'vitest';
import { parseExportCommand } from '../../bin/export/options.ts';

const parse = (args: string[], environment: Record<string, string> = {}) => parseExportCommand(args, environment);
const id = '7YBQS42K035X48B15W695PK8BV';
const local = { url: 'http://127.0.0.1:3000', region: undefined, options: [] };
const common = { address: local, json: false, quiet: false };

describe('the command line of knosc-export', () => {
  test('exports a view when it names nothing but a view', () => {
    expect(parse(['item_master'])).toEqual({
      name: 'create',
      ...common,
      out: undefined,
      download: true,
      key: undefined,
      body: { view_name: 'item_master' },
    });
    expect(parse(['create', 'item_master'])).toEqual(parse(['item_master']));
  });

  test('says with create that a view is called like a command', () => {
    expect(parse(['create', 'views'])).toMatchObject({ name: 'create', body: { view_name: 'views' } });
  });

  test('is a whole export request, with its delivery', () => {
    const words =
      '--filter|S=Open|--filter|S=Shipped|--filter|N=A=B|--sort|A: B:Descending|--limit|10|--offset|0|--file-name|a b.xlsx|--link-lifetime|60|--max-age|0|--key|k "1"|-o|x.xlsx|--json|-q';
    expect(parse(['item_master', ...words.split('|')])).toEqual({
      name: 'create',
      address: local,
      json: true,
      quiet: true,
      out: 'x.xlsx',
      download: true,
      key: 'k "1"',
      body: {
        view_name: 'item_master',
        filters: { S: ['Open', 'Shipped'], N: 'A=B' },
        sort: { key: 'A: B', type: 'Descending' },
        index: { limit: 10, offset: 0 },
        delivery: { file_name: 'a b.xlsx', link_lifetime_s: 60, max_age_s: 0 },
      },
    });
  });

  test.each([
    [['get', 'item_master', 'latest'], { name: 'get', viewName: 'item_master', exportId: 'latest', out: undefined }],
    [['get', 'item_master', id, '--no-download'], { name: 'get', exportId: id, download: false }],
    [['list', 'item_master'], { name: 'list', viewName: 'item_master', limit: 20, cursor: undefined }],
    [['--limit', '1000', 'list', 'item_master', '--cursor', 'Ab-_'], { name: 'list', limit: 1000, cursor: 'Ab-_' }],
    [['cancel', 'item_master', id], { name: 'cancel', viewName: 'item_master', exportId: id }],
    [['views', '--json'], { name: 'views', json: true }],
    [['run-schedule', 'nightly-po', '-o', 'x'], { name: 'run-schedule', scheduleName: 'nightly-po', out: 'x' }],
    [['help', 'run-schedule'], { name: 'help', topic: 'run-schedule' }],
    [['--help'], { name: 'help', topic: undefined }],
    [['help'], { name: 'help', topic: undefined }],
    [['help', 'list'], { name: 'help', topic: 'list' }],
    [['get', '-h'], { name: 'help', topic: 'get' }],
    [['item_master', '--help'], { name: 'help', topic: 'create' }],
  ])('%j is understood', (args, command) => {
    expect(parse(args)).toMatchObject(command);
  });

  test.each([
    [[], 'VIEW is missing; give the name of a view'],
    [['get'], 'VIEW is missing'],
    [['get', 'item_master'], 'ID is missing; give the id of an export'],
    [['get', 'item_master', 'newest'], 'ID is "newest"; ids have 26 characters'],
    [['cancel', 'item_master', 'latest'], 'cancel wants the very id'],
    [['item_master', 'PO', 'List'], '"PO" is too much; create VIEW takes no more'],
    [['views', 'x'], '"x" is too much; views takes no more'],
    [['help', 'exports'], 'There is no help on "exports"; commands are create, get, list, cancel, views, run-schedule'],
    [['Purchase Orders'], 'VIEW is "Purchase Orders"; view names look like'],
    [['list', '../x'], 'VIEW is "../x"'],
    [['item_master', '--fliter', 'a=b'], "Unknown option '--fliter'"],
    [['item_master', '--out'], "'-o, --out <value>' argument missing"],
    [['item_master', '--cursor', 'x'], '--cursor does not go with create; leave it out'],
    [['list', 'item_master', '--filter', 'a=b'], '--filter does not go with list'],
    [['views', '--out', 'x'], '--out does not go with views'],
    [['item_master', '--filter', 'Status'], '--filter is "Status"; give \'COLUMN=VALUE\''],
    [['item_master', '--sort', 'A:down'], '--sort is "A:down"; give'],
    [['item_master', '--limit', '0'], '--limit is "0"; give a whole number from 1 up'],
    [['item_master', '--offset', 'x'], '--offset is "x"'],
    [['list', 'item_master', '--limit', '1001'], 'from 1 to 1000'],
    [['list', 'item_master', '--cursor', 'a b'], '--cursor is "a b"; give the next_cursor'],
    [['item_master', '--file-name', 'a/b'], '--file-name is "a/b"; give 1 to 200 characters'],
    [['item_master', '--link-lifetime', '59'], '--link-lifetime is "59"; give a whole number from 60 to 3600'],
    [['item_master', '--max-age', '1h'], '--max-age is "1h"; give a whole number from 0 to 604800'],
    [['item_master', '--key', ''], '--key is ""; give 1 to 255'],
    [['item_master', '--key', 'ü'], 'printable ASCII'],
    [['item_master', '--out', ''], '--out is empty; give a file'],
    [['item_master', '--out', 'x', '--no-download'], '--out goes with a download'],
    [['item_master', '--out', '-', '--json'], '--json takes the standard output'],
    [['views', '--url', 'acme'], '--url is "acme"; give the proxy\'s address, such as'],
    [['views', '--url', 'http://proxy.example'], 'http:// only for this machine'],
    [['views', '--url', 'https://proxy.example/?x=1'], '--url is "https://proxy.example/?x=1"'],
    [['views', '--url', 'https://proxy.example/#x'], '--url is "https://proxy.example/#x"'],
    [['views', '--url', 'https://proxy.example'], 'The AWS region of proxy.example is not known; give --region'],
    [['views', '--region', 'Frankfurt'], '--region is "Frankfurt"; regions look like eu-central-1'],
  ])('%j is refused, saying what was given and what to do', (args, words) => {
    expect(() => parse(args)).toThrow(
      expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(words) }),
    );
  });

  test('names the variable where that was wrong, and never repeats a password', () => {
    const environment = { KNOSC_EXPORT_URL: 'https://u:hunter2@proxy.example' };
    expect(() => parse(['views'], environment)).toThrow(
      /^KNOSC_EXPORT_URL is an address with a user or password in it;/,
    );
  });
});

describe('the address of the proxy', () => {
  const api = 'https://abc123.execute-api.eu-central-1.amazonaws.com';
  test.each([
    ['is on this machine when nothing is said, and not signed for', [], {}, local.url, undefined],
    ['comes from the environment', [], { KNOSC_EXPORT_URL: `${api}/` }, api, 'eu-central-1'],
    [
      'comes from --url before that',
      ['--url', 'http://localhost:1'],
      { KNOSC_EXPORT_URL: api },
      'http://localhost:1',
      undefined,
    ],
    [
      'keeps a path, as behind a custom domain',
      ['--url', 'https://x.example/po/', '--region', 'us-gov-west-1'],
      {},
      'https://x.example/po',
      'us-gov-west-1',
    ],
    [
      "takes the environment's region where the host tells none",
      ['--url', 'https://x.example'],
      { AWS_REGION: 'eu-west-1' },
      'https://x.example',
      'eu-west-1',
    ],
    [
      'takes AWS_DEFAULT_REGION last',
      ['--url', 'https://x.example'],
      { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-2' },
      'https://x.example',
      'eu-west-2',
    ],
    [
      "takes the host's region before the environment's",
      ['--url', api],
      { AWS_REGION: 'eu-west-1' },
      api,
      'eu-central-1',
    ],
    ['takes --region before all', ['--url', api, '--region', 'us-east-1'], {}, api, 'us-east-1'],
    ['is signed for on this machine with --region', ['--region', 'us-east-1'], {}, local.url, 'us-east-1'],
  ])('%s', (_fact, args, environment, url, region) => {
    expect(parse(['views', ...args], environment)).toMatchObject({ address: { url, region, options: args } });
  });
});
