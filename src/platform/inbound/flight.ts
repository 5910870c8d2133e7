import type { EnrichmentRequest, TriggerMode } from '../../enrichment/request.js';
import type { Hold } from './hold-watch.js';
import { isCopy } from './message-copier.js';
import type { Delivery } from './queue-reader.js';
import { UnreadableMessage } from './unreadable-message.js';

/** A request at hand. More than one delivery: the broker delivered it again after a lost connection. */
export interface Flight {
  readonly key: string;
  readonly mode: TriggerMode;
  /** It is no request. */
  readonly isUnreadable: boolean;
  readonly receivedAt: Date;
  deliveries: Delivery[];
  /** Decoded, while it is being started; what is held stays as small as the message it came in. */
  request: EnrichmentRequest | UnreadableMessage | undefined;
  /** While it is held. */
  hold: Hold | undefined;
  /** Something has begun that must not happen twice: a stop does not hand it back any more. */
  committed: boolean;
}

/** A request that has just come. */
export function newFlight(request: EnrichmentRequest | UnreadableMessage, delivery: Delivery): Flight {
  const { key, mode, receivedAt } = request;
  return {
    key,
    mode,
    isUnreadable: request instanceof UnreadableMessage,
    receivedAt,
    deliveries: [delivery],
    request,
    hold: undefined,
    committed: false,
  };
}

/** The message as it came. */
export function contentOf({ deliveries: [first] }: Flight): Buffer {
  return first?.message.content ?? Buffer.alloc(0);
}

/** Whether it was delivered before, to whomever. */
export function isRedelivered({ deliveries }: Flight): boolean {
  return deliveries.some(wasDelivered);
}

/** Whether it is not the first delivery of its message; of a copy the broker says that it is. */
export function wasDelivered({ message }: Delivery): boolean {
  return message.fields.redelivered || isCopy(message);
}
