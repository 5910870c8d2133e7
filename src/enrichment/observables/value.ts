import { asText } from '../../shared/json.js';
import type { ObservableType } from '../../mapping/context.js';
import { noExtras } from '../../mapping/contribution.js';
import type { ObservableDefinition } from './definition.js';

/** A type whose identity is its `value` and whose report needs nothing else. */
export function valueDefinition(type: ObservableType): ObservableDefinition {
  return {
    type,
    identify: (entity) => {
      const value = asText(entity.value);
      return value === undefined ? undefined : { type, value };
    },
    extras: () => Promise.resolve(noExtras),
  };
}
