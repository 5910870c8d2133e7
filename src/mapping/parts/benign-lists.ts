/**
 * What any program, and any sandbox, contacts or leaves behind by itself. Kept by hand and on purpose short: a name is on
 * it when the vendor alone decides what it serves, and it says nothing about whoever contacts it. Names where strangers
 * can put something (storage, hosting, redirectors, paste sites, customers of delivery networks) must not be added, however
 * big the vendor.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/**
 * Names that are as harmless to contact, but whose pages lead where strangers want, or show what they made: searches,
 * log-ins with a place to go to afterwards, counters, shops. Of their URLs only the bare one says nothing.
 */
export const BENIGN_SITES = words(`
  google.com www.google.com accounts.google.com tools.google.com clients2.google.com
  www.google-analytics.com ssl.google-analytics.com
  bing.com www.bing.com api.bing.com duckduckgo.com www.duckduckgo.com search.yahoo.com www.yahoo.com yahoo.com
  www.baidu.com baidu.com yandex.ru www.yandex.ru yandex.com www.yandex.com
  login.live.com login.microsoftonline.com www.msn.com ntp.msn.com fedoraproject.org api.snapcraft.io
`);

/** These names themselves, with all their URLs, and nothing below them. Lower case, punycode. */
export const BENIGN_HOSTS = words(`
  clients1.google.com clients3.google.com clients4.google.com
  update.googleapis.com clientservices.googleapis.com safebrowsing.googleapis.com optimizationguide-pa.googleapis.com
  fonts.googleapis.com ajax.googleapis.com microsoft.com www.microsoft.com go.microsoft.com
  settings-win.data.microsoft.com watson.telemetry.microsoft.com vortex.data.microsoft.com oca.telemetry.microsoft.com
  licensing.mp.microsoft.com storeedgefd.dsx.mp.microsoft.com displaycatalog.mp.microsoft.com
  nexusrules.officeapps.live.com ecs.office.com config.edge.skype.com edge.microsoft.com arc.msn.com
  fd.api.iris.microsoft.com smartscreen-prod.microsoft.com nav.smartscreen.microsoft.com
  checkappexec.microsoft.com definitionupdates.microsoft.com wdcp.microsoft.com wdcpalt.microsoft.com
  crl.microsoft.com mscrl.microsoft.com oneocsp.microsoft.com ocsp.msocsp.com
  apple.com www.apple.com captive.apple.com swscan.apple.com swcdn.apple.com swdist.apple.com gdmf.apple.com
  mesu.apple.com xp.apple.com gsp-ssl.ls.apple.com crl.apple.com ocsp.apple.com ocsp2.apple.com valid.apple.com
  cloudflare.com www.cloudflare.com akamai.com www.akamai.com fastly.com www.fastly.com
  detectportal.firefox.com aus5.mozilla.org download.mozilla.org incoming.telemetry.mozilla.org
  firefox.settings.services.mozilla.com content-signature-2.cdn.mozilla.net push.services.mozilla.com
  www.mozilla.org mozilla.org
  connectivitycheck.gstatic.com www.gstatic.com fonts.gstatic.com ssl.gstatic.com connectivitycheck.android.com
  connectivity-check.ubuntu.com nmcheck.gnome.org ping.archlinux.org network-test.debian.org
  archive.ubuntu.com security.ubuntu.com ntp.ubuntu.com motd.ubuntu.com changelogs.ubuntu.com
  deb.debian.org security.debian.org ftp.debian.org
  time.windows.com time.apple.com time.google.com time.cloudflare.com time.nist.gov time.android.com
  dns.google one.one.one.one dns.quad9.net dns.opendns.com doh.opendns.com resolver1.opendns.com
  resolver2.opendns.com resolver3.opendns.com resolver4.opendns.com myip.opendns.com dns.adguard-dns.com
  ocsp.sectigo.com crl.sectigo.com crt.sectigo.com ocsp.comodoca.com crl.comodoca.com crt.comodoca.com
  ocsp.usertrust.com crl.usertrust.com crt.usertrust.com ocsp.trust-provider.com ocsp.entrust.net crl.entrust.net
  aia.entrust.net ocsp.godaddy.com crl.godaddy.com certificates.godaddy.com ocsp.starfieldtech.com
  crl.starfieldtech.com certificates.starfieldtech.com crl.identrust.com apps.identrust.com
  commercial.ocsp.identrust.com isrg.trustid.ocsp.identrust.com crl.globalsign.com crl.globalsign.net
  ocsp.globalsign.com ocsp2.globalsign.com secure.globalsign.com crl.certum.pl repository.certum.pl crls.ssl.com
  ocsps.ssl.com ocsp.quovadisglobal.com crl.quovadisglobal.com ocsp.verisign.com crl.verisign.com
  csc3-2010-crl.verisign.com ocsp.thawte.com crl.thawte.com ts-ocsp.ws.symantec.com ts-crl.ws.symantec.com
  ocsp.buypass.com crl.buypass.no ocsp.swisssign.net crl.swisssign.net ocsp.accv.es ocsp.telesec.de
`);

/** These names and everything below them. */
export const BENIGN_DOMAINS = words(`
  windowsupdate.com update.microsoft.com delivery.mp.microsoft.com do.dsp.mp.microsoft.com events.data.microsoft.com
  msftncsi.com msftconnecttest.com msedge.api.cdp.microsoft.com
  ntp.org cloudflare-dns.com
  digicert.com lencr.org pki.goog amazontrust.com symcb.com symcd.com ocsp-certum.com
`);

/** Public resolvers and time servers, in canonical form. */
export const BENIGN_ADDRESSES = words(`
  8.8.8.8 8.8.4.4 2001:4860:4860::8888 2001:4860:4860::8844
  1.1.1.1 1.0.0.1 1.1.1.2 1.0.0.2 1.1.1.3 1.0.0.3 2606:4700:4700::1111 2606:4700:4700::1001
  2606:4700:4700::1112 2606:4700:4700::1002 2606:4700:4700::1113 2606:4700:4700::1003
  9.9.9.9 149.112.112.112 9.9.9.10 149.112.112.10 9.9.9.11 149.112.112.11
  2620:fe::fe 2620:fe::9 2620:fe::10 2620:fe::fe:10 2620:fe::11 2620:fe::fe:11
  208.67.222.222 208.67.220.220 208.67.222.123 208.67.220.123 208.67.222.220 208.67.220.222
  2620:119:35::35 2620:119:53::53
  4.2.2.1 4.2.2.2 4.2.2.3 4.2.2.4 4.2.2.5 4.2.2.6 64.6.64.6 64.6.65.6 8.26.56.26 8.20.247.20
  94.140.14.14 94.140.15.15 94.140.14.15 94.140.15.16 2a10:50c0::ad1:ff 2a10:50c0::ad2:ff
  185.228.168.9 185.228.169.9 185.228.168.10 185.228.169.11 185.228.168.168 185.228.169.168
  77.88.8.8 77.88.8.1 77.88.8.88 77.88.8.2 77.88.8.7 77.88.8.3 114.114.114.114 114.114.115.115
  223.5.5.5 223.6.6.6 119.29.29.29 101.101.101.101 101.102.103.104
  162.159.200.1 162.159.200.123 216.239.35.0 216.239.35.4 216.239.35.8 216.239.35.12
`);

/** SHA-256 of files that hold nothing, and of the mark that Windows sets on what was downloaded. */
export const BENIGN_FILES = words(`
  e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
  01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b
  7eb70257593da06f682a3ddda54a9d260d4fc514f645237f5ca74b08f8da61a6
  44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
  4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945
  42225763e4a9610ae3260709b3da1a23a2d3aa0f06c17edf1332d5982a939575
  eacd09517ce90d34ba562171d15ac40d302f0e691b439f91be1b6406e25f5913
`);
