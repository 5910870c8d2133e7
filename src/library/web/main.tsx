import { render } from 'preact';
import { App } from './app.js';
import { forgetWithThePerson } from './state/forget.js';
import { loadSession } from './state/session.js';
import { followTheme } from './state/theme.js';
import './styles/index.css';

followTheme();
forgetWithThePerson();
void loadSession();
const root = document.getElementById('page');
if (root !== null) render(<App />, root);
