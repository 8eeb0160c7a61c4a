import type { ZipPart } from './zips.ts';

/** The XML of a small workbook, part by part, so that a test can write each of them otherwise. */
interface WorkbookXml {
  /** The XML of each sheet, by its name. */
  readonly sheets?: Readonly<Record<string, string | Buffer>>;
  readonly sharedStrings?: string;
  readonly contentTypes?: string;
  readonly workbook?: string;
  readonly relationships?: string;
}

export const spreadsheetUri = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const relationshipsUri = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packageUri = 'http://schemas.openxmlformats.org/package/2006';
export const workbookType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml';

/** A worksheet with these elements in its sheetData. */
export function sheetXml(rows: string): string {
  return `<worksheet xmlns="${spreadsheetUri}"><sheetData>${rows}</sheetData></worksheet>`;
}

/** A row of inline strings. */
export function textRow(...texts: string[]): string {
  return `<row>${texts.map((text) => `<c t="inlineStr"><is><t>${text}</t></is></c>`).join('')}</row>`;
}

export const contentTypesXml = `<Types xmlns="${packageUri}/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${workbookType}"/></Types>`;

/** The parts in the order of most writers; the sheets are `xl/worksheets/sheet1.xml` and so on. */
export function workbookParts(xml: WorkbookXml = {}): ZipPart[] {
  const sheets = Object.entries(xml.sheets ?? { Sheet1: sheetXml(textRow('PO #') + textRow('PO-1')) });
  const listed = sheets.map(([name], index) => `<sheet name="${name}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`);
  const workbook = `<workbook xmlns="${spreadsheetUri}" xmlns:r="${relationshipsUri}"><sheets>${listed.join('')}</sheets></workbook>`;
  const related = sheets.map(
    (_sheet, index) =>
      `<Relationship Id="rId${index + 1}" Type="${relationshipsUri}/worksheet" Target="worksheets/sheet${index + 1}.xml"/>`,
  );
  const relationships = `<Relationships xmlns="${packageUri}/relationships">${related.join('')}</Relationships>`;
  return [
    partOf('[Content_Types].xml', xml.contentTypes ?? contentTypesXml),
    partOf('xl/workbook.xml', xml.workbook ?? workbook),
    partOf('xl/_rels/workbook.xml.rels', xml.relationships ?? relationships),
    ...sheets.map(([, body], index) => partOf(`xl/worksheets/sheet${index + 1}.xml`, body)),
    ...(xml.sharedStrings === undefined ? [] : [partOf('xl/sharedStrings.xml', xml.sharedStrings)]),
  ];
}

export function partOf(name: string, body: string | Buffer): ZipPart {
  return { name, body: Buffer.from(body), isDeflated: true };
}
