import { canonicalUrl } from '../canonical-url.js';
import {
  type ApiObject,
  badRequest,
  invalidArgument,
  notFound,
  presentDescriptor,
  presentObject,
  selfLink,
  unknownObject,
} from '../envelope.js';
import type { Answer, Exchange, Route, Service } from '../exchange.js';
import { readObjectId, reportTypes, type ReportType } from '../object-id.js';
import { visible } from '../presentation.js';
import { receiveForm, receiveUpload } from '../request-body.js';
import type { Analysis } from '../submissions.js';
import { findReport } from './look-ups.js';

/** Uploading, submitting URLs, asking for another analysis, and following analyses. */
export function submissionRoutes(service: Service): Route[] {
  const { behaviour, submissions } = service;
  const reanalyses = Object.entries(reportTypes).map(([collection, type]): Route => ({
    method: 'POST',
    pattern: `/${collection}/:id/analyse`,
    handle: (exchange) => reanalyse(service, exchange, type),
  }));
  return [
    ...reanalyses,
    {
      method: 'POST',
      pattern: '/files',
      handle: (exchange) => upload(service, exchange, behaviour.maxDirectUploadBytes),
    },
    {
      method: 'GET',
      pattern: '/files/upload_url',
      handle: (exchange) => {
        exchange.spend('file_upload_url');
        const origin = behaviour.uploadUrlOrigin ?? exchange.origin;
        return { data: `${origin}/_ah/upload/${submissions.issueUploadToken(exchange.at)}/` };
      },
    },
    {
      method: 'POST',
      pattern: '/_ah/upload/:token/',
      handle: (exchange) => {
        if (!submissions.redeemUploadToken(exchange.params.token ?? '', exchange.at))
          throw notFound('Upload URL not found');
        return upload(service, exchange, behaviour.maxUploadUrlBytes);
      },
    },
    { method: 'POST', pattern: '/urls', handle: (exchange) => submitUrl(service, exchange) },
    { method: 'GET', pattern: '/analyses/:id', handle: (exchange) => getAnalysis(service, exchange) },
    {
      method: 'GET',
      pattern: '/analyses/:id/item',
      handle: (exchange) => {
        const object = itemOf(service, exchange);
        return { data: presentObject(exchange.origin, visible(service, exchange, object)) };
      },
    },
    {
      method: 'GET',
      pattern: '/analyses/:id/relationships/item',
      handle: (exchange) => ({ data: presentDescriptor(itemOf(service, exchange)) }),
    },
  ];
}

async function upload(service: Service, exchange: Exchange, maxBytes: number): Promise<Answer> {
  const file = await receiveUpload(exchange.request, maxBytes, (bytes) => {
    exchange.received(bytes);
    return service.behaviour.uploadPace(bytes);
  });
  // A file nobody submitted before is free, so the charge waits for its digest.
  if (service.catalog.find('file', file.sha256) !== undefined) exchange.spend('submissions');
  return started(exchange, service.submissions.submitFile(file, exchange.at));
}

async function submitUrl(service: Service, exchange: Exchange): Promise<Answer> {
  const url = (await receiveForm(exchange.request)).get('url');
  if (url === null || url === '') throw badRequest('The field "url" is missing');
  exchange.spend('url_submission');
  const canonical = canonicalUrl(url);
  if (canonical === undefined) throw invalidArgument('Unable to canonicalize url');
  return started(exchange, service.submissions.submitUrl(canonical, exchange.at));
}

/** Domains and addresses can be analysed without having been seen before; files and URLs must be known. */
function reanalyse(service: Service, exchange: Exchange, type: ReportType): Answer {
  const asked = exchange.params.id ?? '';
  exchange.spend(`${type}_analyse`);
  const id = readObjectId(type, asked, service.behaviour);
  const known = service.catalog.find(type, id);
  if (known === undefined && (type === 'file' || type === 'url')) throw unknownObject(type, asked);
  return started(exchange, service.submissions.reanalyse({ type, id: known?.id ?? id }, exchange.at));
}

/** The answer to a submission: id and link of the analysis, no attributes. */
function started(exchange: Exchange, analysis: Analysis): Answer {
  const self = selfLink(exchange.origin, 'analysis', analysis.id);
  return { data: { type: 'analysis', id: analysis.id, links: { self } } };
}

function getAnalysis(service: Service, exchange: Exchange): Answer {
  const analysis = findAnalysis(service, exchange);
  const { subject, id, meta } = analysis;
  const attributes = service.submissions.poll(analysis, exchange.at);
  const links = {
    self: selfLink(exchange.origin, 'analysis', id),
    item: selfLink(exchange.origin, subject.type, subject.id),
  };
  return { ...(meta === undefined ? {} : { meta }), data: { type: 'analysis', id, links, attributes } };
}

/** The analysis asked for. Asking is free for unknown ids and for files nobody submitted before. */
function findAnalysis(service: Service, exchange: Exchange): Analysis {
  const id = exchange.params.id ?? '';
  const analysis = service.submissions.find(id);
  if (analysis === undefined) throw unknownObject('analysis', id);
  if (!analysis.free) exchange.spend('analyses');
  return analysis;
}

function itemOf(service: Service, exchange: Exchange): ApiObject {
  const { subject } = findAnalysis(service, exchange);
  return findReport(service, subject.type, subject.id);
}
