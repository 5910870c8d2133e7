import type { ComponentChildren, VNode } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { Icon, type IconName } from './icon.js';

export interface MenuItem {
  readonly text: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
  readonly onChoose?: () => void;
  /** Address of a download that `onChoose` begins; a link, so that it can be copied. */
  readonly href?: string;
}

interface MenuProps {
  readonly label: string;
  readonly class: string;
  readonly button: ComponentChildren;
  readonly items: readonly MenuItem[];
}

const MARGIN_PX = 4;

function place(menu: HTMLElement, button: HTMLElement): void {
  const from = button.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = menu;
  const left = Math.min(from.left, window.innerWidth - offsetWidth - 2 * MARGIN_PX);
  const below = from.bottom + MARGIN_PX;
  const fits = below + offsetHeight < window.innerHeight;
  menu.style.left = `${Math.max(2 * MARGIN_PX, left)}px`;
  menu.style.top = `${fits ? below : Math.max(2 * MARGIN_PX, from.top - offsetHeight - MARGIN_PX)}px`;
}

/** A button with a list of actions. The browser's popover closes it on Esc and on a click elsewhere. */
export function Menu({ label, class: className, button, items }: MenuProps): VNode {
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const step = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    const all = [...(menu.current?.querySelectorAll<HTMLElement>('.menu-item') ?? [])];
    const now = all.indexOf(document.activeElement as HTMLElement);
    all.at((now + (event.key === 'ArrowDown' ? 1 : -1)) % all.length)?.focus();
  };
  const close = (): void => {
    menu.current?.hidePopover();
  };
  return (
    <>
      <button
        ref={opener}
        type="button"
        class={className}
        aria-label={label}
        title={label}
        popovertarget={id}
        aria-haspopup="true"
      >
        {button}
      </button>
      <div
        id={id}
        ref={menu}
        class="menu"
        popover="auto"
        onKeyDown={step}
        onToggle={(event) => {
          if (event.newState !== 'open' || menu.current === null || opener.current === null) return;
          place(menu.current, opener.current);
          menu.current.querySelector<HTMLElement>('.menu-item')?.focus();
        }}
      >
        {items.map((item) => (
          <Item key={item.text} item={item} onClose={close} />
        ))}
      </div>
    </>
  );
}

function Item({ item, onClose }: { readonly item: MenuItem; readonly onClose: () => void }): VNode {
  const content = (
    <>
      {item.icon !== undefined && <Icon name={item.icon} />}
      {item.text}
    </>
  );
  const choose = (): void => {
    onClose();
    item.onChoose?.();
  };
  if (item.href !== undefined) {
    return (
      <a
        class="menu-item"
        href={item.href}
        download=""
        onClick={(event) => {
          event.preventDefault();
          choose();
        }}
      >
        {content}
      </a>
    );
  }
  return (
    <button type="button" class={`menu-item ${item.danger === true ? 'menu-danger' : ''}`} onClick={choose}>
      {content}
    </button>
  );
}
