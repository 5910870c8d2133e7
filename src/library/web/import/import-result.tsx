import type { VNode } from 'preact';
import { useLocation } from 'wouter-preact';
import type { ImportResult } from '../api.js';
import { count } from '../logic/words.js';
import { Button } from '../parts/button.js';

interface ImportResultProps {
  readonly result: ImportResult;
  readonly onClose: () => void;
}

export function ImportResultStep({ result, onClose }: ImportResultProps): VNode {
  const [, navigate] = useLocation();
  const { jobId, notice } = result;
  return (
    <div class="import-done">
      <p class="import-number" role="status">
        <strong>{count(result.created, 'new IOC')}</strong>
        {result.known > 0 && `, ${result.known} known already`}
      </p>
      {jobId !== undefined && (
        <p>
          They are looked up on VirusTotal as quota and budget allow; the enrichment says when it goes on if
          it has to wait.
        </p>
      )}
      {notice !== undefined && <p role="alert">They are not looked up: {notice}</p>}
      <div class="form-foot">
        {jobId !== undefined && (
          <Button
            onClick={() => {
              onClose();
              navigate(`/jobs/${jobId}`);
            }}
          >
            Watch the enrichment
          </Button>
        )}
        <Button kind="primary" onClick={onClose}>
          To the list
        </Button>
      </div>
    </div>
  );
}
