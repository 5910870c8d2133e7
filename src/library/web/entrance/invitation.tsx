import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { Invitation } from '../api.js';
import { api } from '../client.js';
import { Field } from '../parts/field.js';
import { Form } from '../parts/form.js';
import { Fault, Loading } from '../parts/states.js';
import { useRead } from '../parts/use-read.js';
import { acceptInvitation, session } from '../state/session.js';
import { Entrance } from './entrance.js';

/** The page behind a one-time link: the invited choose a password. */
export function InvitationView({ token }: { readonly token: string }): VNode {
  const invitation = useRead(token, () => api.invitation(token));
  if (invitation.fault !== null) {
    if (invitation.status !== 404) {
      return (
        <Entrance title="The invitation cannot be read now">
          <Fault text={invitation.fault} onRetry={invitation.again} />
        </Entrance>
      );
    }
    return (
      <Entrance title="This invitation cannot be used">
        <p role="alert">{invitation.fault}</p>
        <p class="entrance-foot">
          A link works once, and not for ever. Ask an admin for a new one, or <a href="/">log in</a>.
        </p>
      </Entrance>
    );
  }
  // The session brings the token without which the server takes no change.
  if (invitation.value === undefined || session.value === undefined) return <Loading what="the invitation" />;
  return <Acceptance token={token} invitation={invitation.value} />;
}

function Acceptance({
  token,
  invitation,
}: {
  readonly token: string;
  readonly invitation: Invitation;
}): VNode {
  const [, navigate] = useLocation();
  const [name, setName] = useState(invitation.name);
  const [password, setPassword] = useState('');
  const accept = async (): Promise<void> => {
    await acceptInvitation(token, name, password);
    navigate('/', { replace: true });
  };
  return (
    <Entrance title="Welcome">
      <p class="entrance-note">
        You are invited to <strong>{invitation.organisation}</strong> as <strong>{invitation.email}</strong>.
      </p>
      <Form submit="Set the password and enter" onSubmit={accept}>
        {(faultOf) => (
          <>
            <Field
              label="Your name"
              name="name"
              autocomplete="name"
              value={name}
              onInput={setName}
              fault={faultOf('name')}
              required
            />
            <Field
              label="Password"
              name="password"
              type="password"
              autocomplete="new-password"
              hint="At least 12 characters; a sentence is easy to keep in mind."
              value={password}
              onInput={setPassword}
              fault={faultOf('password')}
              required
              autofocus
            />
          </>
        )}
      </Form>
    </Entrance>
  );
}
