// Runs before `start`, `sandbox` and `test`, on whatever Node is found: says what to do where npm could not install Node 24.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    [
      `This project runs on Node 24, as its Lambda functions do; this is Node ${process.versions.node}.`,
      '`npm ci` installs Node 24 into node_modules by itself (the optional package "node"). It is not there, so either:',
      '  - run `npm ci --include=optional` again and read what it says of the package "node"; or',
      '  - install Node 24 on this machine, and run the command again.',
    ].join('\n'),
  );
  process.exit(1);
}
