import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ExportProxyStack } from '../lib/export-proxy-stack.ts';

/** The CDK app: `npm run synth`, `npx cdk deploy`. A finding of cdk-nag's AwsSolutions pack ends the synthesis. */
const app = new App();
const originHosts: unknown = app.node.tryGetContext('originHosts');
new ExportProxyStack(app, 'KnoscExportProxy', {
  description: 'Exports Knosc table views to S3 and answers with links',
  ...(typeof originHosts === 'string' && { originHosts: originHosts.split(',') }),
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
