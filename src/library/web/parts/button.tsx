import type { ComponentChildren, VNode } from 'preact';
import { Icon, type IconName } from './icon.js';

interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick?: () => void;
  readonly icon?: IconName;
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  readonly type?: 'button' | 'submit';
  readonly disabled?: boolean;
  /** Works at the moment: shows it, and takes no second click. */
  readonly busy?: boolean;
  readonly title?: string;
}

export function Button(props: ButtonProps): VNode {
  const { children, onClick, icon, kind = 'plain', type = 'button', disabled, busy = false, title } = props;
  return (
    <button
      type={type}
      class={`button button-${kind}`}
      onClick={onClick}
      disabled={disabled === true || busy}
      aria-busy={busy}
      title={title}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps {
  readonly icon: IconName;
  /** Its name for a screen reader, and its tooltip. */
  readonly label: string;
  readonly onClick: () => void;
  readonly busy?: boolean;
  readonly class?: string;
}

export function IconButton({ icon, label, onClick, busy = false, class: extra }: IconButtonProps): VNode {
  return (
    <button
      type="button"
      class={`icon-button ${extra ?? ''}`}
      aria-label={label}
      title={label}
      aria-busy={busy}
      disabled={busy}
      onClick={onClick}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : <Icon name={icon} />}
    </button>
  );
}
