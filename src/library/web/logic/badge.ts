import type { Ioc } from '../api.js';

/** How a verdict looks: the tone colours, the icon and the text say the same without colour. */
export interface Badge {
  readonly tone: 'clean' | 'suspicious' | 'malicious' | 'unknown' | 'none';
  readonly text: string;
  /** For a screen reader and as a tooltip. */
  readonly meaning: string;
}

/** The badge of an IOC: "Clean" green, "Suspicious" yellow, "45/72" red, "Unknown" grey, or not enriched. */
export function badgeOf(ioc: Pick<Ioc, 'verdict' | 'ratio'>): Badge {
  const of = ioc.ratio === null ? '' : `: ${ioc.ratio.replace('/', ' of ')} engines say malicious`;
  switch (ioc.verdict) {
    case null:
      return { tone: 'none', text: 'Not enriched', meaning: 'Not looked up on VirusTotal yet' };
    case 'clean':
      return { tone: 'clean', text: 'Clean', meaning: `Clean${of}` };
    case 'suspicious':
      return { tone: 'suspicious', text: 'Suspicious', meaning: `Suspicious${of}` };
    case 'malicious':
      return { tone: 'malicious', text: ioc.ratio ?? 'Malicious', meaning: `Malicious${of}` };
    case 'unknown':
      return { tone: 'unknown', text: 'Unknown', meaning: 'Unknown: VirusTotal has no analysis of it' };
  }
}
