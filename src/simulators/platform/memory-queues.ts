import type {
  MessageQueues,
  QueueConnection,
  QueueDelivery,
  QueueHandler,
  QueueKind,
  QueueNames,
} from './queues.js';

interface Queue {
  waiting: QueueDelivery[];
  handlers: QueueHandler[];
  busy: boolean;
}

/** The queues of a platform whose broker no connector can reach (API mode): they live in this process. */
export class MemoryQueues implements MessageQueues {
  /** Coordinates that lead nowhere (`.invalid`, RFC 2606): a connector in API mode must not use them. */
  readonly connection: QueueConnection = {
    host: 'rabbitmq.invalid',
    vhost: '/',
    use_ssl: false,
    port: 5672,
    user: 'nobody',
    pass: 'nothing',
  };
  readonly #queues = new Map<string, Queue>();
  #closed = false;

  declare(): Promise<void> {
    return Promise.resolve();
  }

  publish(names: QueueNames, kind: QueueKind, body: string): Promise<void> {
    const queue = this.#queue(names, kind);
    queue.waiting.push({ body: Buffer.from(body, 'utf8'), properties: {}, redelivered: false });
    void this.#drain(queue);
    return Promise.resolve();
  }

  consume(names: QueueNames, kind: QueueKind, handler: QueueHandler): Promise<() => Promise<void>> {
    const queue = this.#queue(names, kind);
    queue.handlers.push(handler);
    void this.#drain(queue);
    return Promise.resolve(() => {
      queue.handlers = queue.handlers.filter((other) => other !== handler);
      return Promise.resolve();
    });
  }

  depth(names: QueueNames, kind: QueueKind): Promise<number> {
    return Promise.resolve(this.#queue(names, kind).waiting.length);
  }

  purge(names: QueueNames): Promise<void> {
    this.#queue(names, 'listen').waiting = [];
    this.#queue(names, 'push').waiting = [];
    return Promise.resolve();
  }

  remove(names: QueueNames): Promise<void> {
    this.#queues.delete(names.listenQueue);
    this.#queues.delete(names.pushQueue);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#queues.clear();
    return Promise.resolve();
  }

  #queue(names: QueueNames, kind: QueueKind): Queue {
    const name = kind === 'listen' ? names.listenQueue : names.pushQueue;
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue: Queue = { waiting: [], handlers: [], busy: false };
    this.#queues.set(name, queue);
    return queue;
  }

  async #drain(queue: Queue): Promise<void> {
    if (queue.busy) return;
    queue.busy = true;
    try {
      for (;;) {
        // A turn of the event loop between messages: a handler that requeues must not starve everybody else.
        await new Promise((resolve) => setImmediate(resolve));
        const handler = queue.handlers[0];
        const delivery = handler === undefined || this.#closed ? undefined : queue.waiting.shift();
        if (handler === undefined || delivery === undefined) return;
        const answer = await handler(delivery);
        if (answer === 'requeue') queue.waiting.unshift({ ...delivery, redelivered: true });
      }
    } finally {
      queue.busy = false;
    }
  }
}
