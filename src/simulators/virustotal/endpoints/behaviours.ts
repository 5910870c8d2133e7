import { isJsonObject, type JsonObject } from '../../../shared/json.js';
import type { Exchange, Route, Service } from '../exchange.js';
import { readObjectId } from '../object-id.js';
import { findReport } from './look-ups.js';

/** Facts about one run in one sandbox, which a summary over several runs does not have. */
const perSandbox = new Set(['analysis_date', 'behash', 'last_modification_date', 'sandbox_name']);

/** The two views over all sandbox runs of a file. Single runs are the relationship `behaviours`. */
export function behaviourRoutes(service: Service): Route[] {
  const fileId = (exchange: Exchange): string => {
    exchange.spend('file_behaviours');
    const asked = exchange.params.id ?? '';
    return findReport(service, 'file', readObjectId('file', asked, service.behaviour), asked).id;
  };
  return [
    {
      method: 'GET',
      pattern: '/files/:id/behaviour_summary',
      handle: (exchange) => {
        const runs = service.catalog.related({ type: 'file', id: fileId(exchange) }, 'behaviours');
        return { data: summarise(runs.map(({ attributes = {} }) => attributes)) };
      },
    },
    {
      method: 'GET',
      pattern: '/files/:id/behaviour_mitre_trees',
      handle: (exchange) => ({ data: service.catalog.behaviourTrees(fileId(exchange)) }),
    },
  ];
}

/** Lists of all runs, joined without duplicates; other facts from the first run that has them. */
function summarise(runs: readonly JsonObject[]): JsonObject {
  const summary: JsonObject = {};
  for (const [name, value] of runs.flatMap((run) => Object.entries(run))) {
    if (perSandbox.has(name) || name.startsWith('has_')) continue;
    const known = summary[name];
    if (Array.isArray(known) && Array.isArray(value))
      summary[name] = distinct([...(known as unknown[]), ...(value as unknown[])]);
    else if (known === undefined) summary[name] = isJsonObject(value) ? { ...value } : value;
  }
  return summary;
}

function distinct(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
