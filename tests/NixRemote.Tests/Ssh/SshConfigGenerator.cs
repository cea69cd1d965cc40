using System.Globalization;
using System.Text;

namespace NixRemote.Tests.Ssh;

/// <summary>Writes ssh_config files at random, with the options that a connection depends on and all ways to nest them.</summary>
/// <param name="seed">The same seed gives the same files.</param>
/// <param name="folder">Where included files are.</param>
internal sealed class SshConfigGenerator(int seed, string folder)
{
    private static readonly string[] _hosts = ["box", "Box", "box.example", "a.example", "b12", "10.0.0.7", "other"];
    private static readonly string[] _ciphers = ["aes128-ctr", "aes256-ctr", "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"];
    private static readonly string[] _macs = ["hmac-sha2-256", "hmac-sha2-512", "hmac-sha2-256-etm@openssh.com", "hmac-sha1"];
    private static readonly string[] _keyExchanges = ["curve25519-sha256", "ecdh-sha2-nistp256", "diffie-hellman-group16-sha512", "diffie-hellman-group14-sha256"];
    private static readonly string[] _hostKeys = ["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256", "ecdsa-sha2-nistp256"];

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, string> _files = [];
    private readonly StringBuilder _text = new();
    private int _included;

    /// <summary>Writes one.</summary>
    /// <returns>The file's text, the files that it includes, the host, and options of the command line.</returns>
    public (string Text, IReadOnlyDictionary<string, string> Files, string Host, string Arguments) Next()
    {
        Blocks(depth: 0);
        return (_text.ToString(), _files, Pick(_hosts), Arguments());
    }

    private void Blocks(int depth)
    {
        Lines(_random.Next(4), depth, "");
        for (var blocks = _random.Next(1, 6); blocks > 0; blocks--)
        {
            _text.Append(_random.Next(3) == 0 ? Match() : Host()).Append('\n');
            Lines(_random.Next(1, 6), depth, Pick("  ", "\t", ""));
        }
    }

    private void Lines(int count, int depth, string indent)
    {
        for (; count > 0; count--)
        {
            if (_random.Next(12) == 0)
            {
                _text.Append(indent).Append(Pick("# a comment", "", "   # one more")).Append('\n');
            }

            if (depth < 2 && _random.Next(10) == 0)
            {
                Include(depth, indent);
                continue;
            }

            var (keyword, value) = Setting();
            _text.Append(indent).Append(Case(keyword)).Append(Pick(" ", "  ", "=", " = ", "\t")).Append(value).Append(Pick("", "", " ", "\t")).Append('\n');
        }
    }

    private void Include(int depth, string indent)
    {
        var name = $"part{++_included}";
        var inner = new SshConfigGenerator(_random.Next(), folder) { _included = _included * 10 };
        inner.Blocks(depth + 1);
        _files[name] = inner._text.ToString();
        foreach (var (file, text) in inner._files)
        {
            _files[file] = text;
        }

        _text.Append(indent).Append(Case("Include")).Append(' ').Append(folder).Append('/').Append(Pick(name, name, $"{name}*", $"missing {folder}/{name}")).Append('\n');
    }

    private string Host() => Case("Host") + " " + string.Join(Pick(" ", "  "), Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Pattern()));

    private string Pattern() => (_random.Next(6) == 0 ? "!" : "") + Pick("*", "box", "Box", "box*", "*.example", "b??", "10.0.*", "?*", "other", "nobody", "\"box\"");

    private string Match()
    {
        if (_random.Next(6) == 0)
        {
            return Case("Match") + " all";
        }

        var criteria = Enumerable.Range(0, _random.Next(1, 3)).Select(_ => (_random.Next(5) == 0 ? "!" : "") + Pick(
            "host box", "host *.example,box", "host b*,!box", "originalhost box", "originalhost *", "user me", "user root,me,you*", "localuser *",
            "localuser nobody-here", "final", "host=10.0.*", "originalhost B*"));
        return Case("Match") + " " + string.Join(' ', criteria);
    }

    private (string Keyword, string Value) Setting() => _random.Next(30) switch
    {
        0 => ("HostName", Pick("real.example", "10.0.0.7", "%h.internal", "H.Example", "fe80::1%%eth0", "box")),
        1 or 2 => ("Port", Number(1, 65536)),
        3 or 4 => ("User", Pick("me", "you", "\"two words\"", "dom\\me", "'x'")),
        5 or 6 => ("IdentityFile", Pick("~/.ssh/one", "/keys/a", "/keys/b", "\"/key s/c\"", "none")),
        7 => ("IdentitiesOnly", Flag()),
        8 => ("IdentityAgent", Pick("/run/%u/agent", "~/agent", "none", "/a/%h-%p-%r-%n-%i-%d-%%-%L-%l-%k", "/c/%C", "SSH_AUTH_SOCK")),
        9 => ("CertificateFile", Pick("~/.ssh/one-cert.pub", "/certs/a", "/certs/b")),
        10 => ("UserKnownHostsFile", Pick("~/known", "/a /b", "/k/%h-%r", "none", "\"/a b\" /c", "/k/%C")),
        11 => ("GlobalKnownHostsFile", Pick("/etc/k", "/a /b")),
        12 => ("HostKeyAlias", Pick("real", "Real.Example")),
        13 => ("StrictHostKeyChecking", Pick("yes", "no", "ask", "accept-new", "off", "Accept-New")),
        14 => ("HostKeyAlgorithms", Algorithms(_hostKeys)),
        15 => ("Ciphers", Algorithms(_ciphers)),
        16 => ("MACs", Algorithms(_macs)),
        17 => ("KexAlgorithms", Algorithms(_keyExchanges)),
        18 or 19 => ("ProxyJump", Pick("gate", "me@gate", "gate:2222", "me@gate:2222,second", "none", "10.0.0.1", "[::1]:22", "ssh://you@gate:24", "a,b,c")),
        20 => ("ProxyCommand", Pick("nc %h %p", "nc -X \"connect\" %h %p # all", "none", "ssh -W %h:%p gate")),
        21 => ("ConnectTimeout", Pick("5", "1m30s", "none", "2h")),
        22 => ("ConnectionAttempts", Number(1, 10)),
        23 => ("ServerAliveInterval", Pick("30", "2m", "0")),
        24 => ("ServerAliveCountMax", Number(0, 9)),
        25 => ("Compression", Pick("yes", "no", "Yes")),
        26 => ("AddressFamily", Pick("any", "inet", "inet6", "INET")),
        27 => ("BindAddress", Pick("127.0.0.1", "10.1.1.1", "::1")),
        28 => ("HashKnownHosts", Flag()),
        _ => ("ForwardAgent", Flag()),
    };

    private string Algorithms(string[] all)
    {
        var chosen = all.OrderBy(_ => _random.Next()).Take(_random.Next(1, all.Length)).ToList();
        return Pick("", "+", "-", "^") is var sign && sign == "-" && _random.Next(2) == 0 ? "-" + chosen[0].Split('-')[0] + "-*" : sign + string.Join(',', chosen);
    }

    private string Arguments()
    {
        var words = Enumerable.Range(0, _random.Next(3)).Select(_ => Pick(
            "-p 99", "-l me", "-C", "-4", "-6", $"-i {folder}/config", "-J gate,last", "-o Port=98", "-o \"User you\"", "-oStrictHostKeyChecking=no", "-b 127.0.0.1",
            "-o IdentitiesOnly=yes", "-c aes256-ctr", "-m hmac-sha2-512", "-o \"ProxyCommand nc %h %p\"", "-oAddressFamily=inet", "-oCompression=no", "-q", "-x"));
        return string.Join(' ', words);
    }

    private string Flag() => Pick("yes", "no", "Yes", "true", "false");

    private string Number(int least, int most) => _random.Next(least, most).ToString(CultureInfo.InvariantCulture);

    private string Case(string keyword) => _random.Next(5) switch { 0 => keyword.ToLowerInvariant(), 1 => keyword.ToUpperInvariant(), _ => keyword };

    private string Pick(params string[] values) => values[_random.Next(values.Length)];
}
