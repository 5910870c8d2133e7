/** Id of the link of a row. */
export function rowLinkId(iocId: string): string {
  return `ioc-${iocId}`;
}

/** Moves the keyboard to the row, if it is on the page. */
export function focusRow(iocId: string): void {
  const link = document.getElementById(rowLinkId(iocId));
  link?.focus();
  link?.scrollIntoView({ block: 'nearest' });
}
