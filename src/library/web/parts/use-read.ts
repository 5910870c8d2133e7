import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../client.js';
import { faultText } from '../state/toasts.js';

interface Read<T> {
  readonly value: T | undefined;
  readonly fault: string | null;
  /** Of the answer that is the fault; 0 when there was none. */
  readonly status: number;
  readonly again: () => void;
  readonly put: (value: T) => void;
}

/** Reads something from the server when the view appears, and anew when the key changes. */
export function useRead<T>(key: string, read: (signal: AbortSignal) => Promise<T>): Read<T> {
  const [state, setState] = useState<Pick<Read<T>, 'value' | 'fault' | 'status'>>({
    value: undefined,
    fault: null,
    status: 0,
  });
  const reader = useRef(read);
  reader.current = read;
  const abort = useRef(new AbortController());
  const again = useCallback(() => {
    abort.current.abort();
    const controller = new AbortController();
    abort.current = controller;
    reader.current(controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) setState({ value, fault: null, status: 0 });
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        const status = error instanceof ApiError ? error.status : 0;
        setState({ value: undefined, fault: faultText(error), status });
      },
    );
  }, []);
  useEffect(() => {
    setState({ value: undefined, fault: null, status: 0 });
    again();
    return () => {
      abort.current.abort();
    };
  }, [key, again]);
  const put = useCallback((value: T) => {
    setState({ value, fault: null, status: 0 });
  }, []);
  return { ...state, again, put };
}
