import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { faultText } from '../state/toasts.js';

interface Read<T> {
  readonly value: T | undefined;
  readonly fault: string | null;
  readonly again: () => void;
  readonly put: (value: T) => void;
}

/** Reads something from the server when the view appears, and anew when the key changes. */
export function useRead<T>(key: string, read: (signal: AbortSignal) => Promise<T>): Read<T> {
  const [state, setState] = useState<{ value: T | undefined; fault: string | null }>({
    value: undefined,
    fault: null,
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
        if (!controller.signal.aborted) setState({ value, fault: null });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setState({ value: undefined, fault: faultText(error) });
      },
    );
  }, []);
  useEffect(() => {
    setState({ value: undefined, fault: null });
    again();
    return () => {
      abort.current.abort();
    };
  }, [key, again]);
  const put = useCallback((value: T) => {
    setState({ value, fault: null });
  }, []);
  return { ...state, again, put };
}
