/**
 * Whose name servers answer for so many domains that they say nothing about one: below these names, or with these words
 * in front of a number as in `ns-1780.awsdns-30.co.uk`.
 */
const PROVIDERS: ReadonlySet<string> = new Set(
  `akam.net akamaiedge.net alidns.com azure-dns.com azure-dns.info azure-dns.net azure-dns.org bluehost.com
  cloudflare.com cloudns.net digitalocean.com dnsimple.com dnsmadeeasy.com dnspod.net domaincontrol.com dreamhost.com
  dynect.net gandi.net google.com googledomains.com hetzner.com hichina.com hostgator.com hostinger.com
  hover.com linode.com markmonitor.com name-services.com name.com namebrightdns.com nsone.net ovh.ca ovh.net
  parkingcrew.net porkbun.com registrar-servers.com rzone.de sedoparking.com squarespacedns.com transip.net
  ui-dns.biz ui-dns.com ui-dns.de ui-dns.org ultradns.biz ultradns.com ultradns.info ultradns.net ultradns.org
  vercel-dns.com wixdns.net wordpress.com worldnic.com yandex.net`.split(/\s+/),
);

/** Whether the name server is one of a provider that serves everybody. `host` in lower case. */
export function isMassDnsProvider(host: string): boolean {
  const labels = host.split('.');
  return labels.some(
    (label, index) =>
      PROVIDERS.has(labels.slice(index).join('.')) || /^(?:awsdns|azure-dns)-?\d*$/.test(label),
  );
}
