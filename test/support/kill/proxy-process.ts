import { startExportProxy } from '../../../sandbox/export-proxy.ts';

/** The local system in a process of its own, to be killed: folder, origin and the function's time limit come as arguments. */
const [dataFolder = '', base_url = '', username = '', password = '', seconds = ''] = process.argv.slice(2);
const { url } = await startExportProxy({
  port: 0,
  account: { base_url, username, password },
  dataFolder,
  exportTimeoutSeconds: Number(seconds),
});
console.log(url);
