import { startExportProxy } from '../../../sandbox/export-proxy.ts';

/** The local system in a process of its own, to be killed: folder, origin and the length of a lease come as arguments. */
const [dataFolder = '', base_url = '', username = '', password = '', leaseSeconds = ''] = process.argv.slice(2);
const { url } = await startExportProxy({
  port: 0,
  account: { base_url, username, password },
  dataFolder,
  leaseSeconds: Number(leaseSeconds),
  // The queue hides a message for as long when it is received: one whose function dies before it begins comes back after that.
  exportTimeoutSeconds: 30,
});
console.log(url);
