/** Each in its transitional and its strict form (ECMA-376 part 1, annex A; part 4). */
export const spreadsheetUris: readonly string[] = [
  'http://schemas.openxmlformats.org/spreadsheetml/2006/main',
  'http://purl.oclc.org/ooxml/spreadsheetml/main',
];

export const relationshipAttributeUris: readonly string[] = [
  'http://schemas.openxmlformats.org/officeDocument/2006/relationships',
  'http://purl.oclc.org/ooxml/officeDocument/relationships',
];

export const packageRelationshipsUri = 'http://schemas.openxmlformats.org/package/2006/relationships';
export const contentTypesUri = 'http://schemas.openxmlformats.org/package/2006/content-types';
/** Sheets of Excel 4 macros. */
export const excelMainUri = 'http://schemas.microsoft.com/office/excel/2006/main';
