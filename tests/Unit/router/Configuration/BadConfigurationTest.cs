using Router.Configuration;
using static Unit.Configuration.Loading;

namespace Unit.Configuration;

/// <summary>Bad configurations, and the exact lines that they get.</summary>
public sealed class BadConfigurationTest
{
    [Theory]
    [InlineData("", "router.jsonc:1:1  not JSON: The input does not contain any JSON tokens. Expected the input to start with a valid JSON token, when isFinalBlock is true; mend the syntax; comments and trailing commas are allowed")]
    [InlineData("{\n  \"Interfaces\": [\n    { \"Name\" \"lan\" } ] }", "router.jsonc:3:14  not JSON: '\"' is invalid after a property name. Expected a ':'; mend the syntax; comments and trailing commas are allowed")]
    [InlineData("[]", "router.jsonc:1:1  is a list, not a section; write it as { ... }")]
    [InlineData("{}", "router.jsonc:1:1  Interfaces  is missing; the configuration needs it: add \"Interfaces\"")]
    [InlineData("{ \"Interfaces\": [] }", "router.jsonc:1:3  Interfaces  is empty; give it one item at least")]
    public void A_file_that_is_none(string text, string error) => AssertLines([error], Errors(text));

    [Fact]
    public void Bytes_that_are_not_utf8_have_their_place() => AssertLines(
        ["router.jsonc:2:3  the file is not UTF-8; save it as UTF-8"],
        ConfigurationLoader.Load(new("router.jsonc"), [(byte)'{', (byte)'\n', (byte)' ', (byte)' ', 0xff, (byte)'}']).Errors.Select(error => $"{error}"));

    // Each line is: sections at the end of a valid file (column 3 of line 3 on) => the error without the file's name.
    [Theory]
    [InlineData("""  "Route": [] """, "3:5  Route  'Route' is not a key of the configuration; did you mean Routes?")]
    [InlineData("""  "Frobnicate": 1 """, "3:5  Frobnicate  'Frobnicate' is not a key of the configuration in this version; its keys are Interfaces, MssClamping, BusyPollMicroseconds, Routes, Nat, Firewall, Sessions, Op25b, Metrics, Control, State, Privacy, MappingLog, Log")]
    [InlineData("""  "MssClamping": "maybe" """, "3:5  MssClamping  is a text, not true or false; write true or false without quotes")]
    [InlineData("""  "BusyPollMicroseconds": 100001 """, "3:5  BusyPollMicroseconds  100001 is out of range; use a whole number from 0 to 100000")]
    [InlineData("""  "metrics": { "Listen": "127.0.0.1:0" } """, "3:5  metrics  the key differs from 'Metrics' in case; write Metrics")]
    [InlineData("""  "State": {}, "State": {} """, "3:18  State  the key is there twice, first at line 3; take one of them out")]
    [InlineData("""  "State": {}, "state": {} """, "3:18  state  the key differs only in case from 'State', first at line 3; take one of them out")]
    [InlineData("""  "PortForwards": [] """, "3:5  PortForwards  'PortForwards' is not a key of the configuration; did you mean Nat:PortForwards?")]
    [InlineData("""  "Nat": { "PortForwards": [] } """, "3:5  Nat:Addresses  is missing; Nat needs it: add \"Addresses\"")]
    [InlineData("""  "Nat": null """, "3:5  Nat  is null; give it a value, or leave the key out")]
    [InlineData("""  "Sessions": { "Capacity": "2048" } """, "3:19  Sessions:Capacity  is a text, not a number; write the number without quotes")]
    [InlineData("""  "Sessions": { "Capacity": 12 } """, "3:19  Sessions:Capacity  12 is out of range; use a whole number from 1024 to 16777216")]
    [InlineData("""  "Sessions": { "Capacity": 2048.5 } """, "3:19  Sessions:Capacity  '2048.5' is not a whole number; use a whole number from 1024 to 16777216")]
    [InlineData("""  "Metrics": { "Listen": "localhost:9125" } """, "3:18  Metrics:Listen  'localhost:9125' is not an address and port; write it as 127.0.0.1:9125 or [::1]:9125")]
    [InlineData("""  "Control": { "Group": "net ops" } """, "3:18  Control:Group  'net ops' is not the name or number of a group; use a name that 'getent group' shows")]
    [InlineData("""  "Control": { "Socket": "control.sock" } """, "3:18  Control:Socket  'control.sock' is not an absolute path; begin it with /")]
    [InlineData("""  "Op25b": { "Port": 26 } """, "3:16  Op25b:Port  'Port' is not a key of Op25b; take it out: the blocked port is 25 and cannot be changed; 587 and 465 stay open (RFC 5068)")]
    public void Keys_and_kinds(string sections, string error) => AssertOne(sections, error);

    private const string Translated = "\"Nat\": { \"Addresses\": [\"203.0.113.2\"] }, ";

    [Theory]
    [InlineData("""  "MappingLog": { "File": { "Directory": "/var/log/x" } } """, "3:5  MappingLog  nothing is translated, so there is nothing to log; add Nat, or take MappingLog out")]
    [InlineData(Translated + """  "MappingLog": { "Records": "Mappings" } """, "3:46  MappingLog  nobody keeps what is logged; add Ipfix with a Collector, or File with a Directory")]
    [InlineData(Translated + """  "MappingLog": { "Ipfix": {} } """, "3:62  MappingLog:Ipfix:Collector  is missing; Ipfix needs it: add \"Collector\"")]
    [InlineData(Translated + """  "MappingLog": { "Ipfix": { "Collector": "203.0.113.9" } } """, "3:73  MappingLog:Ipfix:Collector  '203.0.113.9' is not an address and port; write it as 198.51.100.9:4739 or [2001:db8:25:2::9]:4739")]
    [InlineData(Translated + """  "MappingLog": { "Ipfix": { "Collector": "203.0.113.9:0" } } """, "3:73  MappingLog:Ipfix:Collector  '203.0.113.9:0' has port 0; use the collector's port; IPFIX's own is 4739")]
    [InlineData(Translated + """  "MappingLog": { "Ipfix": { "Collector": "192.168.25.1:4739" } } """, "3:73  MappingLog:Ipfix:Collector  192.168.25.1 is the router's own address on 'lan'; use the collector's address, which the router's machine must reach by its own network")]
    [InlineData(Translated + """  "MappingLog": { "Ipfix": { "Collector": "224.0.0.1:4739" } } """, "3:73  MappingLog:Ipfix:Collector  224.0.0.1 is no host's address; use the collector's unicast address")]
    [InlineData(Translated + """  "MappingLog": { "File": { "Directory": "logs" } } """, "3:72  MappingLog:File:Directory  'logs' is not an absolute path; begin it with /")]
    [InlineData(Translated + """  "MappingLog": { "File": { "Directory": "/x", "KeepMebibytes": 8 } } """, "3:91  MappingLog:File:KeepMebibytes  8 MiB are kept, and one file may have 16; keep more, or rotate sooner by RotateMebibytes")]
    [InlineData(Translated + """  "Privacy": "Carrier", "MappingLog": { "Records": "Sessions", "File": { "Directory": "/x" } } """, "3:84  MappingLog:Records  Sessions says who spoke to whom, which Privacy Carrier does not allow; use Mappings (RFC 6888 REQ-12)")]
    [InlineData("""  "Privacy": "None" """, "3:5  Privacy  'None' is not a preset; use Campus or Carrier")]
    [InlineData("""  "Log": { "Format": "json" } """, "3:14  Log:Format  'json' is not a format; use Auto, Console, Journal or Json")]
    public void Logs(string sections, string error) => AssertOne(sections, error);

    [Theory]
    [InlineData("""  "Routes": [{ "Destination": "10.1.2.3/8", "Via": "203.0.113.1" }] """, "3:18  Routes:0:Destination  '10.1.2.3/8' has host bits set; use 10.0.0.0/8, or 10.1.2.3 alone")]
    [InlineData("""  "Routes": [{ "Destination": "10.0.0.0/8", "Via": "203.0.113" }] """, "3:47  Routes:0:Via  '203.0.113' is not an address; write it as 198.51.100.25 or 2001:db8:25:2::25")]
    [InlineData("""  "Routes": [{ "Destination": "10.0.0.0/8", "Via": "192.0.2.1" }] """, "3:47  Routes:0:Via  192.0.2.1 is in no prefix of an interface; use a neighbour's address, in 192.168.25.0/24 or 203.0.113.0/24")]
    [InlineData("""  "Routes": [{ "Destination": "10.0.0.0/8", "Via": "203.0.113.2" }] """, "3:47  Routes:0:Via  203.0.113.2 is the router's own address on 'wan'; use the neighbour's address")]
    [InlineData("""  "Routes": [{ "Destination": "10.0.0.0/8", "Via": "203.0.113.255" }] """, "3:47  Routes:0:Via  203.0.113.255 is the network or broadcast address of 203.0.113.0/24; use the neighbour's address")]
    [InlineData("""  "Routes": [{ "Destination": "::/0", "Via": "203.0.113.1" }] """, "3:41  Routes:0:Via  203.0.113.1 is of another family than ::/0; route each family by its own next hop")]
    [InlineData("""  "Routes": [{ "Destination": "::/0", "Via": "fe80::1" }] """, "3:41  Routes:0:Via  fe80::1 is link-local: it does not say on which link; name the link in \"Interface\"")]
    [InlineData("""  "Routes": [{ "Destination": "::/0", "Via": "fe80::1", "Interface": "wam" }] """, "3:59  Routes:0:Interface  'wam' is not an interface; did you mean wan?")]
    [InlineData("""  "Routes": [{ "Destination": "::/0", "Via": "2001:db8:25:3::1", "Interface": "lan" }] """, "3:41  Routes:0:Via  2001:db8:25:3::1 is on 'wan', not on 'lan'; correct the interface, or leave it out")]
    [InlineData("""  "Routes": [{ "Destination": "192.168.25.0/24", "Via": "203.0.113.1" }] """, "3:18  Routes:0:Destination  192.168.25.0/24 is connected to 'lan'; take the route out")]
    [InlineData("""  "Routes": [{ "Destination": "10.0.0.0/8", "Via": "203.0.113.1" }, { "Destination": "10.0.0.0/8", "Via": "203.0.113.9" }] """, "3:73  Routes:1:Destination  10.0.0.0/8 is already routed by Routes:0; keep one of the two, or give the one to be used second a higher \"Priority\"")]
    [InlineData("""  "Routes": [{ "Destination": "10.0.0.0/8", "Via": "203.0.113.1" }, { "Destination": "10.0.0.0/8", "Via": "203.0.113.1", "Priority": 1 }] """, "3:102  Routes:1:Via  203.0.113.1 is already a next hop to 10.0.0.0/8, at Routes:0; keep one of the two")]
    [InlineData("""  "Routes": [{ "Destination": "10.0.0.0/8", "Via": "203.0.113.1", "Priority": -1 }] """, "3:69  Routes:0:Priority  -1 is out of range; use a whole number from 0 to 65535")]
    public void Routes(string sections, string error) => AssertOne(sections, error);

    [Theory]
    [InlineData("""  "Nat": { "Addresses": ["192.168.25.7"] } """, "3:28  Nat:Addresses:0  192.168.25.7 is in 192.168.25.0/24 of 'lan', which is inside; use an address of the Wan side")]
    [InlineData("""  "Nat": { "Addresses": ["2001:db8::1"] } """, "3:28  Nat:Addresses:0  2001:db8::1 is not IPv4; IPv6 is routed, not translated: take it out")]
    [InlineData("""  "Nat": { "Addresses": ["203.0.113.2"], "PortForwards": [{ "Protocol": "Tcp", "Port": 0, "To": "192.168.25.20:25" }] } """, "3:82  Nat:PortForwards:0:Port  0 is out of range; use a whole number from 1 to 65535")]
    [InlineData("""  "Nat": { "Addresses": ["203.0.113.2"], "PortForwards": [{ "Protocol": "tcp", "Port": 25, "To": "192.168.25.20:25" }] } """, "3:63  Nat:PortForwards:0:Protocol  'tcp' is not a protocol; use Tcp or Udp")]
    [InlineData("""  "Nat": { "Addresses": ["203.0.113.2"], "PortForwards": [{ "Protocol": "Tcp", "Port": 25, "To": "192.168.25.20" }] } """, "3:94  Nat:PortForwards:0:To  '192.168.25.20' is not an address and port; write it as 192.168.25.20:25")]
    [InlineData("""  "Nat": { "Addresses": ["203.0.113.2"], "PortForwards": [{ "Protocol": "Tcp", "Port": 25, "To": "203.0.113.9:25" }] } """, "3:94  Nat:PortForwards:0:To  203.0.113.9 is on no inside interface; use the address of a host behind a Lan or Servers interface")]
    [InlineData("""  "Nat": { "Addresses": ["203.0.113.2"], "PortForwards": [{ "Protocol": "Tcp", "Port": 25, "To": "192.168.25.1:25" }] } """, "3:94  Nat:PortForwards:0:To  192.168.25.1 is the router's own address on 'lan'; use the host's address")]
    [InlineData("""  "Nat": { "Addresses": ["203.0.113.2"], "PortForwards": [{ "Protocol": "Tcp", "Port": 25, "To": "192.168.25.9:25", "Address": "203.0.113.3" }] } """, "3:119  Nat:PortForwards:0:Address  203.0.113.3 is not one of Nat:Addresses; use 203.0.113.2, or leave it out")]
    [InlineData("""  "Nat": { "Addresses": ["203.0.113.2"], "PortForwards": [{ "Protocol": "Tcp", "Port": 25, "To": "192.168.25.9:25", "Address": "203.0.113.2" }, { "Protocol": "Tcp", "Port": 25, "To": "192.168.25.8:25" }] } """, "3:168  Nat:PortForwards:1:Port  Tcp port 25 is already forwarded by Nat:PortForwards:0; use another port, or another \"Address\"")]
    [InlineData("""  "Nat": { "Addresses": ["203.0.113.2"], "Filtering": "None" } """, "3:44  Nat:Filtering  'None' is not a filtering; use EndpointIndependent, AddressDependent or AddressAndPortDependent")]
    [InlineData("""  "Nat": { "Addresses": ["203.0.113.2"], "ExemptDestinations": ["10.0.0.0/8", "2001:db8::/32"] } """, "3:81  Nat:ExemptDestinations:1  2001:db8::/32 is not IPv4; IPv6 is routed, not translated: take it out")]
    [InlineData("""  "Nat": { "Addresses": ["203.0.113.2"], "ExemptDestinations": ["10.0.0.0/8", "10.0.0.0/8"] } """, "3:81  Nat:ExemptDestinations:1  10.0.0.0/8 is there twice; keep one of the two")]
    [InlineData("""  "Nat": { "Addresses": ["203.0.113.2"], "PortForwards": [{ "Protocol": "Tcp", "Port": 25, "LastPort": 24, "To": "192.168.25.9:25" }] } """, "3:94  Nat:PortForwards:0:LastPort  24 is before the range's first port, 25; use a port that is not below \"Port\", or leave it out")]
    [InlineData("""  "Nat": { "Addresses": ["203.0.113.2"], "PortForwards": [{ "Protocol": "Tcp", "Port": 5000, "LastPort": 5010, "To": "192.168.25.9:65530" }] } """, "3:96  Nat:PortForwards:0:LastPort  the range has 11 ports, and there are fewer from 65530 on; use a shorter range, or a lower port in \"To\"")]
    [InlineData("""  "Nat": { "Addresses": ["203.0.113.2"], "PortForwards": [{ "Protocol": "Tcp", "Port": 5000, "LastPort": 5010, "To": "192.168.25.9:1" }, { "Protocol": "Tcp", "Port": 5010, "To": "192.168.25.9:2" }] } """, "3:161  Nat:PortForwards:1:Port  Tcp port 5010 is already forwarded by Nat:PortForwards:0; use another port, or another \"Address\"")]
    [InlineData("""  "Sessions": { "PerSubscriber": { "Ports": 0 } } """, "3:38  Sessions:PerSubscriber:Ports  0 is out of range; use a whole number from 1 to 65535")]
    [InlineData("""  "Firewall": { "Inbound": [{ "Protocol": "Tcp", "To": "203.0.113.9", "Ports": [25] }] } """, "3:52  Firewall:Inbound:0:To  203.0.113.9 is on no inside interface; use the address of a host behind a Lan or Servers interface; what leaves needs no rule")]
    [InlineData("""  "Firewall": { "Inbound": [{ "Protocol": "Tcp", "To": "192.168.25.9", "Ports": [] }] } """, "3:74  Firewall:Inbound:0:Ports  is empty; give it one item at least")]
    [InlineData("""  "Firewall": { "Inbound": [{ "Protocol": "Tcp", "To": "192.168.25.9", "Ports": [25, 65536] }] } """, "3:88  Firewall:Inbound:0:Ports:1  65536 is out of range; use a whole number from 1 to 65535")]
    public void Translation_and_firewall(string sections, string error) => AssertOne(sections, error);

    [Theory]
    [InlineData("""  "Op25b": { "Groups": [{ "Name": "ungrouped", "Sources": ["10.0.0.0/8"] }] } """, "3:29  Op25b:Groups:0:Name  'ungrouped' is reserved: it is what a group is called where there is none; choose another name")]
    [InlineData("""  "Op25b": { "Groups": [{ "Name": "a", "Sources": ["10.0.0.0/8"] }, { "Name": "a", "Sources": ["10.1.0.0/16"] }] } """, "3:73  Op25b:Groups:1:Name  'a' is already the name at Op25b:Groups:0:Name; give a group a name of its own")]
    [InlineData("""  "Op25b": { "Groups": [{ "Name": "a", "Sources": ["10.0.0.0/8"] }, { "Name": "b", "Sources": ["10.0.0.0/8"] }] } """, "3:98  Op25b:Groups:1:Sources:0  10.0.0.0/8 is already in group 'a', at Op25b:Groups:0:Sources:0; keep it in one group: the longest prefix decides, and these are equal")]
    [InlineData("""  "Op25b": { "Groups": [{ "Name": "a", "Sources": ["192.168.25.7/24"] }] } """, "3:54  Op25b:Groups:0:Sources:0  '192.168.25.7/24' has host bits set; use 192.168.25.0/24, or 192.168.25.7 alone")]
    [InlineData("""  "Op25b": { "Groups": [{ "Name": "a", "Sources": ["10.0.0.0/8"], "Exempt": "yes" }] } """, "3:69  Op25b:Groups:0:Exempt  is a text, not true or false; write true or false without quotes")]
    [InlineData("""  "Op25b": { "OwnMailServers": { "Addresses": ["mail.example"] } } """, "3:50  Op25b:OwnMailServers:Addresses:0  'mail.example' is not an address; write it as 198.51.100.25 or 2001:db8:25:2::25")]
    [InlineData("""  "Op25b": { "Phases": [{ "Name": "a", "From": "2008-04-01T11:00:00", "Mode": "Block" }] } """, "3:42  Op25b:Phases:0:From  '2008-04-01T11:00:00' has no zone; add the offset, as in 2008-04-01T11:00:00+09:00, or Z")]
    [InlineData("""  "Op25b": { "Phases": [{ "Name": "a", "From": "1 April", "Mode": "Block" }] } """, "3:42  Op25b:Phases:0:From  '1 April' is not a time; write it as 2008-04-01T11:00:00+09:00, with the offset or Z")]
    [InlineData("""  "Op25b": { "Groups": [{ "Name": "a", "Sources": ["10.0.0.0/8"], "Exempt": true }] } """, "3:69  Op25b:Groups:0:Exempt  group 'a' is exempt without a reason; add \"Reason\", as in \"Reason\": \"fixed-address contract\"")]
    [InlineData("""  "Op25b": { "Alerts": { "Command": ["notify", "me"] } } """, "3:40  Op25b:Alerts:Command:0  'notify' is not an absolute path; name the program by its whole path, and give each argument as an item of its own: no shell is used")]
    [InlineData("""  "Op25b": { "Phases": [{ "Name": "a", "From": "2008-04-01T11:00:00Z", "Mode": "Block", "Only": ["x"] }] } """, "3:100  Op25b:Phases:0:Only:0  there is no destination set 'x'; add it to Op25b:DestinationSets")]
    [InlineData("""  "Op25b": { "DestinationSets": { "y": ["203.0.113.26"] }, "Phases": [{ "Name": "a", "From": "2008-04-01T11:00:00Z", "Mode": "Block", "Only": ["y", "x"] }] } """, "3:151  Op25b:Phases:0:Only:1  there is no destination set 'x'; use y, or add it to Op25b:DestinationSets")]
    [InlineData("""  "Op25b": { "Phases": [{ "Name": "a", "From": "2008-04-01T11:00:00Z", "Mode": "Block", "Groups": ["x"] }] } """, "3:102  Op25b:Phases:0:Groups:0  there is no group 'x'; use ungrouped, or add it to Op25b:Groups")]
    [InlineData("""  "Op25b": { "Phases": [{ "Name": "a", "From": "2008-04-01T11:00:00Z", "Mode": "Limit", "SessionsPerMinute": 0 }] } """, "3:91  Op25b:Phases:0:SessionsPerMinute  0 is out of range; use a whole number from 1 to 1000")]
    [InlineData("""  "Op25b": { "Phases": [{ "Name": "a", "From": "2008-04-01T11:00:00Z", "Mode": "Block", "OpenSessions": "Keep" }] } """, "3:91  Op25b:Phases:0:OpenSessions  'Keep' is not a way with open sessions; use Kill or Drain")]
    [InlineData("""  "Op25b": { "Phases": [{ "Name": "a", "From": "2008-04-01T11:00:00Z", "Mode": "Blocked" }] } """, "3:74  Op25b:Phases:0:Mode  'Blocked' is not a mode; use Off, Monitor, Limit or Block")]
    [InlineData("""  "Op25b": { "Phases": [{ "Name": "a", "From": "2008-04-01T11:00:00Z", "Mode": "Block", "Action": "Bounce" }] } """, "3:91  Op25b:Phases:0:Action  'Bounce' is not an action; use Drop, Icmp, Reset or SmtpReply")]
    [InlineData("""  "Op25b": { "SmtpReply": { "Language": "Nihongo" } } """, "3:31  Op25b:SmtpReply:Language  'Nihongo' is not a language; use English, Japanese or Both")]
    [InlineData("""  "Op25b": { "SmtpReply": { "Text": ["\u9001\u4fe1\u3067\u304d\u307e\u305b\u3093"] } } """, "3:40  Op25b:SmtpReply:Text:0  has characters that are not ASCII, which an SMTP greeting cannot carry (RFC 5321 section 4.2); write it in Latin letters, and let HelpUrl lead to a page in your language")]
    [InlineData("""  "Op25b": { "SmtpReply": { "Text": ["a\r\n220 b"] } } """, "3:40  Op25b:SmtpReply:Text:0  'a\r\n220 b' is not a line; use printable characters, without spaces at its ends")]
    [InlineData("""  "Op25b": { "SmtpReply": { "Text": [""] } } """, "3:40  Op25b:SmtpReply:Text:0  '' is not a line; use printable characters, without spaces at its ends")]
    [InlineData("""  "Op25b": { "SmtpReply": { "Text": ["for {host}"] } } """, "3:40  Op25b:SmtpReply:Text:0  '{host}' is not a placeholder; use {address}, {port} or {server}")]
    [InlineData("""  "Op25b": { "SmtpReply": { "HelpUrl": "ftp://a.example/" } } """, "3:31  Op25b:SmtpReply:HelpUrl  'ftp://a.example/' is not a URL; write it as https://www.seikyou.example/port25, in ASCII")]
    [InlineData("""  "Op25b": { "SmtpReply": { "HelpUrl": "https://a.example/?q={q}" } } """, "3:31  Op25b:SmtpReply:HelpUrl  '{q}' is not a placeholder; use {address}, {port} or {server}")]
    [InlineData("""  "Op25b": { "SmtpReply": { "Text": ["{address} {address} {address} {address} {address} {address} {address} {server} {server} {server} {server} {server} {server}"] } } """, "3:16  Op25b:SmtpReply  the greeting has 531 bytes with the longest addresses, and 512 at most are sent; shorten \"Text\" or \"HelpUrl\"")]
    [InlineData("""  "Op25b": { "Phases": [{ "Name": "a", "From": "2008-04-01T11:00:00Z", "Mode": "Block", "Drain": 5 }] } """, "3:91  Op25b:Phases:0:Drain  'Drain' is not a key of a phase in this version; its keys are Name, From, Mode, Action, Only, Groups, SessionsPerMinute, OpenSessions, DrainSeconds")]
    [InlineData("""  "Op25b": { "Phases": [{ "Name": "a", "From": "2008-04-01T11:00:00Z", "Mode": "Block" }, { "Name": "b", "From": "2008-04-01T11:00:00Z", "Mode": "Off" }] } """, "3:108  Op25b:Phases:1:From  phase 'b' does not start after phase 'a' before it; put the phases in the order of their starts, no two at the same time")]
    public void Policy(string sections, string error) => AssertOne(sections, error);

    // One setting that breaks a valid configuration. The place is "--set KEY" where the value itself is wrong.
    [Theory]
    [InlineData("Interfaces:0:Name=LAN", "--set Interfaces:0:Name  Interfaces:0:Name  'LAN' is not an interface name; use 1 to 32 of the characters a-z, 0-9, - and _")]
    [InlineData("Interfaces:1:Name=lan", "--set Interfaces:1:Name  Interfaces:1:Name  'lan' is already the name of Interfaces:0; give each interface a name of its own")]
    [InlineData("Interfaces:0:Role=Lann", "--set Interfaces:0:Role  Interfaces:0:Role  'Lann' is not a role; use Lan, Servers or Wan")]
    [InlineData("Interfaces:0:Tap=0123456789abcdef", "--set Interfaces:0:Tap  Interfaces:0:Tap  '0123456789abcdef' is not a device name; use 1 to 15 bytes without white space, '/', ':' and '%'")]
    [InlineData("Interfaces:1:Tap=tap0", "--set Interfaces:1:Tap  Interfaces:1:Tap  'tap0' in the router's own namespace is already the TAP of 'lan'; give each interface a TAP of its own")]
    [InlineData("Interfaces:0:Mtu=575", "--set Interfaces:0:Mtu  Interfaces:0:Mtu  575 is out of range; use a whole number from 576 to 9216")]
    [InlineData("Interfaces:1:Mtu=1000", "--set Interfaces:1:Mtu  Interfaces:1:Mtu  1000 is too small for the interface's IPv6 address; use 1280 to 9216")]
    [InlineData("Interfaces:0:Buffers=100", "--set Interfaces:0:Buffers  Interfaces:0:Buffers  100 is not a power of two; use a power of two from 16 to 4096")]
    [InlineData("Interfaces:0:Mac=01:00:5e:00:00:01", "--set Interfaces:0:Mac  Interfaces:0:Mac  '01:00:5e:00:00:01' is a multicast MAC address; use one whose first byte is even")]
    [InlineData("Interfaces:0:Persist=maybe", "--set Interfaces:0:Persist  Interfaces:0:Persist  'maybe' is neither true nor false; use true or false")]
    [InlineData("Interfaces:0:Addresses:0=192.168.25.255/24", "--set Interfaces:0:Addresses:0  Interfaces:0:Addresses:0  '192.168.25.255' is the broadcast address of 192.168.25.0/24; use one of its host addresses")]
    [InlineData("Interfaces:0:Addresses:0=192.168.025.1/24", "--set Interfaces:0:Addresses:0  Interfaces:0:Addresses:0  '192.168.025.1/24' is not an address with its prefix length; write it as 192.168.25.1/24 or 2001:db8:25:1::1/64")]
    [InlineData("Interfaces:1:Addresses:0=192.168.25.1/24", "--set Interfaces:1:Addresses:0  Interfaces:1:Addresses:0  192.168.25.1 is already an address of 'lan'; use each address once")]
    [InlineData("Interfaces:1:Addresses:0=192.168.0.1/16", "--set Interfaces:1:Addresses:0  Interfaces:1:Addresses:0  192.168.0.0/16 overlaps 192.168.25.0/24 of 'lan'; give each interface a subnet of its own")]
    [InlineData("Interfaces:3:Name=x", "--set Interfaces:3:Name  Interfaces:3  leaves a gap: the list has no item 2; use index 2")]
    [InlineData("Interfaces:first:Name=x", "--set Interfaces:first:Name  Interfaces:first  'first' is not an index of a list; count the items from 0, as in Interfaces:0")]
    [InlineData("Interfaces=none", "--set Interfaces  Interfaces  is a list, not a value; set what is in it, as in Interfaces:0")]
    [InlineData("Interfaces:0:Name:x=y", "--set Interfaces:0:Name:x  Interfaces:0:Name:x  'x' is not a key: Interfaces:0:Name is a text; set Interfaces:0:Name itself")]
    [InlineData("Sessions:Timeouts:Udp=60", "--set Sessions:Timeouts:Udp  Sessions:Timeouts:Udp  60 is under the floor of 120 (RFC 4787 REQ-5); use a whole number from 120 to 604800")]
    [InlineData("Sessions:Timeouts:Icmp=59", "--set Sessions:Timeouts:Icmp  Sessions:Timeouts:Icmp  59 is under the floor of 60 (RFC 5508 REQ-2); use a whole number from 60 to 604800")]
    [InlineData("Sessions:Timeouts:TcpEstablished=3600", "--set Sessions:Timeouts:TcpEstablished  Sessions:Timeouts:TcpEstablished  3600 is under the floor of 7440 (RFC 5382 REQ-5); use a whole number from 7440 to 604800")]
    [InlineData("Sessions:Timeouts:TcpOpening=30", "--set Sessions:Timeouts:TcpOpening  Sessions:Timeouts:TcpOpening  30 is under the floor of 240 (RFC 5382 REQ-5); use a whole number from 240 to 604800")]
    [InlineData("Sessions:Timeouts:TcpClosing=604801", "--set Sessions:Timeouts:TcpClosing  Sessions:Timeouts:TcpClosing  604801 is out of range; use a whole number from 240 to 604800")]
    [InlineData("Metrics", "--set  'Metrics' sets nothing; write it as --set Op25b:Phases:0:Mode=Monitor")]
    [InlineData("Control:Socket=/run/op25b/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789/x", "--set Control:Socket  Control:Socket  the path has 113 bytes; a socket's path has 107 at most: choose a shorter one")]
    public void Settings(string setting, string error) => AssertLines([error], Errors(With(""), setting));

    [Fact]
    public void Back_ends_that_contradict_each_other() => AssertLines(
        ["--set Interfaces:1:Backend  Interfaces:1:Backend  Epoll is forced here, and IoUring by 'lan'; force the same back end, or leave it Auto"],
        Errors(With(""), "Interfaces:0:Backend=IoUring", "Interfaces:1:Backend=Epoll"));

    [Fact]
    public void Translation_without_an_outside() => AssertLines(
        ["router.jsonc:1:45  Nat  there is no Wan interface to translate at; give one interface the role Wan, or take Nat out"],
        Errors("""{ "Control": {}, "State": {}, "Sessions":{},"Nat": { "Addresses": ["203.0.113.2"] }, "Interfaces": [""" + Lan + "] }"));

    [Fact]
    public void The_same_tap_name_in_two_namespaces_is_none() => Assert.Empty(Errors(With(""), "Interfaces:1:Tap=tap0", "Interfaces:1:Namespace=other"));

    [Fact]
    public void The_environment_is_named_as_the_place() => Assert.Equal(
        "environment OP25B_ROUTER__Metrics__Listen  Metrics:Listen  '9125' is not an address and port; write it as 127.0.0.1:9125 or [::1]:9125",
        $"{Assert.Single(LoadWithEnvironment(With(""), ("OP25B_ROUTER__Metrics__Listen", "9125")).Errors)}");

    [Fact]
    public void Every_error_is_reported_at_once_in_the_files_order() => AssertLines(
        [
            "router.jsonc:2:20  Interfaces:0:Role  'Lann' is not a role; use Lan, Servers or Wan",
            "router.jsonc:2:51  Interfaces:0:Addresses:0  '10.0.0.1' has no prefix length; write it as 10.0.0.1/24",
            "router.jsonc:2:65  Interfaces:0:Tapp  'Tapp' is not a key of an interface; did you mean Tap?",
            "router.jsonc:4:16  Routes:0:Destination  '1.2.3.4/8' has host bits set; use 1.0.0.0/8, or 1.2.3.4 alone",
            "router.jsonc:5:25  Op25b:Phases:0:Name  is missing; a phase needs it: add \"Name\"",
            "router.jsonc:5:25  Op25b:Phases:0:From  is missing; a phase needs it: add \"From\"",
            "router.jsonc:5:27  Op25b:Phases:0:Mode  'On' is not a mode; use Off, Monitor, Limit or Block",
            "--set  'x' sets nothing; write it as --set Op25b:Phases:0:Mode=Monitor",
        ],
        Errors(
            """
            { "Interfaces": [
              { "Name": "lan", "Role": "Lann", "Addresses": [ "10.0.0.1" ], "Tapp": "tap0" },
              { "Name": "wan", "Role": "Wan", "Tap": "tap1", "Addresses": [ "203.0.113.2/24" ] } ],
              "Routes": [{ "Destination": "1.2.3.4/8", "Via": "9.9.9.9" }],
              "Op25b": { "Phases": [{ "Mode": "On" }] }, }
            """,
            "x"));

    private static void AssertOne(string sections, string error) => AssertLines([$"router.jsonc:{error}"], Errors(With(sections)));
}
