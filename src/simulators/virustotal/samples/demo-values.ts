import type { FileIdentity } from '../report-skeletons.js';
import { identityOf } from './reports.js';

/** A value to ask for in a demonstration. */
export interface DemoValue {
  /** Type of the observable in OpenCTI. */
  readonly observable:
    'StixFile' | 'Artifact' | 'IPv4-Addr' | 'IPv6-Addr' | 'Domain-Name' | 'Hostname' | 'Url';
  /** The value; SHA-256 for files and artifacts. */
  readonly value: string;
  /** Whether {@link demoCatalog} holds a report. */
  readonly known: boolean;
  /** What the demonstration shows with it. */
  readonly about: string;
}

/** The EICAR test file (https://www.eicar.org/download-anti-malware-testfile/): harmless, and detected by all. */
export const eicar: FileIdentity = {
  md5: '44d88612fea8a8f36de82e1278abb02f',
  sha1: '3395856ce81f2b7382dee72602f798b642f14140',
  sha256: '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
  size: 68,
  name: 'eicar.com',
};
export const cleanFile = identityOf('demonstration: clean installer', 'demo-setup.exe');
export const macroDocument = identityOf('demonstration: document with macros', 'invoice-demo.docm');
export const unknownFile = identityOf('demonstration: never submitted', 'unknown.bin');

export const maliciousIp = '1.2.3.4';
export const maliciousDomain = 'evil.example.com';
export const maliciousUrl = 'http://evil.example.com/payload?a=1&b=2';

/** What a demonstration asks for, in a telling order. */
export const demoValues: readonly DemoValue[] = [
  {
    observable: 'StixFile',
    value: eicar.sha256,
    known: true,
    about: 'detected by most engines, with YARA matches',
  },
  { observable: 'StixFile', value: cleanFile.sha256, known: true, about: 'clean, signed installer' },
  {
    observable: 'Artifact',
    value: macroDocument.sha256,
    known: true,
    about: 'suspicious document with macros',
  },
  { observable: 'StixFile', value: unknownFile.sha256, known: false, about: 'never submitted' },
  { observable: 'IPv4-Addr', value: maliciousIp, known: true, about: 'control server' },
  { observable: 'IPv4-Addr', value: '8.8.8.8', known: true, about: 'shared infrastructure, harmless' },
  { observable: 'IPv6-Addr', value: '2001:4860:4860::8888', known: true, about: 'harmless, no certificate' },
  { observable: 'Domain-Name', value: maliciousDomain, known: true, about: 'malware distribution' },
  { observable: 'Hostname', value: 'c2.evil.example.com', known: true, about: 'control server' },
  { observable: 'Domain-Name', value: 'example.com', known: true, about: 'popular and clean' },
  { observable: 'Domain-Name', value: 'unknown.example.com', known: false, about: 'never seen' },
  { observable: 'Url', value: maliciousUrl, known: true, about: 'serves the payload' },
];
