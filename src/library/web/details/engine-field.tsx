import type { VNode } from 'preact';
import type { EngineVerdict } from '../api.js';
import { categoryName, grouped, GROUP_NAMES } from '../logic/engines.js';
import { number } from '../logic/words.js';

/** One cell per engine, the worst first: the whole vote at a glance. */
export function EngineField({ engines }: { readonly engines: readonly EngineVerdict[] }): VNode {
  const groups = grouped(engines);
  const text = groups
    .map((one) => `${one.engines.length} ${GROUP_NAMES[one.group].toLowerCase()}`)
    .join(', ');
  return (
    <figure class="engine-field">
      <div class="engine-cells" role="img" aria-label={`Engines: ${text}`}>
        {groups.flatMap((one) =>
          one.engines.map((engine) => (
            <i
              key={engine.engine}
              class={`cell cell-${one.group}`}
              title={`${engine.engine}: ${engine.result ?? categoryName(engine.category)}`}
            />
          )),
        )}
      </div>
      <figcaption>
        {groups.map((one) => (
          <span key={one.group}>
            <i class={`cell cell-${one.group}`} aria-hidden="true" />
            {number(one.engines.length)} {GROUP_NAMES[one.group].toLowerCase()}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
