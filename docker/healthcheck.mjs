// Asks the connector's own health endpoint; Docker reads the exit code. Whether a restart would help is what Docker and
// Swarm want to know, since a restart is all they can do; `healthcheck.mjs ready` asks whether requests are served. A port
// after that is asked in place of the connector's: the library has its own.
const port = process.argv[3] ?? (process.env.CONNECTOR_HEALTH_PORT?.trim() || '0');
// Switched off by the operator: there is nobody to ask, which is no sign of illness.
if (port === '0') process.exit(0);
const question = process.argv[2] === 'ready' ? 'ready' : 'live';
try {
  // An event loop that is stuck does not answer at all.
  const response = await fetch(`http://127.0.0.1:${port}/health/${question}`, {
    signal: AbortSignal.timeout(4000),
  });
  // Shown by `docker inspect`.
  process.stdout.write(await response.text());
  process.exit(response.ok ? 0 : 1);
} catch (error) {
  process.stderr.write(`no answer: ${error.message}\n`);
  process.exit(1);
}
