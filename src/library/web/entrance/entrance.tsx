import type { ComponentChildren, VNode } from 'preact';

/** The card in front of the library. */
export function Entrance({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <main class="entrance">
      <div class="entrance-card">
        <p class="brand">
          <img src="/mark.svg" alt="" width="28" height="28" />
          <span>IOC Library</span>
        </p>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
