using System.Globalization;
using NixRemote.Builders;
using NixRemote.Stores;

namespace NixRemote.Tests.Builders;

/// <summary>Makes random sets of builders: most of them plain, the others with every character that their fields may have.</summary>
internal sealed class BuilderGenerator(int seed)
{
    private static readonly string[] _systems = ["x86_64-linux", "aarch64-linux", "i686-linux", "x86_64-darwin", "my-own", "-", "a=b"];
    private static readonly string[] _features = ["kvm", "big-parallel", "benchmark", "nixos-test", "gccarch-skylake", "-"];
    private static readonly string[] _parameters = ["ssh-key", "compress", "remote-program", "remote-store", "max-connections", "system-features", "a", "b"];
    private static readonly double[] _speeds = [1, 2, 10, 0.5, 1.5, 1e-5, 3.25e20, 123456.789, 0.1];

    // Every group of characters that some format gives a meaning to, and letters of all lengths in UTF-8.
    private const string Nasty = " \t\r\n#;,@=-\"'\\$ {}[]().?&%/:*~`|<>!^\u0001\u007f\u0085\u00a0é€漢\ufeff\u2028";

    private readonly Random _random = new(seed);

    /// <summary>0 to 4 builders with different names.</summary>
    public List<NixBuilder> Set()
    {
        var builders = new List<NixBuilder>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var count = _random.Next(5); count > 0; count--)
        {
            var builder = Builder();
            while (!names.Add(builder.Name))
            {
                builder = builder with { Name = builder.Name + "x" };
            }

            builders.Add(builder);
        }

        return builders;
    }

    private NixBuilder Builder()
    {
        var uri = StoreUri.Parse(Uri());
        var systems = Chance(4) ? null : Words(_systems);
        return new NixBuilder(uri)
        {
            Name = Chance(3) ? BuilderNames.FromUri(uri) : Chance(2) ? $"m{_random.Next(1000)}" : Text(),
            Systems = systems ?? ["local-system"],
            SystemsAreDefault = systems is null,
            SshKey = Chance(2) ? null : Chance(8) ? Text() is { Length: > 0 } key ? key : "-" : "/root/.ssh/id_" + _random.Next(100).ToString(CultureInfo.InvariantCulture),
            MaxJobs = Chance(3) ? 1 : Chance(10) ? int.MaxValue : _random.Next(64),
            SpeedFactor = _speeds[_random.Next(_speeds.Length)],
            SupportedFeatures = Chance(2) ? [] : Words(_features),
            MandatoryFeatures = Chance(2) ? [] : Words(_features),
            PublicHostKey = Chance(2) ? null : Chance(6) ? HostKey() : "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJYfqESaiQlOrL3Wm1Q9s9q8b4mjj2nIuyqCZub5aGPi root@h",
            Enabled = !Chance(8),
            Comments = Chance(2) ? EntryComments.None : Comments(),
        };
    }

    private string Uri()
    {
        var query = Chance(3) ? Query() : "";
        return _random.Next(12) switch
        {
            0 => "auto" + query,
            1 => "daemon" + query,
            2 => "local" + query,
            3 => "/" + Text().Replace("?", "", StringComparison.Ordinal).Replace("://", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal) is var path &&
                !path.Any(c => c is < ' ' or '\x7f') ? path + query : "/srv/x",
            4 => "unix:///run/" + Escape(Text()) + query,
            5 => "ssh-ng://[fe80::" + _random.Next(1, 9999).ToString(CultureInfo.InvariantCulture) + (Chance(2) ? "%25eth0" : "") + "]" + (Chance(2) ? ":22" : "") + query,
            6 => "ssh://" + (Chance(2) ? "nix@" : "") + "::1" + query,
            7 => "s3://bucket" + query,
            8 => "ssh://" + Escape("u" + Text()) + "@" + "h" + Host() + query,
            _ => (Chance(2) ? "ssh://" : "ssh-ng://") + (Chance(2) ? "nix@" : "") + "h" + Host() + (Chance(4) ? $":{_random.Next(1, 65536)}" : "") + query,
        };
    }

    private string Host() => $"{_random.Next(50)}{(Chance(2) ? ".example.org" : "")}{(Chance(10) ? "%2D_é" : "")}";

    private string Query()
    {
        var pairs = Enumerable.Range(0, _random.Next(1, 4)).Select(_ =>
            _parameters[_random.Next(_parameters.Length)] + "=" + (Chance(5) ? "raw value \"x\";#,y" : Escape(Text())));
        return "?" + string.Join('&', pairs);
    }

    private string HostKey() => HostKeyText.FromBase64(Convert.ToBase64String(Enumerable.Range(0, _random.Next(1, 20)).Select(_ => (byte)_random.Next(256)).ToArray()))!;

    private List<string> Words(string[] common)
    {
        var words = new List<string>();
        for (var count = _random.Next(4); count > 0; count--)
        {
            var word = Chance(12) ? Text() : common[_random.Next(common.Length)];
            if (!words.Contains(word))
            {
                words.Add(word);
            }
        }

        return words;
    }

    private EntryComments Comments()
    {
        var lines = new List<string>();
        for (var count = _random.Next(4); count > 0; count--)
        {
            lines.Add(Comment());
            if (Chance(4))
            {
                lines.Add("");
            }
        }

        return new EntryComments(lines, Chance(2) ? null : Comment());
    }

    private string Comment() => CommentLines.One($"# {Text()}") is { Length: > 1 } comment ? comment : "#";

    private string Text()
    {
        var characters = new List<string>();
        for (var count = _random.Next(10); count > 0; count--)
        {
            characters.Add(_random.Next(3) switch
            {
                0 => Nasty[_random.Next(Nasty.Length)].ToString(),
                1 => char.ConvertFromUtf32(_random.Next(20) == 0 ? 0x1f600 : _random.Next('a', 'z' + 1)),
                _ => ((char)_random.Next('0', 'Z' + 1)).ToString(),
            });
        }

        return string.Concat(characters);
    }

    private static string Escape(string text) => System.Uri.EscapeDataString(text);

    private bool Chance(int of) => _random.Next(of) == 0;
}
