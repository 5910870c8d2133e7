import { yaraRuleDate } from './yara-date.js';
import { YaraLexer, type Token } from './yara-lexer.js';

/** A rule that is whole, by its place in the ruleset's text. */
export interface YaraRule {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly isGlobal: boolean;
  readonly position: number;
  readonly date: Date | undefined;
  /** Identifiers of the condition that are neither keywords, built-in functions, fields nor variables of its loops. */
  readonly identifiers: ReadonlySet<string>;
  /** The identifiers that a dot follows: modules, or structures that are external variables. */
  readonly structures: ReadonlySet<string>;
  /** Prefixes of `of (Prefix*)`. */
  readonly wildcards: ReadonlySet<string>;
}

/** What a ruleset holds. */
export interface ScannedRuleset {
  readonly rules: YaraRule[];
  readonly hasBrokenGlobal: boolean;
}

/**
 * Scans a ruleset. The scanner knows as much of YARA's grammar as is needed to tell where a rule begins and ends and
 * which identifiers its condition uses (YARA manual, "Writing YARA rules"). What only YARA-X knows (multi-line texts,
 * `with`, Unicode blanks) counts as a fault: OpenCTI compiles with libyara. It does not judge whether a rule is valid
 * otherwise.
 *
 * It goes through the text once, in linear time whatever the text: after a fault the scan goes on where the fault was noticed,
 * never from an earlier place. Never throws.
 */
export function scanYaraRuleset(source: string): ScannedRuleset {
  return new RulesetParser(source).parse();
}

/** Words of a condition that are no reference: keywords, and the functions that read integers. */
const conditionKeywords: ReadonlySet<string> = new Set(
  (
    'all and any at contains defined endswith entrypoint false filesize for icontains iendswith iequals in ' +
    'istartswith matches none not of or startswith them true ' +
    'int8 int16 int32 uint8 uint16 uint32 int8be int16be int32be uint8be uint16be uint32be'
  ).split(' '),
);

/** Words that never stand in the body of a rule: meeting one means that the rule before it was never closed. */
const topLevelKeywords: ReadonlySet<string> = new Set(['rule', 'global', 'import', 'include']);

/** Reads the top level of a ruleset and, of each rule, its place, its date and what its condition uses. */
class RulesetParser {
  private readonly lexer: YaraLexer;
  private token: Token;
  private readonly rules: YaraRule[] = [];
  private hasBrokenGlobal = false;

  constructor(source: string) {
    this.lexer = new YaraLexer(source);
    this.token = this.lexer.next();
  }

  parse(): ScannedRuleset {
    let modifiers: { start: number; isGlobal: boolean } | undefined;
    while (this.token.kind !== 'end') {
      const { kind, value, start } = this.token;
      const word = kind === 'word' ? value : '';
      this.advance();
      if (word === 'private' || word === 'global') {
        modifiers = {
          start: modifiers?.start ?? start,
          isGlobal: word === 'global' || modifiers?.isGlobal === true,
        };
        continue;
      }
      if (word === 'rule') this.rule(modifiers?.start ?? start, modifiers?.isGlobal === true);
      modifiers = undefined;
    }
    return { rules: this.rules, hasBrokenGlobal: this.hasBrokenGlobal };
  }

  private rule(start: number, isGlobal: boolean): void {
    const name = this.token.kind === 'word' ? this.token.value : '';
    const body = name === '' || topLevelKeywords.has(name) ? undefined : this.body();
    if (body !== undefined) {
      this.rules.push({
        name,
        start,
        end: body.end,
        isGlobal,
        position: this.rules.length,
        date: body.date,
        ...body.uses,
      });
    } else if (isGlobal) this.hasBrokenGlobal = true;
  }

  /** From the rule's name to behind its `}`; `undefined` at the first token that cannot belong to the rule. */
  private body(): { end: number; date: Date | undefined; uses: ConditionUses } | undefined {
    do this.advance();
    while (this.token.kind === 'word' ? !topLevelKeywords.has(this.token.value) : this.isSign(':'));
    if (!this.isSign('{')) return undefined;
    this.advance();
    const date = this.meta();
    for (;;) {
      if (this.leavesRule() || this.isSign('}')) return undefined;
      const atCondition = this.isWord('condition');
      const afterEquals = this.isSign('=');
      this.advance();
      if (afterEquals && this.isSign('{')) {
        if (!this.lexer.skipHexString()) {
          this.advance();
          return undefined;
        }
        this.advance();
      } else if (atCondition && this.isSign(':')) break;
    }
    const condition = new ConditionReader();
    for (;;) {
      this.advance();
      // Strings may be private, conditions not: here the word belongs to the next rule.
      if (this.leavesRule() || this.isSign('{') || this.isWord('private')) return undefined;
      if (this.isSign('}')) break;
      condition.read(this.token);
    }
    const end = this.token.start + 1;
    this.advance();
    return { end, date, uses: condition.finish() };
  }

  /** Reads the meta section, if there is one, for the date of the rule. */
  private meta(): Date | undefined {
    if (!this.isWord('meta')) return undefined;
    const values = new Map<string, string>();
    let key = '';
    while (!this.leavesRule() && !this.isWord('strings') && !this.isWord('condition') && !this.isSign('}')) {
      const { kind, value } = this.token;
      this.advance();
      if (kind === 'word') key = value.toLowerCase();
      else if ((kind === 'text' || kind === 'number') && !values.has(key)) values.set(key, value);
    }
    return yaraRuleDate(values);
  }

  private advance(): void {
    this.token = this.lexer.next();
  }

  private leavesRule(): boolean {
    const { kind, value } = this.token;
    return kind === 'end' || kind === 'broken' || (kind === 'word' && topLevelKeywords.has(value));
  }

  private isSign(sign: string): boolean {
    return this.token.kind === 'sign' && this.token.value === sign;
  }

  private isWord(word: string): boolean {
    return this.token.kind === 'word' && this.token.value === word;
  }
}

interface ConditionUses {
  readonly identifiers: ReadonlySet<string>;
  readonly structures: ReadonlySet<string>;
  readonly wildcards: ReadonlySet<string>;
}

/** Collects, token by token, what a condition refers to outside itself. */
class ConditionReader {
  private readonly identifiers = new Set<string>();
  private readonly structures = new Set<string>();
  private readonly wildcards = new Set<string>();
  /** Variables of `for … in`. */
  private readonly variables = new Set<string>();
  /** The identifier just read; what follows decides what it is. */
  private pending: string | undefined;
  private pendingStar = false;
  /** `a, b` just read; a following `in` makes variables of them. */
  private enumeration: string[] = [];
  private previousSign = '';

  read(token: Token): void {
    const sign = token.kind === 'sign' ? token.value : '';
    const word = token.kind === 'word' && this.previousSign !== '.' ? token.value : '';
    this.settlePending(sign);
    const isIdentifier = word !== '' && !conditionKeywords.has(word);
    if (word === 'in') for (const name of this.enumeration) this.variables.add(name);
    if (isIdentifier) {
      this.pending = word;
      if (this.previousSign !== ',') this.enumeration = [];
      this.enumeration.push(word);
    } else if (sign !== ',') this.enumeration = [];
    this.previousSign = sign;
  }

  finish(): ConditionUses {
    this.settlePending('');
    const free = (names: Set<string>): Set<string> =>
      new Set([...names].filter((name) => !this.variables.has(name)));
    return {
      identifiers: free(this.identifiers),
      structures: free(this.structures),
      wildcards: this.wildcards,
    };
  }

  private settlePending(sign: string): void {
    const name = this.pending;
    if (name === undefined) return;
    if (sign === '*' && !this.pendingStar) {
      this.pendingStar = true;
      return;
    }
    // `Name*` is a wildcard only as an item of a list; before an operand it is a multiplication.
    if (this.pendingStar && (sign === ',' || sign === ')')) this.wildcards.add(name);
    else {
      this.identifiers.add(name);
      if (!this.pendingStar && sign === '.') this.structures.add(name);
    }
    this.pending = undefined;
    this.pendingStar = false;
  }
}
