/** What stands where the name of a registrant is hidden, in whole words: companies are called `… Private Limited`. */
const HIDDEN_NAMES = [
  /redact|privacy|whois ?(?:guard|proxy|trustee|agent)|^unknown$|^hidden$|request form/i,
  /\b(?:prox(?:y|ies)|withheld|undisclosed|non-public|gdpr|mask(?:ed|ing)|anonymi[sz]\w*|statutory)\b/i,
  /\bnot (?:disclosed|available|applicable)\b|\b(?:data|domain|identity|whois) ?protect(?:ed|ion)\b|^protected$/i,
  /\bprivate\b(?!\)? (?:limited|ltd|bank)\b)/i,
  /^n\/a$|^none$|^null$|^[-.*\s]+$/i,
];

/** Where those who hide registrants have their mailboxes. */
const HIDING_HOST =
  /privacy|whois-?(?:guard|proxy|agent)|by-?proxy|(?:^|\.)proxy\.|withheld|anonymi[sz]ed|(?:identity|data|domain)-?protect|protecteddomain/;

/** VirusTotal puts hexadecimal digits in place of names of people, also before the `@` of their addresses. */
const PLACEHOLDER = /^[0-9a-f]{16,}s?(?:@|$)/i;

/** Whether it is no name of a registrant; an organisation that is called like a service that hides them is lost. */
export function isHiddenName(name: string): boolean {
  return PLACEHOLDER.test(name) || HIDDEN_NAMES.some((wording) => wording.test(name));
}

/** Whether the address, in lower case, is that of nobody, or of a service that hides registrants. */
export function isHiddenEmail(address: string): boolean {
  return PLACEHOLDER.test(address) || HIDING_HOST.test(address.slice(address.lastIndexOf('@') + 1));
}
