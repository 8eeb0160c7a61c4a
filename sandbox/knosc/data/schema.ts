/** The relational model behind the views. Dates are `YYYY-MM-DD` texts, so that they sort and compare as dates do. */
export const schema = `
  CREATE TABLE suppliers (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT, phone TEXT,
    status TEXT NOT NULL, servicenow_id TEXT);
  CREATE TABLE ship_froms (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, address TEXT NOT NULL,
    status TEXT NOT NULL, supplier_id INTEGER NOT NULL REFERENCES suppliers, servicenow_id TEXT);
  CREATE TABLE warehouses (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, name TEXT NOT NULL, address TEXT NOT NULL,
    status TEXT NOT NULL, servicenow_id TEXT);
  CREATE TABLE units (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, name TEXT NOT NULL, type TEXT NOT NULL);
  CREATE TABLE items (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, description TEXT NOT NULL, type TEXT NOT NULL,
    unit_code TEXT NOT NULL REFERENCES units (code), status TEXT NOT NULL, servicenow_id TEXT, weight REAL, weight_unit TEXT);
  CREATE TABLE sub_items (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, description TEXT NOT NULL, status TEXT NOT NULL,
    item_id INTEGER NOT NULL REFERENCES items, servicenow_id TEXT);
  -- total_items and quantity are sums over the lines, kept here so that a list of a million orders needs no grouping.
  CREATE TABLE purchase_orders (id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, supplier_id INTEGER NOT NULL REFERENCES suppliers,
    status TEXT NOT NULL, order_date TEXT NOT NULL, servicenow_id TEXT, total_items INTEGER NOT NULL, quantity INTEGER NOT NULL);
  CREATE TABLE purchase_order_lines (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES purchase_orders,
    item_id INTEGER NOT NULL REFERENCES items, sub_item_id INTEGER REFERENCES sub_items,
    warehouse_id INTEGER NOT NULL REFERENCES warehouses, ship_from_id INTEGER NOT NULL REFERENCES ship_froms,
    quantity INTEGER NOT NULL, price REAL NOT NULL, status TEXT NOT NULL, order_date TEXT NOT NULL, ship_date TEXT, eta_date TEXT,
    unique_id TEXT);
`;

/** Made after the rows, which is quicker. */
export const indexes = `
  CREATE INDEX purchase_orders_by_date ON purchase_orders (order_date, id);
  CREATE INDEX purchase_orders_by_supplier ON purchase_orders (supplier_id);
  CREATE INDEX purchase_order_lines_by_order ON purchase_order_lines (order_id);
`;
