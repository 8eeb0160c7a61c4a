import { chosen, type Column, warehouseFacts } from './view.ts';

/** What the lines of a list's documents can be filtered on; `l` is the line, `i` its item, `w` its warehouse. */
export function orderLineColumns(prefix: 'PO' | 'SO'): readonly Column[] {
  return [
    chosen(`${prefix} Details Document Status`, 'text', 'l.status'),
    chosen(`${prefix} Details Quantity`, 'quantity', 'l.quantity'),
    chosen(`${prefix} Details Ship Date`, 'date', 'l.ship_date'),
    chosen(`${prefix} Details ETA Date`, 'date', 'l.eta_date'),
    chosen('Item Id', 'id', 'i.id'),
    chosen('Item Number', 'link', 'i.number'),
    chosen('Warehouse Number', 'link', 'w.number'),
    ...warehouseFacts,
  ];
}
