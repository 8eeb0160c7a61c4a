/** By the letters of the results, what becomes of a workbook's bytes; `e` is missing, since it reads no body. */
export const flowNames = {
  a: 'the export flow: proof and store',
  b: 'the same without proof',
  c: 'lib-storage, fed by the same body',
  d: 'collected, then one PutObject',
  f: 'a bare pipe to nowhere',
} as const;
export type FlowName = keyof typeof flowNames;
