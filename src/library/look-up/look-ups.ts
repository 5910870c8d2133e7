import { withAnySignal } from '../../shared/any-signal.js';
import type { Sleep } from '../../shared/backoff.js';
import type { Clock } from '../../shared/clock.js';
import type { LookUp, Payer, Priority, VtObject } from '../../virustotal/schema.js';
import type { Ioc } from '../ioc/ioc.js';
import { lookUpObject } from '../ioc/look-up-object.js';
import { normaliseIoc } from '../ioc/normalise.js';
import type { EnrichmentStore } from '../store/enrichment-store.js';
import type { IocRecord } from '../store/ioc-record.js';
import type { IocStore } from '../store/ioc-store.js';
import type { OrganisationStore } from '../store/organisation-store.js';
import type { UsageStore } from '../store/usage-store.js';
import { judge, type Thresholds } from '../verdict/badge.js';
import { changesBetween, type Change } from '../verdict/changes.js';
import { detailsOf } from '../verdict/details.js';
import { threatLabel } from '../verdict/report-names.js';
import { BudgetPayer } from './budget-payer.js';
import { keptReport, type KeptDetails, type KeptDetailsReader } from './kept-details.js';
import type { LibraryEvents } from './library-events.js';
import type { LookUpEngine } from './look-up-engine.js';
import { LookUpRefused, refusalOf } from './look-up-refused.js';
import { type ManualTurn, ManualTurns } from './manual-turns.js';
import type { UsedVirusTotal } from './opened-virustotal.js';

/** Which IOC to look up, for whom. */
export interface LookUpRequest {
  readonly organisationId: string;
  /** An IOC of the organisation, or any value; one that is not in the library is added to it. */
  readonly subject: { readonly id: string } | Ioc;
  /** `manual` for a person who waits, `auto` for jobs. */
  readonly priority: Exclude<Priority, 'playbook'>;
  /** Answers from before will not do; whatever is in the cache does when absent. */
  readonly notBefore?: Date | undefined;
  /** Who has added an IOC that was not in the library. */
  readonly userId?: string | undefined;
  /** Aborts, with a WithdrawnError, when it is not wanted any more; what VirusTotal is asked for already ends. */
  readonly signal?: AbortSignal | undefined;
  /** Asked just before VirusTotal is: whether it is wanted still. */
  readonly isWanted?: (() => Promise<boolean>) | undefined;
}

export interface LookUpResult {
  readonly ioc: IocRecord;
  readonly details: KeptDetails;
  /** Whether VirusTotal was asked on this behalf, so that it counts against the budget. */
  readonly isPaid: boolean;
}

export interface LookUpsOptions {
  readonly engine: LookUpEngine;
  readonly iocs: IocStore;
  readonly enrichments: EnrichmentStore;
  readonly organisations: OrganisationStore;
  readonly usage: UsageStore;
  readonly details: KeptDetailsReader;
  readonly events: LibraryEvents;
  readonly clock: Clock;
  readonly sleep: Sleep;
}

/** What is to be looked up. */
interface Target {
  readonly ioc: Ioc;
  readonly object: VtObject;
  /** `undefined`: not in the library yet. */
  readonly record: IocRecord | undefined;
}

/** Looks IOCs up on VirusTotal and keeps what it says. */
export class LookUps {
  readonly #options: LookUpsOptions;
  readonly #turns: ManualTurns;

  constructor(options: LookUpsOptions) {
    this.#options = options;
    this.#turns = new ManualTurns(options);
  }

  /**
   * Looks one IOC up. A value that is not in the library is added once VirusTotal has answered; one that was deleted
   * before it was asked costs nothing. A manual one is refused (`quota`) when its turn does not come within 20 s.
   *
   * @throws LookUpRefused when nothing was looked up.
   */
  async lookUp(request: LookUpRequest): Promise<LookUpResult> {
    const { engine, usage, iocs, clock } = this.#options;
    const { organisationId } = request;
    const target = await this.#targetOf(request);
    const { record } = target;
    const meanwhile = { isDeleted: false };
    const isNeeded = async (): Promise<boolean> => {
      meanwhile.isDeleted = record !== undefined && (await iocs.get(organisationId, record.id)) === undefined;
      return !meanwhile.isDeleted && (await request.isWanted?.()) !== false;
    };
    const payer = new BudgetPayer(usage, organisationId, clock);
    const turn = request.priority === 'manual' ? this.#turns.begin(organisationId) : undefined;
    try {
      return await engine.use(async (used) => {
        const answer = await withAnySignal([request.signal, turn?.signal], (signal) =>
          used.virusTotal.lookUp(target.object, {
            priority: request.priority,
            notBefore: later(request.notBefore, used.simulatedSince),
            signal,
            isNeeded,
            payer: inTurn(payer, turn, used),
          }),
        );
        return this.#keep(request, target, answer, used, payer);
      });
    } catch (error) {
      if (meanwhile.isDeleted) throw missing();
      throw refusalOf(error, clock.now()) ?? error;
    } finally {
      turn?.end();
      if (payer.hasPaid) this.#options.events.usageChanged(organisationId);
    }
  }

  async #targetOf({ organisationId, subject }: LookUpRequest): Promise<Target> {
    const { iocs } = this.#options;
    const record = 'id' in subject ? await iocs.get(organisationId, subject.id) : undefined;
    if ('id' in subject && record === undefined) throw missing();
    const named = record ?? (subject as Ioc);
    const normal = normaliseIoc(named.type, named.value);
    if (normal.ioc === undefined)
      throw new LookUpRefused(`"${shown(named.value)}" ${normal.reason}.`, 'invalid');
    const asked = lookUpObject(normal.ioc);
    const caveat = normal.caveat ?? ('invalid' in asked ? asked.invalid : undefined);
    if (caveat !== undefined || 'invalid' in asked)
      throw new LookUpRefused(`Not looked up, as VirusTotal cannot know it: ${caveat ?? ''}`, 'caveat');
    return {
      ioc: normal.ioc,
      object: asked.object,
      record: record ?? (await iocs.find(organisationId, normal.ioc)),
    };
  }

  async #keep(
    { organisationId, userId }: LookUpRequest,
    { ioc, record }: Target,
    answer: LookUp,
    { simulatedSince }: UsedVirusTotal,
    payer: BudgetPayer,
  ): Promise<LookUpResult> {
    const { iocs, enrichments, organisations, engine, details, events, clock } = this.#options;
    const thresholds = await organisations.get(organisationId);
    if (thresholds === undefined) throw missing();
    const report = answer.found ? answer.report : undefined;
    const fetchedAt = answer.fetchedAt ?? clock.now();
    if (simulatedSince !== undefined) await engine.noteSimulated(simulatedSince);
    const id = record?.id ?? (await iocs.import(organisationId, [ioc], { createdBy: userId })).ids[0] ?? '';
    const saved = await enrichments.save(organisationId, id, {
      fetchedAt,
      known: answer.found,
      ...judge(report, thresholds),
      threatLabel: (report && threatLabel(report)) ?? null,
      report: answer.found ? (answer.raw ?? null) : null,
      changes: await this.#changes(organisationId, id, ioc, { answer, fetchedAt, thresholds }),
    });
    const kept = saved === undefined ? undefined : await iocs.get(organisationId, id);
    if (kept === undefined) throw missing();
    events.iocChanged(kept);
    return {
      ioc: kept,
      details: await details.withIds(organisationId, detailsOf(report, fetchedAt, ioc.value)),
      isPaid: payer.hasPaid,
    };
  }

  /** What changed since the enrichment before, both judged by the thresholds of today. */
  async #changes(
    organisationId: string,
    iocId: string,
    ioc: Ioc,
    after: { readonly answer: LookUp; readonly fetchedAt: Date; readonly thresholds: Thresholds },
  ): Promise<readonly Change[]> {
    const before = await this.#options.enrichments.latest(organisationId, iocId);
    // An answer of the cache may be older than what is kept, or the same.
    if (before === undefined || before.fetchedAt >= after.fetchedAt.toISOString()) return [];
    const reports = [keptReport(ioc, before), after.answer.found ? after.answer.report : undefined] as const;
    const [was, is] = reports.map((report) => ({ report, judgement: judge(report, after.thresholds) }));
    return was === undefined || is === undefined ? [] : changesBetween(was, is);
  }
}

/** Stands in line before it pays. */
function inTurn(payer: Payer, turn: ManualTurn | undefined, used: UsedVirusTotal): Payer {
  return {
    check: async () => {
      await payer.check();
      turn?.queue(used.usage().minute);
    },
    pay: async () => {
      turn?.leave();
      await payer.pay();
    },
    refund: () => payer.refund(),
  };
}

function missing(): LookUpRefused {
  return new LookUpRefused('There is no such IOC, or it was deleted.', 'missing');
}

function later(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one > other ? one : other;
}

const MAX_SHOWN_LENGTH = 100;

function shown(text: string): string {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ');
  return line.length > MAX_SHOWN_LENGTH ? `${line.slice(0, MAX_SHOWN_LENGTH)}…` : line;
}
