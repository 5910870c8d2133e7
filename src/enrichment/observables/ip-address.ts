import type { ObservableDefinition } from './definition.js';
import { valueDefinition } from './value.js';

export const ipv4Address: ObservableDefinition = valueDefinition('IPv4-Addr');
export const ipv6Address: ObservableDefinition = valueDefinition('IPv6-Addr');
