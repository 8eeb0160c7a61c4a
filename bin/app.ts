import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { ExportProxyStack } from '../lib/export-proxy-stack.ts';
import { readSettings } from '../lib/settings/read-settings.ts';
import { type Settings, SettingsFault } from '../lib/settings/settings.ts';

/**
 * The CDK app: `npm run synth`, `npx cdk deploy`, both with `-c settings=FILE` where it is not settings.json. A fault of the settings
 * ends it, and so does a finding of cdk-nag's AwsSolutions and Serverless packs.
 */
const app = new App();
new ExportProxyStack(app, 'KnoscExportProxy', {
  description: 'Exports Knosc table views to S3 and answers with links',
  settings: settingsOf(app.node.tryGetContext('settings')),
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
app.synth();

function settingsOf(file: unknown): Settings {
  try {
    return readSettings(typeof file === 'string' ? file : undefined);
  } catch (error) {
    if (!(error instanceof SettingsFault)) throw error;
    // A person's mistake: what is wrong, without the stack of a program.
    console.error(error.message);
    process.exit(1);
  }
}
