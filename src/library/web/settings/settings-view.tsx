import type { ComponentChild, VNode } from 'preact';
import { Link } from 'wouter-preact';
import type { Role } from '../api.js';
import { Empty } from '../parts/states.js';
import { allowed } from '../state/session.js';
import { AccountSettings } from './account-settings.js';
import { AuditLog } from './audit-log.js';
import { EnrichmentSettings } from './enrichment-settings.js';
import { KeySettings } from './key-settings.js';
import { OrganisationSettings } from './organisation-settings.js';
import { TokenSettings } from './token-settings.js';
import { UsageSettings } from './usage-settings.js';
import { UserSettings } from './user-settings.js';

interface SettingsSection {
  readonly path: string;
  readonly name: string;
  readonly role: Role;
  readonly view: () => ComponentChild;
}

const SECTIONS: readonly SettingsSection[] = [
  { path: 'account', name: 'Account', role: 'viewer', view: () => <AccountSettings /> },
  { path: 'usage', name: 'Usage and limits', role: 'viewer', view: () => <UsageSettings /> },
  { path: 'tokens', name: 'API tokens', role: 'analyst', view: () => <TokenSettings /> },
  { path: 'enrichment', name: 'Enrichment', role: 'admin', view: () => <EnrichmentSettings /> },
  { path: 'users', name: 'Users', role: 'admin', view: () => <UserSettings /> },
  { path: 'audit', name: 'Audit log', role: 'admin', view: () => <AuditLog /> },
  { path: 'virustotal', name: 'VirusTotal key', role: 'super_admin', view: () => <KeySettings /> },
  {
    path: 'organisations',
    name: 'Organisations',
    role: 'super_admin',
    view: () => <OrganisationSettings />,
  },
];

/** Settings by role: what the server would refuse is not offered. */
export function SettingsView({ section = 'account' }: { readonly section: string | undefined }): VNode {
  const offered = SECTIONS.filter((one) => allowed(one.role));
  const shown = offered.find((one) => one.path === section);
  return (
    <div class="settings">
      <nav class="settings-nav" aria-label="Settings">
        {offered.map((one) => (
          <Link
            key={one.path}
            href={`/settings/${one.path}`}
            aria-current={one.path === section ? 'page' : undefined}
          >
            {one.name}
          </Link>
        ))}
      </nav>
      <section class="settings-main" aria-labelledby="settings-title">
        <h1 id="settings-title">{shown?.name ?? 'Settings'}</h1>
        {shown === undefined ? (
          <Empty title="Your role has no access to this part.">
            <p>An admin of your organisation can change your role.</p>
          </Empty>
        ) : (
          shown.view()
        )}
      </section>
    </div>
  );
}
