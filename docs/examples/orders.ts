import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { ExportProxy } from '../../lib/export-proxy.ts';

/** Purchase orders for a service of ours: whenever Knosc's neighbour tells of a change, and every morning. */
export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const bus = new EventBus(this, 'Orders');
    const proxy = new ExportProxy(this, 'Knosc', {
      workbookDays: 14,
      maximumConcurrency: 3,
      eventBus: bus,
      removalPolicy: RemovalPolicy.RETAIN,
    });

    proxy.addWebhook('order-changed', {
      secret: new Secret(this, 'OrderChangedSigning').secretArn,
      export: { view_name: 'purchase_order_list' },
      filters_from_payload: { 'PO List Number': '/order/number' },
      debounce_s: 60,
    });
    proxy.addSchedule('open-orders', {
      expression: 'cron(0 6 ? * MON-FRI *)',
      time_zone: 'Europe/Berlin',
      export: { view_name: 'purchase_order_list', filters: { 'PO List Document Status': 'Open' } },
    });

    const service = new Role(this, 'Service', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    proxy.grantExport(service, ['purchase_order_list']);
    proxy.grantRead(service, ['item_master']);

    proxy.metricTimeToLink().createAlarm(this, 'SlowOrders', { threshold: 60_000, evaluationPeriods: 3 });
  }
}
