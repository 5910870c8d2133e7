import { describe, expect, it } from 'vitest';
import { scanLine } from './scan-line.js';

const MD5 = '44d88612fea8a8f36de82e1278abb02f';
const SHA1 = '3395856ce81f2b7382dee72602f798b642f14140';
const SHA256 = '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f';

function found(line: string): string[] {
  return scanLine(line).flatMap(({ result }) =>
    result.ioc === undefined ? [] : [`${result.ioc.type} ${result.ioc.value}`],
  );
}

function faults(line: string): string[] {
  return scanLine(line).flatMap(({ original, result }) =>
    result.ioc === undefined ? [`${original} ${result.reason}`] : [],
  );
}

describe('what analysts paste', () => {
  it.each<[string, string[]]>([
    // Defanged in every way that is in use.
    ['hxxp://evil.example.com/gate.php', ['url http://evil.example.com/gate.php']],
    ['hXXps://evil[.]example[.]com/Login?User=A', ['url https://evil.example.com/Login?User=A']],
    ['hxxps[:]//evil[.]example[.]com:8443/a', ['url https://evil.example.com:8443/a']],
    ['h**p://evil(.)example(.)com', ['url http://evil.example.com/']],
    ['http[://]evil{.}example{.}com/x', ['url http://evil.example.com/x']],
    ['hxxp:\\\\evil[.]example[.]com\\a', ['url http://evil.example.com/']],
    ['hxxp://198[.]51[.]100[.]3[:]8080/x', ['url http://198.51.100.3:8080/x']],
    ['meow://evil[.]example[.]com/', ['url http://evil.example.com/']],
    ['hxtp://evil.example.com[/]a', ['url http://evil.example.com/a']],
    ['evil[dot]example[dot]com', ['hostname evil.example.com']],
    ['evil (dot) example (dot) com', ['hostname evil.example.com']],
    ['evil [.] com and more', ['domain evil.com']],
    ['evil[.com, other.]net', ['domain evil.com', 'domain other.net']],
    ['evil\\.example\\.com|other\\.net', ['hostname evil.example.com', 'domain other.net']],
    ['198.51.100[.]3 and 198[.]51[.]100[.]4', ['ipv4 198.51.100.3', 'ipv4 198.51.100.4']],
    ['2001[:]db8[:]:1', ['ipv6 2001:db8::1']],
    ['EVIL[.]EXAMPLE[.]COM.', ['hostname evil.example.com']],
    ['ev\u200Bil\u00AD.com', ['domain evil.com']],
    ['setup[.]zip is a domain', ['domain setup.zip']],
    // Logs.
    [
      '198.51.100.3 - - [10/Oct/2025:13:55:36 -0700] "GET /a.php HTTP/1.1" 200 2326 "http://ref.example.com/start.html" "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"',
      ['ipv4 198.51.100.3', 'url http://ref.example.com/start.html'],
    ],
    [
      '%ASA-6-302013: Built outbound TCP connection 1 for outside:198.51.100.3/443 (198.51.100.3/443) to inside:192.168.1.5/51000',
      ['ipv4 198.51.100.3', 'ipv4 198.51.100.3', 'ipv4 192.168.1.5'],
    ],
    [
      '12:34:56.789012 IP 192.168.1.5.51234 > 198.51.100.3.443: Flags [S], seq 1',
      ['ipv4 192.168.1.5', 'ipv4 198.51.100.3'],
    ],
    ['12:34:56 IP6 2001:db8::1.51234 > 2001:db8::2.443: Flags', ['ipv6 2001:db8::1', 'ipv6 2001:db8::2']],
    ['src=198.51.100.3 dst=2001:db8::5 spt=443 proto=tcp', ['ipv4 198.51.100.3', 'ipv6 2001:db8::5']],
    ['ip:198.51.100.3:8080 src:2001:db8::7', ['ipv4 198.51.100.3', 'ipv6 2001:db8::7']],
    ['connect to [2001:db8::1]:443', ['ipv6 2001:db8::1']],
    [
      '{"domain":"evil.com","url":"http:\\/\\/evil.com\\/a.php","md5":"' + MD5 + '"}',
      ['domain evil.com', 'url http://evil.com/a.php', `md5 ${MD5}`],
    ],
    [
      'Received: from mail.evil.com (mail.evil.com [198.51.100.3]) by mx.example.org',
      ['hostname mail.evil.com', 'hostname mail.evil.com', 'ipv4 198.51.100.3', 'hostname mx.example.org'],
    ],
    [
      'named[1]: client @0x7f 198.51.100.3#53 (c2.evil.com): query: c2.evil.com IN A',
      ['ipv4 198.51.100.3', 'hostname c2.evil.com', 'hostname c2.evil.com'],
    ],
    ['localhost/127.0.0.1:9092 and /198.51.100.3:8080', ['ipv4 127.0.0.1', 'ipv4 198.51.100.3']],
    // E-mails: only what stands alone.
    ['Mail from bob@evil.com and alice[@]evil[.]net, see other.org', ['domain other.org']],
    ['Message-ID: <20250101.ABC@mail.evil.com>', []],
    ['ssh root@198.51.100.3', ['ipv4 198.51.100.3']],
    ['mailto:bob@evil.com', []],
    // Markdown, tables, sentences.
    [
      'See [the page](http://evil.com/a_(b)), or (http://evil.com/c).',
      ['url http://evil.com/a_(b)', 'url http://evil.com/c'],
    ],
    ['[http://evil.com/](http://evil.com/)', ['url http://evil.com/', 'url http://evil.com/']],
    [
      '| evil.com | `198.51.100.3` | **' + SHA256 + '** |',
      ['domain evil.com', 'ipv4 198.51.100.3', `sha256 ${SHA256}`],
    ],
    [
      'Was it evil.com? Yes: "evil.com", \'http://evil.com/x\'!',
      ['domain evil.com', 'domain evil.com', 'url http://evil.com/x'],
    ],
    [
      '<a href="http://evil.com/?a=1&amp;b=2">x</a> &lt;http://evil.com/y&gt;',
      ['url http://evil.com/?a=1&b=2', 'url http://evil.com/y'],
    ],
    [
      'http://a.com/1,http://b.com/2;https://c.com/3',
      ['url http://a.com/1', 'url http://b.com/2', 'url https://c.com/3'],
    ],
    ['http://redirect.com/?to=http://evil.com/', ['url http://redirect.com/?to=http://evil.com/']],
    [
      'evil.com/gate.php and 198.51.100.3:8080/x',
      ['url http://evil.com/gate.php', 'url http://198.51.100.3:8080/x'],
    ],
    ['evil.com/evil.net/', ['url http://evil.com/evil.net/']],
    ['evil.com/evil.net', ['domain evil.com', 'domain evil.net']],
    ['tcp://198.51.100.3:443 ftp://evil.com/x.exe', ['ipv4 198.51.100.3', 'domain evil.com']],
    [
      '访问evil.com下载，然后http://evil.com/下载。',
      ['domain evil.com', 'url http://evil.com/%E4%B8%8B%E8%BD%BD'],
    ],
    ['bücher.example xn--bcher-kva.com bücher.com', ['domain xn--bcher-kva.com', 'domain xn--bcher-kva.com']],
    ['see...evil.com...and so on', ['domain evil.com']],
    ['\\\\evil.com\\share and \\\\198.51.100.3\\c$', ['domain evil.com', 'ipv4 198.51.100.3']],
    ['http://[2001:db8::1]:8080/a?B=c#D', ['url http://[2001:db8::1]:8080/a?B=c#D']],
    // Hashes.
    [`MD5: ${MD5.toUpperCase()}`, [`md5 ${MD5}`]],
    [`sha1=${SHA1}; sha256:${SHA256}`, [`sha1 ${SHA1}`, `sha256 ${SHA256}`]],
    [`${SHA256}.exe ${MD5}_unpacked.bin mal-${SHA1}`, [`sha256 ${SHA256}`, `md5 ${MD5}`, `sha1 ${SHA1}`]],
    [`${SHA256}  ./dropper.bin`, [`sha256 ${SHA256}`]],
    [`invoice.pdf|${SHA1}`, [`sha1 ${SHA1}`]],
    [`${SHA256}0 0x${MD5} g${MD5} ${'0'.repeat(32)}`, []],
    // What only looks like IOCs.
    ['invoice.pdf system32.dll readme.md setup.py install.sh archive.tar.gz a.exe', []],
    ['C:\\Windows\\Temp\\evil.com /usr/bin/evil.com ./evil.com', []],
    ['Version 1.2.3.4, v10.0.0.1, build 6.1.7601.17514, curl/8.0.0.1', []],
    ['1.2.3.4.5 1.3.6.1.4.1.311 10.0.19041', []],
    ['System.Net.WebClient ASP.NET System.Net node.js e.g. i.e. U.S. the end.It goes on', []],
    ['window.open(x) std::string a::b 12:34:56 00:11:22:33:44:55', []],
    ['AB:CD:EF:01:23:45:67:89 f0e1d2c3-b4a5-6789-abcd-ef0123456789', []],
    ['DOMAIN\\first.name', []],
    ['198.51.100.1-198.51.100.9', ['ipv4 198.51.100.1', 'ipv4 198.51.100.9']],
    ['198.51.100.3/32 198.51.100.3/24', ['ipv4 198.51.100.3', 'ipv4 198.51.100.3']],
    ['', []],
  ])('%s', (line, expected) => {
    expect(found(line)).toEqual(expected);
  });
});

describe('what people should hear about', () => {
  it.each<[string, string[]]>([
    ['198.51.100.0/24', ['198.51.100.0/24 is a network, not one address']],
    ['2001:db8::/32', ['2001:db8::/32 is a network, not one address']],
    [
      '198.051.100.3',
      ['198.051.100.3 has leading zeros, which some programs read as octal; write it without them'],
    ],
    ['999.1.1.1', ['999.1.1.1 is not an IPv4 address']],
    ['*.evil.com', ['*.evil.com is a wildcard, not one name']],
    ['run setup.zip', ['setup.zip may be a file name; if it is a domain, write it with [.] or as a URL']],
    ['evil[.]bit', ['evil[.]bit ends in .bit, which is not a known top-level domain']],
    ['http://', []],
    ['hxxp://e%zz[.]com/', ['hxxp://e%zz[.]com/ is not a URL']],
    [
      `http://evil.com/${'a'.repeat(5000)}`,
      [`http://evil.com/${'a'.repeat(5000)} is longer than 2048 characters`],
    ],
    [SHA256 + SHA256, [`${SHA256}${SHA256} is a SHA-512 hash, by which VirusTotal does not know files`]],
  ])('%s', (line, expected) => {
    expect(faults(line)).toEqual(expected);
  });

  it('shows what was found as it was written', () => {
    expect(
      scanLine('at hxxp://evil[.]com/a (198[.]51.100.3), evil[.]com').map(({ original }) => original),
    ).toEqual(['hxxp://evil[.]com/a', '198[.]51.100.3', 'evil[.]com']);
  });
});
