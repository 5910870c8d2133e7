/** How many objects there are beyond those that are at hand, for the Note: `at least 17 more in VirusTotal`. */
export function moreInVirusTotal(count: number, isLeast: boolean): string {
  return `${isLeast ? 'at least ' : ''}${count} more in VirusTotal`;
}
