/** Stock, and what open orders will bring or take, by item and warehouse. Only open lines count: the rest has moved or never will. */
export const stockByWarehouse = `(
      SELECT item_id, warehouse_id, sum(stock) AS stock, sum(po) AS po, sum(so) AS so, sum(mo) AS mo FROM (
        SELECT item_id, warehouse_id, quantity AS stock, 0 AS po, 0 AS so, 0 AS mo FROM inventory
        UNION ALL SELECT item_id, warehouse_id, 0, quantity, 0, 0 FROM purchase_order_lines WHERE status = 'Open'
        UNION ALL SELECT item_id, warehouse_id, 0, 0, quantity, 0 FROM sales_order_lines WHERE status = 'Open'
        UNION ALL SELECT l.item_id, o.warehouse_id, 0, 0, 0, l.quantity
          FROM manufacturing_order_lines l JOIN manufacturing_orders o ON o.id = l.order_id WHERE l.status = 'Open'
      ) GROUP BY item_id, warehouse_id
    )`;

/** Active forecasts are taken as what a quarter asks for: `daily` is a ninetieth of them, and never nothing. */
export const planByItem = `(
      SELECT i.id AS item_id, coalesce(sum(q.stock), 0) AS stock, coalesce(sum(q.po), 0) AS expected,
        coalesce(sum(q.mo), 0) AS made, coalesce(sum(q.so), 0) AS demand, coalesce(f.quantity, 0) AS forecast,
        max(coalesce(f.quantity, 0) / 90.0, 0.1) AS daily
      FROM items i LEFT JOIN ${stockByWarehouse} q ON q.item_id = i.id LEFT JOIN (
        SELECT item_id, sum(quantity) AS quantity FROM forecast_lines WHERE status = 'Active' GROUP BY item_id
      ) f ON f.item_id = i.id GROUP BY i.id
    )`;
