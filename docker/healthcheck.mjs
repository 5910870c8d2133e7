// Asks the connector's own health endpoint; Docker reads the exit code.
const port = process.env.CONNECTOR_HEALTH_PORT?.trim() || '0';
// Switched off by the operator: there is nobody to ask, which is no sign of illness.
if (port === '0') process.exit(0);
try {
  const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(4000) });
  process.exit(response.ok ? 0 : 1);
} catch {
  process.exit(1);
}
