import type { VNode } from 'preact';
import type { Ioc } from '../api.js';

/** The detection ratio as a bar and as text; nothing before the first analysis. */
export function DetectionBar({ ioc }: { readonly ioc: Ioc }): VNode {
  const { malicious, suspicious, engines, ratio } = ioc;
  if (ratio === null || engines === null || engines === 0) return <span class="faint">–</span>;
  const share = (part: number | null): string => `${Math.min(100, ((part ?? 0) / engines) * 100)}%`;
  return (
    <span class="detections">
      <span class="bar" aria-hidden="true">
        <span class="bar-malicious" style={{ width: share(malicious) }} />
        <span class="bar-suspicious" style={{ width: share(suspicious) }} />
      </span>
      <span class="ratio">{ratio}</span>
    </span>
  );
}
