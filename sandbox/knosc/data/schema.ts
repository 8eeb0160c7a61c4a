/**
 * The relational model behind the views. Dates are `YYYY-MM-DD` and moments `YYYY-MM-DDTHH:MM:SSZ` texts, so that they sort
 * and compare as what they are.
 */
export const schema = `
  CREATE TABLE roles (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE,
    role_id INTEGER NOT NULL REFERENCES roles);

  CREATE TABLE suppliers (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT, phone TEXT,
    status TEXT NOT NULL, servicenow_id TEXT);
  CREATE TABLE ship_froms (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, address TEXT NOT NULL,
    status TEXT NOT NULL, supplier_id INTEGER NOT NULL REFERENCES suppliers, servicenow_id TEXT,
    latitude REAL NOT NULL, longitude REAL NOT NULL);
  CREATE TABLE customers (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT, phone TEXT,
    status TEXT NOT NULL, servicenow_id TEXT);
  CREATE TABLE ship_tos (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, address TEXT NOT NULL,
    status TEXT NOT NULL, customer_id INTEGER NOT NULL REFERENCES customers, servicenow_id TEXT,
    latitude REAL NOT NULL, longitude REAL NOT NULL);
  CREATE TABLE warehouses (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, address TEXT NOT NULL,
    status TEXT NOT NULL, servicenow_id TEXT, latitude REAL NOT NULL, longitude REAL NOT NULL);
  CREATE TABLE units (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, name TEXT NOT NULL, type TEXT NOT NULL);
  CREATE TABLE items (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, description TEXT NOT NULL, type TEXT NOT NULL,
    unit_code TEXT NOT NULL REFERENCES units (code), status TEXT NOT NULL, servicenow_id TEXT, weight REAL, weight_unit TEXT,
    customer_item_number TEXT, cost REAL NOT NULL, safety_stock INTEGER NOT NULL, lead_time_days INTEGER NOT NULL);
  CREATE TABLE sub_items (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, description TEXT NOT NULL, status TEXT NOT NULL,
    item_id INTEGER NOT NULL REFERENCES items, servicenow_id TEXT);

  -- total_items and quantity of orders and forecasts are sums over the lines, kept so that a list of a million needs no grouping.
  CREATE TABLE purchase_orders (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, supplier_id INTEGER NOT NULL REFERENCES suppliers,
    status TEXT NOT NULL, order_date TEXT NOT NULL, servicenow_id TEXT, total_items INTEGER NOT NULL, quantity INTEGER NOT NULL);
  CREATE TABLE purchase_order_lines (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES purchase_orders,
    item_id INTEGER NOT NULL REFERENCES items, sub_item_id INTEGER REFERENCES sub_items,
    warehouse_id INTEGER NOT NULL REFERENCES warehouses, ship_from_id INTEGER NOT NULL REFERENCES ship_froms,
    quantity INTEGER NOT NULL, price REAL NOT NULL, status TEXT NOT NULL, order_date TEXT NOT NULL, ship_date TEXT, eta_date TEXT,
    unique_id TEXT);
  CREATE TABLE sales_orders (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, customer_id INTEGER NOT NULL REFERENCES customers,
    status TEXT NOT NULL, order_date TEXT NOT NULL, servicenow_id TEXT, total_items INTEGER NOT NULL, quantity INTEGER NOT NULL);
  CREATE TABLE sales_order_lines (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES sales_orders,
    item_id INTEGER NOT NULL REFERENCES items, sub_item_id INTEGER REFERENCES sub_items,
    warehouse_id INTEGER NOT NULL REFERENCES warehouses, ship_to_id INTEGER NOT NULL REFERENCES ship_tos,
    quantity INTEGER NOT NULL, price REAL NOT NULL, status TEXT NOT NULL, order_date TEXT NOT NULL, ship_date TEXT, eta_date TEXT,
    unique_id TEXT);
  CREATE TABLE manufacturing_orders (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, warehouse_id INTEGER NOT NULL REFERENCES warehouses,
    status TEXT NOT NULL, order_date TEXT NOT NULL, total_items INTEGER NOT NULL, quantity INTEGER NOT NULL);
  CREATE TABLE manufacturing_order_lines (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES manufacturing_orders,
    item_id INTEGER NOT NULL REFERENCES items, sub_item_id INTEGER REFERENCES sub_items, quantity INTEGER NOT NULL,
    status TEXT NOT NULL, order_date TEXT, start_date TEXT NOT NULL, end_date TEXT NOT NULL, unique_id TEXT);

  CREATE TABLE forecasts (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, customer_id INTEGER NOT NULL REFERENCES customers,
    status TEXT NOT NULL, date TEXT NOT NULL, total_items INTEGER NOT NULL, quantity INTEGER NOT NULL);
  CREATE TABLE forecast_lines (id INTEGER PRIMARY KEY, forecast_id INTEGER NOT NULL REFERENCES forecasts,
    item_id INTEGER NOT NULL REFERENCES items, sub_item_id INTEGER REFERENCES sub_items,
    warehouse_id INTEGER NOT NULL REFERENCES warehouses, ship_to_id INTEGER NOT NULL REFERENCES ship_tos,
    quantity INTEGER NOT NULL, price REAL NOT NULL, status TEXT NOT NULL, date TEXT, unique_id TEXT);
  CREATE TABLE inventory (id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES items, sub_item_id INTEGER REFERENCES sub_items,
    warehouse_id INTEGER NOT NULL REFERENCES warehouses, quantity INTEGER NOT NULL, date TEXT NOT NULL, unique_id TEXT);

  CREATE TABLE bills_of_materials (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, item_id INTEGER NOT NULL REFERENCES items,
    status TEXT NOT NULL);
  CREATE TABLE bill_lines (id INTEGER PRIMARY KEY, bill_id INTEGER NOT NULL REFERENCES bills_of_materials,
    component_item_id INTEGER NOT NULL REFERENCES items, quantity REAL NOT NULL);
  CREATE TABLE asns (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, bol TEXT, eta TEXT NOT NULL, ship_date TEXT NOT NULL,
    sent_at TEXT NOT NULL, supplier_id INTEGER NOT NULL REFERENCES suppliers, ship_from_id INTEGER NOT NULL REFERENCES ship_froms,
    warehouse_id INTEGER NOT NULL REFERENCES warehouses);
  CREATE TABLE asn_lines (id INTEGER PRIMARY KEY, asn_id INTEGER NOT NULL REFERENCES asns,
    purchase_order_line_id INTEGER NOT NULL REFERENCES purchase_order_lines, quantity INTEGER NOT NULL, eta TEXT NOT NULL,
    ship_date TEXT NOT NULL);
  CREATE TABLE supplier_allocations (id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES items,
    supplier_id INTEGER NOT NULL REFERENCES suppliers, percentage INTEGER NOT NULL, priority INTEGER NOT NULL, status TEXT NOT NULL);

  CREATE TABLE tickets (id TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT NOT NULL, status TEXT NOT NULL,
    priority TEXT NOT NULL, category TEXT NOT NULL, assignee_id INTEGER REFERENCES users, reporter_id INTEGER NOT NULL REFERENCES users,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, due_date TEXT, linked_order_id INTEGER REFERENCES purchase_orders);
  CREATE TABLE ticket_notes (id INTEGER PRIMARY KEY, ticket_id TEXT NOT NULL REFERENCES tickets, note TEXT NOT NULL);
  CREATE TABLE ticket_subscribers (ticket_id TEXT NOT NULL REFERENCES tickets, user_id INTEGER NOT NULL REFERENCES users);
  CREATE TABLE log_entries (id INTEGER PRIMARY KEY, logged_at TEXT NOT NULL, user_id INTEGER NOT NULL REFERENCES users,
    action TEXT NOT NULL, entity TEXT NOT NULL, entity_number TEXT NOT NULL, succeeded INTEGER NOT NULL);
`;

/** Made after the rows, which is quicker. */
export const indexes = `
  CREATE INDEX purchase_orders_by_date ON purchase_orders (order_date, id);
  CREATE INDEX purchase_orders_by_supplier ON purchase_orders (supplier_id);
  CREATE INDEX purchase_order_lines_by_order ON purchase_order_lines (order_id);
  CREATE INDEX sales_order_lines_by_order ON sales_order_lines (order_id);
  CREATE INDEX manufacturing_order_lines_by_order ON manufacturing_order_lines (order_id);
  CREATE INDEX forecast_lines_by_forecast ON forecast_lines (forecast_id);
  CREATE INDEX asn_lines_by_asn ON asn_lines (asn_id);
  CREATE INDEX bill_lines_by_bill ON bill_lines (bill_id);
`;
