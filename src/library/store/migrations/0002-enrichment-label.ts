/** The threat label of each enrichment, so that an IOC can be set back to one; unknown of those from before. */
export function enrichmentLabel(): readonly string[] {
  return ['alter table enrichments add column threat_label text'];
}
