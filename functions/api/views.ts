import { catalogue } from '../ledger/catalogue/catalogue.ts';
import type { CatalogueColumn } from '../ledger/catalogue/view.ts';

/** The answer of `GET /views`: the catalogue in the words of the HTTP interface. */
export const viewsDocument = {
  views: catalogue.map(({ name, group, privilege, columns, hiddenColumns }) => ({
    view_name: name,
    group,
    privilege,
    columns: columns.map(columnDocument),
    hidden_columns: hiddenColumns.map(columnDocument),
  })),
};

function columnDocument({ key, format, alias, isDocumented }: CatalogueColumn) {
  return { key, format, ...(alias !== undefined && { alias }), documented: isDocumented };
}
