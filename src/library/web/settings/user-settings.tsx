import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Role, User } from '../api.js';
import { api } from '../client.js';
import { grantable, may, ROLE_NAMES } from '../logic/roles.js';
import { dateTime } from '../logic/words.js';
import { Button } from '../parts/button.js';
import { Field, Select } from '../parts/field.js';
import { Form } from '../parts/form.js';
import { Fault, Loading } from '../parts/states.js';
import { useRead } from '../parts/use-read.js';
import { ask } from '../state/dialogs.js';
import { allowed, user } from '../state/session.js';
import { run, say } from '../state/toasts.js';
import { ShownOnce } from './shown-once.js';

function roleOptions(): readonly { readonly value: Role; readonly text: string }[] {
  return grantable(user.value?.role ?? 'viewer').map((one) => ({ value: one, text: ROLE_NAMES[one] }));
}

export function UserSettings(): VNode {
  const users = useRead('users', () => api.users());
  const [link, setLink] = useState<string | null>(null);
  return (
    <>
      {link !== null && (
        <ShownOnce
          title="Invitation link"
          text={link}
          onClose={() => {
            setLink(null);
          }}
        />
      )}
      {users.fault !== null && <Fault text={users.fault} onRetry={users.again} />}
      {users.fault === null && users.value === undefined && <Loading what="the users" />}
      {users.value !== undefined && (
        <ul class="entries">
          {users.value.items.map((one) => (
            <UserEntry key={one.id} user={one} onChanged={users.again} />
          ))}
        </ul>
      )}
      <h2>Invite someone</h2>
      <InviteForm
        onInvited={(next) => {
          setLink(next);
          users.again();
        }}
      />
    </>
  );
}

function lastSign(one: User): string {
  if (one.disabled) return 'locked out';
  if (one.invited) return 'invited, has not come yet';
  return one.lastLoginAt === null ? 'never logged in' : `last log-in ${dateTime(one.lastLoginAt)}`;
}

function UserEntry({ user: one, onChanged }: { readonly user: User; readonly onChanged: () => void }): VNode {
  const isMe = one.id === user.value?.id;
  const mayChange = !isMe && may(user.value?.role ?? 'viewer', one.role);
  const change = (what: { role?: Role; disabled?: boolean }): void => {
    run(async () => {
      await api.changeUser(one.id, what);
      say(`Changed ${one.name}.`);
      onChanged();
    });
  };
  const remove = (): void => {
    ask({
      title: `Delete ${one.name}?`,
      text: `${one.email} can no longer log in; their API tokens end. What they imported stays.`,
      action: 'Delete the user',
      onYes: async () => {
        await api.removeUser(one.id);
        onChanged();
      },
    });
  };
  return (
    <li class={one.disabled ? 'entry entry-off' : 'entry'}>
      <div class="entry-main">
        <strong>
          {one.name}
          {isMe && ' (you)'}
        </strong>
        <span class="faint">
          {one.email}
          {allowed('super_admin') && `, ${one.organisation.name}`}
        </span>
        <span class="faint">{lastSign(one)}</span>
      </div>
      {mayChange ? (
        <>
          <Select
            label={`Role of ${one.name}`}
            labelHidden
            value={one.role}
            options={roleOptions()}
            onChange={(role) => {
              change({ role });
            }}
          />
          <Button
            kind="quiet"
            onClick={() => {
              change({ disabled: !one.disabled });
            }}
          >
            {one.disabled ? 'Let in' : 'Lock out'}
          </Button>
          <Button icon="trash" kind="quiet" onClick={remove}>
            Delete
          </Button>
        </>
      ) : (
        <span class="entry-role">{ROLE_NAMES[one.role]}</span>
      )}
    </li>
  );
}

function InviteForm({ onInvited }: { readonly onInvited: (link: string) => void }): VNode {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('analyst');
  const [organisationId, setOrganisationId] = useState(user.value?.organisation.id ?? '');
  const invite = async (): Promise<void> => {
    const answer = await api.invite({
      name,
      email,
      role,
      ...(allowed('super_admin') ? { organisationId } : {}),
    });
    setName('');
    setEmail('');
    onInvited(answer.link);
  };
  return (
    <Form submit="Make an invitation link" onSubmit={invite} class="form-narrow">
      {(faultOf) => (
        <>
          <Field label="Name" name="name" value={name} onInput={setName} fault={faultOf('name')} required />
          <Field
            label="E-mail"
            name="email"
            type="email"
            value={email}
            onInput={setEmail}
            fault={faultOf('email')}
            required
          />
          <Select label="Role" value={role} options={roleOptions()} onChange={setRole} />
          {allowed('super_admin') && (
            <OrganisationChoice value={organisationId} onChange={setOrganisationId} />
          )}
        </>
      )}
    </Form>
  );
}

interface OrganisationChoiceProps {
  readonly value: string;
  readonly onChange: (id: string) => void;
}

function OrganisationChoice({ value, onChange }: OrganisationChoiceProps): VNode | null {
  const organisations = useRead('organisations', () => api.organisations());
  if (organisations.value === undefined) return null;
  return (
    <Select
      label="Organisation"
      value={value}
      options={organisations.value.items.map((one) => ({ value: one.id, text: one.name }))}
      onChange={onChange}
    />
  );
}
