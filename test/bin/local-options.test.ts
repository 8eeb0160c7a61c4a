import { describe, expect, test } from 'vitest';
import { parseLocalOptions } from '../../bin/local-options.ts';

const parse = (args: string[], environment: Record<string, string> = {}) => parseLocalOptions(args, environment);

describe('the command line of npm start', () => {
  test('asks for purchase_order_list on port 3000 when it says nothing', () => {
    expect(parse([])).toEqual({
      help: false,
      port: 3000,
      once: false,
      json: false,
      verbose: false,
      out: undefined,
      aws: 'sandbox',
      data: undefined,
      settingsFile: undefined,
      exportRequest: { view_name: 'purchase_order_list' },
      account: undefined,
    });
  });

  test('is an export request: view, filters, sort and index', () => {
    const { exportRequest } = parse([
      '--view',
      'item_master',
      '--filter',
      'Item Type=Component',
      '--filter',
      'Item Number=A=B',
      '--sort',
      'A: B:Descending',
      '--limit',
      '10',
      '--offset',
      '0',
    ]);
    expect(exportRequest).toEqual({
      view_name: 'item_master',
      filters: { 'Item Type': 'Component', 'Item Number': 'A=B' },
      sort: { key: 'A: B', type: 'Descending' },
      index: { limit: 10, offset: 0 },
    });
  });

  test('names the settings of a deployment', () => {
    expect(parse(['--settings', 'dir/x.json']).settingsFile).toBe('dir/x.json');
  });

  test('takes several values of one column as any of them', () => {
    expect(parse(['--filter', 'S=Open', '--filter', 'S=Shipped']).exportRequest.filters).toEqual({
      S: ['Open', 'Shipped'],
    });
  });

  test('names another origin, whose password and set-up key come from the environment', () => {
    const environment = { KNOSC_PASSWORD: 'p', KNOSC_TOTP_SECRET: 't' };
    expect(parse(['--origin', 'https://acme.knosc.com/', '--username', 'u'], environment).account).toEqual({
      base_url: 'https://acme.knosc.com',
      username: 'u',
      password: 'p',
      totp_secret: 't',
    });
  });

  test.each([
    [['--prot', '3000'], '--prot'],
    [['purchase_order_list'], 'purchase_order_list'],
    [['--port', '99999'], 'from 0 to 65535'],
    [['--port', 'x'], '"x"'],
    [['--port'], '--port'],
    [['--limit', '0'], 'from 1 up'],
    [['--limit', '1.5'], '"1.5"'],
    [['--offset=-1'], '"-1"'],
    [['--filter', 'Status'], "give 'COLUMN=VALUE'"],
    [['--filter', '=x'], "give 'COLUMN=VALUE'"],
    [['--sort', 'Status'], "'COLUMN:Descending'"],
    [['--sort', 'Status:down'], '"Status:down"'],
    [['--view', 'Purchase Orders'], 'view names look like'],
    [['--username', 'u'], 'without --origin'],
    [['--aws', 'cloud'], 'sandbox or environment'],
    [['--aws', 'environment', '--origin', 'https://acme.knosc.com'], 'the secret names the origin'],
    [['--aws', 'environment', '--data', 'x'], '--data goes with the sandbox only'],
    [['--data', ''], 'give a folder'],
    [['--settings', ''], '--settings is empty; give a file'],
    [['--origin', 'https://acme.knosc.com'], '--username'],
    [['--origin', 'acme.knosc.com', '--username', 'u'], 'scheme, host'],
    [['--origin', 'http://acme.knosc.com', '--username', 'u'], 'only for this machine'],
    [['--origin', 'https://acme.knosc.com/api', '--username', 'u'], 'scheme, host'],
    [['--origin', 'https://acme.knosc.com', '--username', 'u'], 'KNOSC_PASSWORD'],
  ])('%j is refused, saying what is wrong', (args, words) => {
    expect(() => parse(args)).toThrow(
      expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(words) }),
    );
  });

  test('never repeats a password that was typed into the address', () => {
    expect(() => parse(['--origin', 'https://u:hunter2@x.example', '--username', 'u'])).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});
