import { ascending, chosen, descending, documented, inactiveWarehouses, type View } from './view.ts';

const group = 'Other';

/** One row for a component: Knosc's answer nests them, a sheet cannot. */
export const billOfMaterials: View = {
  name: 'bill_of_materials',
  group,
  privilege: 'Bill of Materials',
  from: `bill_lines l JOIN bills_of_materials b ON b.id = l.bill_id
    JOIN items i ON i.id = b.item_id JOIN items k ON k.id = l.component_item_id`,
  columns: [
    documented('BOM Number', 'text', 'b.number'),
    documented('Item Id', 'id', 'i.id'),
    documented('Item Number', 'text', 'i.number'),
    documented('Item Description', 'prose', 'i.description'),
    documented('BOM Status', 'text', 'b.status'),
    documented('id', 'id', 'l.id'),
    documented('Component Item Id', 'id', 'k.id'),
    documented('Component Item Number', 'text', 'k.number'),
    documented('Component Description', 'prose', 'k.description'),
    documented('Component Quantity', 'measure', 'l.quantity'),
    documented('Component Unit', 'text', 'k.unit_code'),
  ],
  hiddenColumns: [chosen('BOM Id', 'id', 'b.id')],
  defaultSort: ascending('BOM Number'),
  leavesOut: [],
};

/** One row for a line, of inbound notices as the API's page describes them. */
export const asnList: View = {
  name: 'asn_list',
  group,
  privilege: 'ASN',
  from: `asn_lines l JOIN asns a ON a.id = l.asn_id
    JOIN suppliers s ON s.id = a.supplier_id JOIN ship_froms f ON f.id = a.ship_from_id JOIN warehouses w ON w.id = a.warehouse_id
    JOIN purchase_order_lines p ON p.id = l.purchase_order_line_id JOIN purchase_orders o ON o.id = p.order_id
    JOIN items i ON i.id = p.item_id LEFT JOIN sub_items u ON u.id = p.sub_item_id`,
  columns: [
    documented('ASN Number', 'text', 'a.number'),
    documented('BOL', 'text', 'a.bol'),
    documented('ETA', 'date', 'a.eta'),
    documented('Ship Date', 'date', 'a.ship_date'),
    documented('Timestamp', 'moment', 'a.sent_at'),
    documented('Supplier Id', 'id', 's.id'),
    documented('Supplier Number', 'text', 's.number'),
    documented('Ship From Id', 'id', 'f.id'),
    documented('Ship From Number', 'text', 'f.number'),
    documented('Ship From Name', 'text', 'f.name'),
    documented('Warehouse Id', 'id', 'w.id'),
    documented('Warehouse Number', 'text', 'w.number'),
    documented('Warehouse Name', 'text', 'w.name'),
    documented('id', 'id', 'l.id'),
    documented('Item Id', 'id', 'i.id'),
    documented('Item Number', 'text', 'i.number'),
    documented('Item Description', 'prose', 'i.description'),
    documented('Sub Item Id', 'id', 'u.id'),
    documented('Sub Item Number', 'text', 'u.number'),
    documented('ASN Details Quantity', 'quantity', 'l.quantity'),
    documented('ASN Details ETA', 'date', 'l.eta'),
    documented('ASN Details Ship Date', 'date', 'l.ship_date'),
    documented('Purchase Order Id', 'id', 'o.id'),
    documented('PO List Number', 'text', 'o.number'),
    documented('PO Details Id', 'id', 'p.id'),
  ],
  hiddenColumns: [chosen('ASN Id', 'id', 'a.id'), chosen('Warehouse Status', 'text', 'w.status')],
  defaultSort: descending('Timestamp'),
  leavesOut: [inactiveWarehouses],
};

export const supplierAllocation: View = {
  name: 'supplier_allocation',
  group,
  privilege: 'Supplier Allocation',
  from: 'supplier_allocations a JOIN items i ON i.id = a.item_id JOIN suppliers s ON s.id = a.supplier_id',
  columns: [
    documented('id', 'id', 'a.id'),
    documented('Item Id', 'id', 'i.id'),
    documented('Item Number', 'text', 'i.number'),
    documented('Item Description', 'prose', 'i.description'),
    documented('Supplier Id', 'id', 's.id'),
    documented('Supplier Number', 'text', 's.number'),
    documented('Supplier Name', 'text', 's.name'),
    documented('Allocation Percentage', 'measure', 'a.percentage'),
    documented('Priority', 'quantity', 'a.priority'),
    documented('Status', 'text', 'a.status'),
  ],
  hiddenColumns: [],
  defaultSort: ascending('Item Number'),
  leavesOut: [],
};

export const issueTrackerTickets: View = {
  name: 'issue_tracker_tickets',
  group,
  privilege: 'Issue Tracker',
  from: `tickets t JOIN users r ON r.id = t.reporter_id LEFT JOIN users a ON a.id = t.assignee_id
    LEFT JOIN purchase_orders o ON o.id = t.linked_order_id`,
  columns: [
    documented('id', 'text', 't.id'),
    documented('Title', 'prose', 't.title'),
    documented('Description', 'prose', 't.description'),
    documented('Status', 'text', 't.status'),
    documented('Priority', 'text', 't.priority'),
    documented('Category', 'text', 't.category'),
    documented('Assignee Email', 'text', 'a.email'),
    documented('Reporter Email', 'text', 'r.email'),
    documented('Created At', 'moment', 't.created_at'),
    documented('Updated At', 'moment', 't.updated_at'),
    documented('Due Date', 'date', 't.due_date'),
    documented('Linked PO Id', 'id', 'o.id'),
    documented('Linked PO Number', 'text', 'o.number'),
    documented(
      'Notes',
      'prose',
      '(SELECT group_concat(n.note, char(10) ORDER BY n.id) FROM ticket_notes n WHERE n.ticket_id = t.id)',
    ),
    documented(
      'Subscribers',
      'prose',
      `(SELECT group_concat(u.email, ', ' ORDER BY u.email) FROM ticket_subscribers b JOIN users u ON u.id = b.user_id
        WHERE b.ticket_id = t.id)`,
    ),
  ],
  hiddenColumns: [],
  defaultSort: ascending('id'),
  leavesOut: [],
};

/** Nothing is documented of it but its name. */
export const logList: View = {
  name: 'log_list',
  group,
  privilege: 'General Settings',
  from: 'log_entries g JOIN users u ON u.id = g.user_id JOIN roles r ON r.id = u.role_id',
  columns: [
    chosen('id', 'id', 'g.id'),
    chosen('Log Timestamp', 'moment', 'g.logged_at'),
    chosen('User Email', 'text', 'u.email'),
    chosen('Role', 'text', 'r.name'),
    chosen('Log Action', 'text', 'g.action'),
    chosen('Log Entity', 'text', 'g.entity'),
    chosen('Log Entity Number', 'text', 'g.entity_number'),
    chosen('Log Succeeded', 'flag', 'g.succeeded'),
  ],
  hiddenColumns: [],
  defaultSort: descending('Log Timestamp'),
  leavesOut: [],
};
