import type { Config } from '../config/schema.js';
import type { Health, HealthReport, LifeReport } from '../observability/health.js';
import { HttpEndpoint, type EndpointAnswer } from '../observability/http-endpoint.js';
import type { Metrics } from '../observability/metrics.js';
import type { SecretRegistry } from '../observability/redact.js';
import type { Lifecycle } from './lifecycle.js';

/**
 * Opens `/metrics`, and `/health` with its `/live` and `/ready`, on the ports that the configuration gives them, if any.
 * `/health` alone says the same as `/health/ready`.
 *
 * @throws ConnectorError (`configuration`) when a port is taken.
 */
export async function startEndpoints(
  { connector }: Config,
  parts: {
    readonly metrics: Metrics;
    readonly health: Health;
    readonly lifecycle: Lifecycle;
    /** What somebody else says may hold one. */
    readonly secrets: SecretRegistry;
  },
): Promise<void> {
  const { metrics, health, lifecycle, secrets } = parts;
  const answerWith = (report: HealthReport | LifeReport): EndpointAnswer => ({
    status: report.status === 'ok' || report.status === 'degraded' ? 200 : 503,
    contentType: 'application/json',
    body: secrets.redactJson(`${JSON.stringify(report)}\n`),
  });
  const open = async (name: string, port: number, routes: Routes): Promise<void> => {
    const endpoint = new HttpEndpoint(routes);
    await endpoint.listen(port);
    lifecycle.add(name, () => endpoint.close());
  };
  if (connector.exposeMetrics) {
    const { registry } = metrics;
    await open('metrics', connector.metricsPort, {
      '/metrics': async () => ({
        status: 200,
        contentType: registry.contentType,
        body: await registry.metrics(),
      }),
    });
  }
  if (connector.healthPort > 0) {
    const ready = (): Promise<EndpointAnswer> => Promise.resolve(answerWith(health.report()));
    const live = (): Promise<EndpointAnswer> => Promise.resolve(answerWith(health.life()));
    await open('health', connector.healthPort, {
      '/health': ready,
      '/health/ready': ready,
      '/health/live': live,
    });
  }
  health.start();
  lifecycle.add('looks at the parts', () => {
    health.stop();
    return Promise.resolve();
  });
}

type Routes = Readonly<Record<string, () => Promise<EndpointAnswer>>>;
