/** Examples of the OpenAPI document. A test sends the requests, and holds the answers against the schemas. */
export const viewNameExample = 'purchase_order_list';
export const exportIdExample = '7YBQS42K035X48B15W695PK8BV';

export const newExportExamples = {
  everything: { summary: 'Everything that the view shows', value: {} },
  filtered: {
    summary: 'The hundred newest open orders',
    value: {
      filters: { 'PO List Document Status': 'Open' },
      sort: { key: 'PO List Order Date', type: 'Descending' },
      index: { limit: 100, offset: 0 },
    },
  },
  young: {
    summary: 'A workbook of the last ten minutes will do',
    value: { delivery: { file_name: 'orders', link_lifetime_s: 3600, max_age_s: 600 } },
  },
};

export const newExportAsKnoscExamples = {
  asKnosc: {
    summary: "Knosc's own body",
    value: { view_name: 'item_master', filters: { 'Item Number': ['ITEM-A', 'COMP-X'] } },
  },
};

export const webhookNameExample = 'po-changed';

export const webhookPayloadExamples = {
  changed: {
    summary: 'What happened, as its sender tells it',
    value: { type: 'po.changed', data: { number: 'PO-2024-001' } },
  },
};

export const webhookAnswerExample = {
  export_id: exportIdExample,
  view_name: viewNameExample,
  status: 'queued',
};

const begun = {
  export_id: exportIdExample,
  view_name: viewNameExample,
  attempts: 1,
  trigger: { kind: 'api', caller: 'AROAEXAMPLE' },
  request: { view_name: viewNameExample, filters: { 'PO List Document Status': 'Open' } },
  created_at: '2026-11-24T13:28:51.021Z',
  started_at: '2026-11-24T13:28:51.130Z',
};

export const runningExample = { ...begun, status: 'running', bytes_so_far: 8_388_608 };

export const readyExample = {
  ...begun,
  status: 'ready',
  finished_at: '2026-11-24T13:28:51.168Z',
  expires_at: '2026-12-01T13:28:51.168Z',
  workbook: {
    file_name: 'purchase_order_list-20261124T132851Z.xlsx',
    bytes: 6127,
    sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    content_hash: 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c',
    coverage: 'page',
    sheets: [{ name: 'Sheet1', rows: 100, columns: ['PO List Number', 'Supplier Name'] }],
  },
  timings_ms: { queue: 37, login: 0, origin_first_byte: 14, transfer: 21, total: 38 },
  link: {
    url: `https://exports.s3.eu-central-1.amazonaws.com/workbooks/${viewNameExample}/${exportIdExample}/1.xlsx?X-Amz-Signature=example`,
    expires_at: '2026-11-24T13:43:51.000Z',
  },
};

export const problemExample = {
  type: 'urn:problem-type:knosc-export-proxy:request-invalid',
  title: 'The request is not valid',
  status: 400,
  detail: 'The request is not valid. index.limit: Too small: expected number to be >=1',
  code: 'request-invalid',
  errors: [{ path: 'index.limit', message: 'Too small: expected number to be >=1' }],
  request_id: '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
};
