// Asks the health endpoint of what runs in the container, the connector or the IOC library; Docker reads the exit code.
// Whether a restart would help is what Docker and Swarm want to know, since a restart is all they can do; `healthcheck.mjs
// ready` asks whether requests are served. A port after that is the only one that is asked.
const question = process.argv[2] === 'ready' ? 'ready' : 'live';
const connectorPort = process.env.CONNECTOR_HEALTH_PORT?.trim() || '0';
const libraryPort = process.env.LIBRARY_LISTEN_PORT?.trim() || '7171';
// Of the two one runs; the other's port is refused at once.
const ports = process.argv[3] === undefined ? [connectorPort, libraryPort] : [process.argv[3]];

async function ask(port) {
  // An event loop that is stuck does not answer at all.
  const response = await fetch(`http://127.0.0.1:${port}/health/${question}`, {
    signal: AbortSignal.timeout(4000),
  });
  return { ok: response.ok, text: await response.text() };
}

const asked = ports.filter((port) => port !== '0');
const answers = await Promise.allSettled(asked.map(ask));
const answer = answers.find(({ status }) => status === 'fulfilled')?.value;
if (answer !== undefined) {
  // Shown by `docker inspect`.
  process.stdout.write(answer.text);
  process.exitCode = answer.ok ? 0 : 1;
} else if (ports[0] !== '0') {
  const reasons = answers.map(
    ({ reason }, index) => `${asked[index]}: ${reason.cause?.message || reason.message}`,
  );
  process.stderr.write(`no answer: ${reasons.join('; ')}\n`);
  process.exitCode = 1;
}
// Else it is switched off by the operator: there is nobody to ask, which is no sign of illness.
