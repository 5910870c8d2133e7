import { yesOrNo } from '../formats.js';
import { headers, httpUrl, tlsVerification, token } from '../network-formats.js';
import { option, optional, required } from '../option.js';

/** How the platform is reached (protocol reference §1 and §14). */
export const opencti = {
  url: required({
    doc: 'URL of the OpenCTI platform, with its base path if it has one.',
    env: 'OPENCTI_URL',
    type: httpUrl,
    example: 'http://opencti:8080',
  }),
  token: required({
    doc: 'API token of the platform user as which the connector acts.',
    env: 'OPENCTI_TOKEN',
    type: token,
    secret: true,
    example: 'ChangeMe',
  }),
  ssl_verify: option({
    doc: "Whether the platform's certificate is checked: true, false, or the path of a CA bundle.",
    env: 'OPENCTI_SSL_VERIFY',
    type: tlsVerification,
    default: false,
  }),
  json_logging: option({
    doc: 'Log lines as JSON objects; false gives lines for a person.',
    env: 'OPENCTI_JSON_LOGGING',
    type: yesOrNo,
    default: true,
  }),
  custom_headers: optional({
    doc: 'HTTP headers added to every request to the platform, for example for a proxy in front of it. A malformed one is ignored with a warning.',
    env: 'OPENCTI_CUSTOM_HEADERS',
    type: headers,
    secret: true,
    example: 'X-Example:value;X-Other:value',
  }),
};
