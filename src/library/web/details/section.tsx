import type { ComponentChildren, VNode } from 'preact';
import { useId } from 'preact/hooks';
import { number } from '../logic/words.js';

interface SectionProps {
  readonly title: string;
  readonly count?: number;
  readonly children: ComponentChildren;
}

export function Section({ title, count, children }: SectionProps): VNode {
  const id = useId();
  return (
    <section class="section" aria-labelledby={id}>
      <h3 id={id}>
        {title}
        {count !== undefined && <span class="section-count">{number(count)}</span>}
      </h3>
      {children}
    </section>
  );
}
