import { startAws } from '../../../sandbox/aws/start.ts';

/** A sandbox in a process of its own, to be killed: its first line says how to call it. */
const aws = await startAws({ folder: process.argv[2] ?? '' });
const { endpoint, region, credentials } = aws;
console.log(JSON.stringify({ endpoint, region, credentials }));
