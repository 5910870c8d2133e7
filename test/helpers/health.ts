/** What the connector says of its parts. */
export interface ReportedHealth {
  readonly status: string;
  readonly parts: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

/** Asks the health endpoint of a connector that runs on this machine. */
export async function healthOf(port: number | string | undefined): Promise<ReportedHealth> {
  const response = await fetch(`http://127.0.0.1:${String(port)}/health`);
  return (await response.json()) as ReportedHealth;
}
