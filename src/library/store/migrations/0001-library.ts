import type { Dialect } from '../dialect.js';

/** Every table of the library as it was first released; never edit it after that. */
export function library(dialect: Dialect): readonly string[] {
  // PostgreSQL would sort texts by the rules of a language; bytes sort alike everywhere, and indexes serve prefixes.
  const text = dialect === 'postgres' ? 'text collate "C"' : 'text';
  const bytes = dialect === 'postgres' ? 'bytea' : 'blob';
  // NULL sorts as the least value: SQLite's way, which its CREATE INDEX refuses to be told.
  const leastNull = dialect === 'postgres' ? 'nulls first' : '';
  return [
    `create table organisations (
       id ${text} primary key,
       name ${text} not null unique,
       auto_enrich integer not null,
       suspicious_from integer not null,
       malicious_from integer not null,
       budget_per_day integer,
       budget_per_month integer,
       created_at ${text} not null
     )`,

    `create table users (
       id ${text} primary key,
       organisation_id ${text} not null references organisations,
       email ${text} not null unique,
       name ${text} not null,
       role ${text} not null check (role in ('viewer', 'analyst', 'admin', 'super_admin')),
       password_hash ${text},
       invite_hash ${text} unique,
       invite_expires_at ${text},
       disabled integer not null,
       created_at ${text} not null,
       last_login_at ${text}
     )`,
    'create index users_by_organisation on users (organisation_id)',

    `create table sessions (
       id_hash ${text} primary key,
       user_id ${text} references users on delete cascade,
       data ${text} not null,
       expires_at ${text} not null
     )`,
    'create index sessions_by_user on sessions (user_id)',
    'create index sessions_by_expiry on sessions (expires_at)',

    `create table api_tokens (
       id ${text} primary key,
       user_id ${text} not null references users on delete cascade,
       organisation_id ${text} not null references organisations,
       name ${text} not null,
       token_hash ${text} not null unique,
       scopes ${text} not null,
       created_at ${text} not null,
       expires_at ${text},
       last_used_at ${text}
     )`,
    'create index api_tokens_by_user on api_tokens (user_id)',

    // Who created what stays when the user is deleted, so there is no reference.
    `create table iocs (
       id ${text} primary key,
       organisation_id ${text} not null references organisations,
       type ${text} not null,
       value ${text} not null check (length(value) <= 2048),
       tags ${text} not null,
       source ${text},
       note ${text},
       verdict ${text},
       malicious integer,
       suspicious integer,
       engines integer,
       threat_label ${text},
       enriched_at ${text},
       severity integer generated always as (
         case verdict when 'unknown' then 0 when 'clean' then 1 when 'suspicious' then 2 when 'malicious' then 3 end
       ) stored,
       created_at ${text} not null,
       updated_at ${text} not null,
       created_by ${text},
       unique (organisation_id, type, value)
     )`,
    // One for each order of the list, the id making it total.
    `create index iocs_by_value on iocs (organisation_id, value ${leastNull}, id)`,
    `create index iocs_by_type on iocs (organisation_id, type ${leastNull}, id)`,
    `create index iocs_by_severity on iocs (organisation_id, severity ${leastNull}, id)`,
    `create index iocs_by_malicious on iocs (organisation_id, malicious ${leastNull}, id)`,
    `create index iocs_by_enrichment on iocs (organisation_id, enriched_at ${leastNull}, id)`,
    `create index iocs_by_creation on iocs (organisation_id, created_at ${leastNull}, id)`,
    // All that filters and facets look at, so that SQLite need not touch the rows; an index row of PostgreSQL could not
    // hold it, and it is as quick without.
    ...(dialect === 'sqlite'
      ? ['create index iocs_by_facet on iocs (organisation_id, type, verdict, tags, source, value, id)']
      : []),

    `create table enrichments (
       id ${text} primary key,
       ioc_id ${text} not null references iocs on delete cascade,
       organisation_id ${text} not null,
       fetched_at ${text} not null,
       known integer not null,
       verdict ${text} not null,
       malicious integer not null,
       suspicious integer not null,
       engines integer not null,
       changes ${text} not null,
       report_encoding integer not null,
       report ${bytes}
     )`,
    'create index enrichments_by_ioc on enrichments (ioc_id, fetched_at, id)',

    `create table relations (
       id ${text} primary key,
       organisation_id ${text} not null,
       source_id ${text} not null references iocs on delete cascade,
       target_id ${text} not null references iocs on delete cascade,
       relation ${text} not null,
       created_at ${text} not null,
       unique (source_id, target_id, relation)
     )`,
    'create index relations_by_target on relations (target_id)',

    `create table jobs (
       id ${text} primary key,
       organisation_id ${text} not null references organisations,
       kind ${text} not null,
       state ${text} not null check (state in ('running', 'paused', 'waiting', 'cancelled', 'finished')),
       options ${text} not null,
       total integer not null,
       done integer not null default 0,
       failed integer not null default 0,
       created_by ${text},
       created_at ${text} not null,
       started_at ${text},
       finished_at ${text},
       resume_at ${text},
       reason ${text}
     )`,
    'create index jobs_by_organisation on jobs (organisation_id, id)',
    'create index jobs_by_state on jobs (state)',

    `create table job_items (
       job_id ${text} not null references jobs on delete cascade,
       position integer not null,
       ioc_id ${text} references iocs on delete set null,
       state ${text} not null check (state in ('open', 'in_work', 'done', 'failed', 'skipped')),
       verdict ${text},
       message ${text},
       lease_until ${text},
       finished_at ${text},
       primary key (job_id, position)
     )`,
    'create index job_items_by_state on job_items (job_id, state, position)',
    'create index job_items_by_ioc on job_items (ioc_id)',

    `create table look_ups (
       organisation_id ${text} not null references organisations,
       day ${text} not null,
       count integer not null,
       primary key (organisation_id, day)
     )`,

    `create table settings (
       key ${text} primary key,
       value ${text} not null
     )`,

    // Without references: what was done stays on record when the user or the organisation is gone.
    `create table audit_log (
       id ${text} primary key,
       at ${text} not null,
       organisation_id ${text},
       user_id ${text},
       actor ${text} not null,
       action ${text} not null,
       subject ${text},
       details ${text} not null,
       address ${text}
     )`,
    'create index audit_log_by_organisation on audit_log (organisation_id, id)',
  ];
}
