import { render } from 'preact';
import { App } from './app.js';
import { loadSession } from './state/session.js';
import { followTheme } from './state/theme.js';
import './styles/index.css';

followTheme();
void loadSession();
const root = document.getElementById('page');
if (root !== null) render(<App />, root);
