import { TLP_VALUES } from '../../stix/markings.js';
import { exclusionList } from '../exclusion-format.js';
import { oneOf, wholeNumber, wholeNumberOrAuto, yesOrNo } from '../formats.js';
import { yaraRulesets } from '../look-ups.js';
import { httpUrl, token } from '../network-formats.js';
import { group, option, required } from '../option.js';
import { intelligence } from './intelligence.js';

const POSITIVES = wholeNumber(0, 10_000);
/** Up to a hundred years. */
const MINUTES = wholeNumber(1, 52_560_000);
const TLP = oneOf(TLP_VALUES, { 'tlp:white': 'TLP:CLEAR' });

const general = group('General', {
  token: required({
    doc: 'VirusTotal API key.',
    env: 'VIRUSTOTAL_TOKEN',
    type: token,
    secret: true,
    example: 'ChangeMe',
  }),
  api_url: option({
    doc: 'URL of the VirusTotal API, version 3.',
    env: 'VIRUSTOTAL_API_URL',
    type: httpUrl,
    default: 'https://www.virustotal.com/api/v3',
  }),
  max_tlp: option({
    doc: 'Highest TLP of entities that VirusTotal is asked about: TLP:CLEAR (or TLP:WHITE), TLP:GREEN, TLP:AMBER, TLP:AMBER+STRICT, TLP:RED.',
    env: 'VIRUSTOTAL_MAX_TLP',
    type: TLP,
    default: 'TLP:AMBER',
  }),
  upload_max_tlp: option({
    doc: "Highest TLP of objects that may be uploaded or submitted: what is uploaded becomes available to VirusTotal's customers and partners. An object without markings counts as TLP:CLEAR; a marking that is no TLP, or a PAP above PAP:CLEAR, forbids it. A value above max_tlp has no effect.",
    env: 'VIRUSTOTAL_UPLOAD_MAX_TLP',
    type: TLP,
    default: 'TLP:CLEAR',
  }),
  exclude: option({
    doc: 'What is never sent to VirusTotal: IP addresses, networks (10.0.0.0/8), domain names (example.com is that name and every name below it, *.example.com only those below it), URLs (https://intranet.example.com/x is every URL that begins so, over http and https alike; write %2C for a comma in it), and file hashes (MD5, SHA-1, SHA-256). A URL is also excluded with the name or address of its host.',
    env: 'VIRUSTOTAL_EXCLUDE',
    type: exclusionList,
    default: [],
  }),
  replace_with_lower_score: option({
    doc: "Replace a higher score of the entity; false keeps it and writes VirusTotal's score into a note.",
    env: 'VIRUSTOTAL_REPLACE_WITH_LOWER_SCORE',
    type: yesOrNo,
    default: true,
  }),
  include_attributes_in_note: option({
    doc: "Append a table of the report's attributes to notes.",
    env: 'VIRUSTOTAL_INCLUDE_ATTRIBUTES_IN_NOTE',
    type: yesOrNo,
    default: false,
  }),
});

const LOOK_UPS = 89_999_999;
/** Ten years. */
const CACHE_MINUTES = wholeNumber(0, 5_256_000);

const quota = group('Quota and cache', {
  quota_per_minute: option({
    doc: 'Look-ups a minute; 0 sets no limit of our own. VirusTotal allows a free key 4. What VirusTotal allows counts as well.',
    env: 'VIRUSTOTAL_QUOTA_PER_MINUTE',
    type: wholeNumber(0, LOOK_UPS),
    default: 4,
  }),
  quota_per_day: option({
    doc: 'Look-ups a day (UTC); 0 sets no limit of our own, auto takes what VirusTotal allows.',
    env: 'VIRUSTOTAL_QUOTA_PER_DAY',
    type: wholeNumberOrAuto(0, LOOK_UPS),
    default: 500,
  }),
  quota_per_month: option({
    doc: 'Look-ups a month (UTC); 0 sets no limit of our own, auto takes what VirusTotal allows.',
    env: 'VIRUSTOTAL_QUOTA_PER_MONTH',
    type: wholeNumberOrAuto(0, LOOK_UPS),
    default: 15_500,
  }),
  quota_reserve_manual_percent: option({
    doc: 'Share of the look-ups of a day, in percent, that is kept for manual requests; automatic ones and playbooks wait until the next day once they have used the rest.',
    env: 'VIRUSTOTAL_QUOTA_RESERVE_MANUAL_PERCENT',
    type: wholeNumber(0, 100),
    default: 0,
  }),
  cache_ttl_minutes: option({
    doc: 'Minutes for which a report is used again without asking VirusTotal; 0 asks every time.',
    env: 'VIRUSTOTAL_CACHE_TTL_MINUTES',
    type: CACHE_MINUTES,
    default: 1440,
  }),
  cache_unknown_ttl_minutes: option({
    doc: 'Minutes for which a value counts as unknown to VirusTotal without asking again; 0 asks every time.',
    env: 'VIRUSTOTAL_CACHE_UNKNOWN_TTL_MINUTES',
    type: CACHE_MINUTES,
    default: 60,
  }),
  manual_max_age_minutes: option({
    doc: 'Minutes after which a kept answer is too old for a manual request, which then asks VirusTotal; 0 always asks. More than the two lifetimes above has no effect.',
    env: 'VIRUSTOTAL_MANUAL_MAX_AGE_MINUTES',
    type: CACHE_MINUTES,
    default: 60,
  }),
  reanalyse_after_days: option({
    doc: 'Days after which the last analysis in a report is stale: VirusTotal is then asked to analyse the object again, and the new report is waited for. 0 never asks for it.',
    env: 'VIRUSTOTAL_REANALYSE_AFTER_DAYS',
    type: wholeNumber(0, 36_500),
    default: 0,
  }),
  analysis_poll_seconds: option({
    doc: 'Seconds until VirusTotal is first asked whether an analysis has ended; then it is asked more and more rarely. Each time costs a look-up, except for files that VirusTotal had never seen.',
    env: 'VIRUSTOTAL_ANALYSIS_POLL_SECONDS',
    type: wholeNumber(1, 3600),
    default: 30,
  }),
});

const files = group('Files', {
  file_create_note_full_report: option({
    doc: 'Write a note with the verdict of every engine.',
    env: 'VIRUSTOTAL_FILE_CREATE_NOTE_FULL_REPORT',
    type: yesOrNo,
    default: true,
  }),
  file_upload_unseen_artifacts: option({
    doc: 'Upload artifacts that VirusTotal does not know, up to the TLP of upload_max_tlp. The analysis is waited for without holding up other requests.',
    env: 'VIRUSTOTAL_FILE_UPLOAD_UNSEEN_ARTIFACTS',
    type: yesOrNo,
    default: true,
  }),
  file_upload_max_mb: option({
    doc: 'Largest artifact that is uploaded, in MB of 1,048,576 bytes; VirusTotal takes up to 650 of them.',
    env: 'VIRUSTOTAL_FILE_UPLOAD_MAX_MB',
    type: wholeNumber(1, 650),
    default: 32,
  }),
  file_import_yara: option({
    doc: 'Import the crowdsourced YARA rules that match, as Indicators. Costs one look-up for each ruleset, kept for a week, at most 20 for a file.',
    env: 'VIRUSTOTAL_FILE_IMPORT_YARA',
    lookUps: yaraRulesets,
    type: yesOrNo,
    default: true,
  }),
  file_indicator_create_positives: option({
    doc: 'Engines that must call a file malicious before an Indicator is created; 0 creates none.',
    env: 'VIRUSTOTAL_FILE_INDICATOR_CREATE_POSITIVES',
    type: POSITIVES,
    default: 10,
  }),
  file_indicator_valid_minutes: option({
    doc: 'Minutes for which such an Indicator is valid.',
    env: 'VIRUSTOTAL_FILE_INDICATOR_VALID_MINUTES',
    type: MINUTES,
    default: 2880,
  }),
  file_indicator_detect: option({
    doc: 'Mark such an Indicator for detection.',
    env: 'VIRUSTOTAL_FILE_INDICATOR_DETECT',
    type: yesOrNo,
    default: true,
  }),
});

const addresses = group('IP addresses', {
  ip_add_relationships: option({
    doc: 'Add the autonomous system and the country, with relationships.',
    env: 'VIRUSTOTAL_IP_ADD_RELATIONSHIPS',
    type: yesOrNo,
    default: false,
  }),
  ip_indicator_create_positives: option({
    doc: 'Engines that must call an address malicious before an Indicator is created; 0 creates none.',
    env: 'VIRUSTOTAL_IP_INDICATOR_CREATE_POSITIVES',
    type: POSITIVES,
    default: 10,
  }),
  ip_indicator_valid_minutes: option({
    doc: 'Minutes for which such an Indicator is valid.',
    env: 'VIRUSTOTAL_IP_INDICATOR_VALID_MINUTES',
    type: MINUTES,
    default: 2880,
  }),
  ip_indicator_detect: option({
    doc: 'Mark such an Indicator for detection.',
    env: 'VIRUSTOTAL_IP_INDICATOR_DETECT',
    type: yesOrNo,
    default: true,
  }),
});

const domains = group('Domains and hostnames', {
  domain_add_relationships: option({
    doc: 'Add the addresses to which a domain resolves, with relationships.',
    env: 'VIRUSTOTAL_DOMAIN_ADD_RELATIONSHIPS',
    type: yesOrNo,
    default: false,
  }),
  domain_indicator_create_positives: option({
    doc: 'Engines that must call a domain malicious before an Indicator is created; 0 creates none.',
    env: 'VIRUSTOTAL_DOMAIN_INDICATOR_CREATE_POSITIVES',
    type: POSITIVES,
    default: 10,
  }),
  domain_indicator_valid_minutes: option({
    doc: 'Minutes for which such an Indicator is valid.',
    env: 'VIRUSTOTAL_DOMAIN_INDICATOR_VALID_MINUTES',
    type: MINUTES,
    default: 2880,
  }),
  domain_indicator_detect: option({
    doc: 'Mark such an Indicator for detection.',
    env: 'VIRUSTOTAL_DOMAIN_INDICATOR_DETECT',
    type: yesOrNo,
    default: true,
  }),
});

const urls = group('URLs', {
  url_upload_unseen: option({
    doc: 'Submit URLs that VirusTotal does not know, up to the TLP of upload_max_tlp. The analysis is waited for without holding up other requests.',
    env: 'VIRUSTOTAL_URL_UPLOAD_UNSEEN',
    type: yesOrNo,
    default: true,
  }),
  url_indicator_create_positives: option({
    doc: 'Engines that must call a URL malicious before an Indicator is created; 0 creates none.',
    env: 'VIRUSTOTAL_URL_INDICATOR_CREATE_POSITIVES',
    type: POSITIVES,
    default: 10,
  }),
  url_indicator_valid_minutes: option({
    doc: 'Minutes for which such an Indicator is valid.',
    env: 'VIRUSTOTAL_URL_INDICATOR_VALID_MINUTES',
    type: MINUTES,
    default: 2880,
  }),
  url_indicator_detect: option({
    doc: 'Mark such an Indicator for detection.',
    env: 'VIRUSTOTAL_URL_INDICATOR_DETECT',
    type: yesOrNo,
    default: true,
  }),
});

/** What is asked of VirusTotal and what becomes of its reports (protocol reference §15). */
export const virustotal = {
  ...general,
  ...quota,
  ...files,
  ...addresses,
  ...domains,
  ...urls,
  ...intelligence,
};
