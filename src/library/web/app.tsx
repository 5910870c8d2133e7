import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { Route, Switch } from 'wouter-preact';
import { InvitationView } from './entrance/invitation.js';
import { LogInView } from './entrance/log-in.js';
import { JobsView } from './jobs/jobs-view.js';
import { LibraryView } from './list/library-view.js';
import { Empty, Fault, Loading } from './parts/states.js';
import { SettingsView } from './settings/settings-view.js';
import { Shell } from './shell/shell.js';
import { Toasts } from './shell/toasts.js';
import { followEvents } from './state/live.js';
import { loadSession, person, session, sessionFault } from './state/session.js';

/** The page: a door without a session, the library with one. */
export function App(): VNode {
  return (
    <>
      <Switch>
        <Route path="/invitations/:token">{({ token }) => <InvitationView token={token} />}</Route>
        <Route>
          <Door />
        </Route>
      </Switch>
      <Toasts />
    </>
  );
}

function Door(): VNode {
  if (sessionFault.value !== null && session.value === undefined) {
    return (
      <main class="entrance">
        <Fault text={sessionFault.value} onRetry={() => void loadSession()} />
      </main>
    );
  }
  if (session.value === undefined) return <Loading what="the library" />;
  return person.value === null ? <LogInView /> : <Inside key={person.value} />;
}

function Inside(): VNode {
  useEffect(followEvents, []);
  return (
    <Shell>
      <Switch>
        <Route path="/iocs/:id">{({ id }) => <LibraryView openId={id} />}</Route>
        <Route path="/">
          <LibraryView openId={null} />
        </Route>
        <Route path="/jobs">
          <JobsView openId={null} />
        </Route>
        <Route path="/jobs/:id">{({ id }) => <JobsView openId={id} />}</Route>
        <Route path="/settings/:section?">{({ section }) => <SettingsView section={section} />}</Route>
        <Route>
          <Empty title="There is nothing at this address.">
            <p>
              <a href="/">To the library</a>
            </p>
          </Empty>
        </Route>
      </Switch>
    </Shell>
  );
}
