import type { ComponentChildren, VNode } from 'preact';
import { Link, useLocation } from 'wouter-preact';
import { ROLE_NAMES } from '../logic/roles.js';
import { IconButton } from '../parts/button.js';
import { Icon, type IconName } from '../parts/icon.js';
import { Menu } from '../parts/menu.js';
import { dialog } from '../state/dialogs.js';
import { openJobs } from '../state/jobs.js';
import { logOut, user } from '../state/session.js';
import { nextTheme, theme, type Theme } from '../state/theme.js';
import { run } from '../state/toasts.js';
import { UsageMeter } from './usage-meter.js';

const THEMES: Readonly<Record<Theme, { readonly icon: IconName; readonly label: string }>> = {
  auto: { icon: 'half', label: 'Theme: as the system; switch to light' },
  light: { icon: 'sun', label: 'Theme: light; switch to dark' },
  dark: { icon: 'moon', label: 'Theme: dark; switch to the system’s' },
};

export function TopBar(): VNode {
  const [, navigate] = useLocation();
  const me = user.value;
  const open = openJobs.value.length;
  return (
    <header class="top">
      <Link href="/" class="brand">
        <img src="/mark.svg" alt="" width="22" height="22" />
        <span>IOC Library</span>
      </Link>
      <nav class="top-nav" aria-label="Main">
        <Tab href="/" isCurrent={(path) => path === '/' || path.startsWith('/iocs/')}>
          Library
        </Tab>
        <Tab href="/jobs" isCurrent={(path) => path.startsWith('/jobs')}>
          Jobs
          {open > 0 && (
            <span class="count" title={`${open} not finished`}>
              {open}
              <span class="out-of-sight"> not finished</span>
            </span>
          )}
        </Tab>
        <Tab href="/settings" isCurrent={(path) => path.startsWith('/settings')}>
          Settings
        </Tab>
      </nav>
      <UsageMeter />
      <div class="top-end">
        <IconButton icon={THEMES[theme.value].icon} label={THEMES[theme.value].label} onClick={nextTheme} />
        <Menu
          label={`Account of ${me?.name ?? ''}`}
          class="icon-button"
          button={<Icon name="user" />}
          items={[
            {
              text: `${me?.name ?? ''}, ${me === null ? '' : ROLE_NAMES[me.role]}`,
              icon: 'user',
              onChoose: () => {
                navigate('/settings/account');
              },
            },
            {
              text: 'Keyboard shortcuts',
              icon: 'question',
              onChoose: () => {
                dialog.value = 'help';
              },
            },
            {
              text: 'Log out',
              icon: 'out',
              onChoose: () => {
                run(logOut);
              },
            },
          ]}
        />
      </div>
    </header>
  );
}

interface TabProps {
  readonly href: string;
  readonly isCurrent: (path: string) => boolean;
  readonly children: ComponentChildren;
}

function Tab({ href, isCurrent, children }: TabProps): VNode {
  const [path] = useLocation();
  return (
    <Link href={href} aria-current={isCurrent(path) ? 'page' : undefined}>
      {children}
    </Link>
  );
}
