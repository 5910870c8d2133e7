import type { ObservableDefinition } from './definition.js';
import { valueDefinition } from './value.js';

export const domainName: ObservableDefinition = valueDefinition('Domain-Name');
export const hostname: ObservableDefinition = valueDefinition('Hostname');
