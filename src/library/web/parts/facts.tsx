import type { VNode } from 'preact';
import type { Fact } from '../api.js';

/** Names and values, as text whatever they contain. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }): VNode {
  return (
    <dl class="facts">
      {facts.map((one) => (
        <div key={`${one.label} ${one.value}`}>
          <dt>{one.label}</dt>
          <dd>{one.value}</dd>
        </div>
      ))}
    </dl>
  );
}
