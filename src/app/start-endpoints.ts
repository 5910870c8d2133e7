import type { Config } from '../config/schema.js';
import type { Health } from '../observability/health.js';
import { HttpEndpoint, type EndpointAnswer } from '../observability/http-endpoint.js';
import type { Metrics } from '../observability/metrics.js';
import type { Lifecycle } from './lifecycle.js';

/**
 * Opens `/metrics` and `/health` on the ports that the configuration gives them, if any.
 *
 * @throws ConnectorError (`configuration`) when a port is taken.
 */
export async function startEndpoints(
  { connector }: Config,
  parts: { readonly metrics: Metrics; readonly health: Health; readonly lifecycle: Lifecycle },
): Promise<void> {
  const { metrics, health, lifecycle } = parts;
  const open = async (name: string, port: number, answer: () => Promise<EndpointAnswer>): Promise<void> => {
    const endpoint = new HttpEndpoint({ [`/${name}`]: answer });
    await endpoint.listen(port);
    lifecycle.add(name, () => endpoint.close());
  };
  if (connector.exposeMetrics) {
    const { registry } = metrics;
    await open('metrics', connector.metricsPort, async () => ({
      status: 200,
      contentType: registry.contentType,
      body: await registry.metrics(),
    }));
  }
  if (connector.healthPort > 0) {
    await open('health', connector.healthPort, () => {
      const report = health.report();
      return Promise.resolve({
        status: report.status === 'ok' ? 200 : 503,
        contentType: 'application/json',
        body: `${JSON.stringify(report)}\n`,
      });
    });
  }
}
