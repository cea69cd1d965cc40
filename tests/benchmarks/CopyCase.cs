using System.Globalization;
using NixRemote.Tests.TestBed;

namespace NixRemote.Benchmarks;

/// <summary>Closures from store to store: between the client's and the builder's with the newest Nix, or between builders.</summary>
internal sealed class CopyCase : BenchmarkCase
{
    /// <summary>The builder of all cases; the one of a relay's other end is <see cref="_otherBuilder"/>.</summary>
    private const string _builder = "b234";
    private const string _otherBuilder = "b226";

    /// <summary>Where the tiny files lie that paths are made of, until all is measured.</summary>
    private const string _tinyFolders = "/tmp/nixremote-bench.";

    /// <summary>The shell script that makes the paths where they come from and prints the roots of the closure; <c>$1</c> is a text of
    /// this run only.</summary>
    public required string Script { get; init; }

    /// <summary>The builder that the paths come from; null: the client.</summary>
    public string? From { get; init; }

    /// <summary>The builder that they go to; null: the client.</summary>
    public string? To { get; init; } = _builder;

    /// <summary>Whether all is there before the clock starts.</summary>
    public bool IsThere { get; init; }

    /// <summary>The round trip to the builder in milliseconds; 0: as it is.</summary>
    public int RoundTrip { get; init; }

    /// <summary>Whether stock Nix must use the same protocol; else the faster one counts.</summary>
    public bool IsSameProtocol { get; init; }

    /// <summary>Many tiny paths.</summary>
    public static CopyCase Tiny(int count, string protocol) => new() { Name = $"copy-{count}", Protocol = protocol, Script = TinyFiles(count), HasManyPaths = true };

    /// <summary>The same, but all are there already.</summary>
    public static CopyCase TinyThere(int count, string protocol) =>
        new() { Name = $"copy-{count}-there", Protocol = protocol, Script = TinyFiles(count), HasManyPaths = true, IsThere = true };

    /// <summary>Small paths over a long way, on the same protocol.</summary>
    public static CopyCase Small(int count, int roundTrip, string protocol) => new()
    {
        Name = $"rtt{roundTrip}-{count}-{protocol}",
        Protocol = protocol,
        Script = Files(count, "3K"),
        HasManyPaths = true,
        RoundTrip = roundTrip,
        IsSameProtocol = true,
    };

    /// <summary>One large path that does not compress, to the builder.</summary>
    public static CopyCase Large(string name, int mebibytes, string protocol, int roundTrip = 0) =>
        new() { Name = name, Protocol = protocol, Script = Files(1, $"{mebibytes}M"), RoundTrip = roundTrip };

    /// <summary>The same, from the builder.</summary>
    public static CopyCase LargeDown(string name, int mebibytes, string protocol, int roundTrip = 0) =>
        new() { Name = name, Protocol = protocol, Script = Files(1, $"{mebibytes}M"), RoundTrip = roundTrip, From = _builder, To = null };

    /// <summary>Some large paths over a long way to the builder.</summary>
    public static CopyCase SeveralLarge(string name, int count, int mebibytes, string protocol, int roundTrip) =>
        new() { Name = name, Protocol = protocol, Script = Files(count, $"{mebibytes}M"), RoundTrip = roundTrip };

    /// <summary>One large path from builder to builder.</summary>
    public static CopyCase Relay(string name, int mebibytes, string protocol) =>
        new() { Name = name, Protocol = protocol, Script = Files(1, $"{mebibytes}M"), From = _otherBuilder };

    /// <summary>A closure with a chain of references: each path of a level refers to two of the level below.</summary>
    public static CopyCase Closure(string name, int levels, int width, string protocol) => new()
    {
        Name = name,
        Protocol = protocol,
        HasManyPaths = true,
        Script =
            $$"""
            nix-instantiate --eval --strict --json --read-write-mode --argstr run "$1" -E '{ run }:
              let
                at = list: i: builtins.elemAt list (i - i / {{width}} * {{width}});
                level = below: n: builtins.genList (i: builtins.toFile "l${toString n}-${toString i}"
                  (if n == 0 then "${run} ${toString i}" else "${at below i} ${at below (i + 1)}")) {{width}};
              in builtins.foldl'"'"' level [] (builtins.genList (n: n) {{levels}})' | tr -d '[]"' | tr ',' '\n'
            """,
    };

    public override async Task<IReadOnlyList<string>> PrepareAsync(NixTestBed bed)
    {
        var roots = (await bed.ExecAsync(From ?? bed.Client, "sh", "-ec", Script, "sh", Nonce.Next())).Succeeded().Split('\n');
        if (IsThere)
        {
            (await bed.ExecAsync(bed.Client, [.. StockCommands(bed, roots)[0]])).Succeeded();
        }

        return roots;
    }

    public override IReadOnlyList<IReadOnlyList<string>> StockCommands(NixTestBed bed, IReadOnlyList<string> input) =>
        [.. (IsSameProtocol ? new[] { Protocol } : ["ssh", "ssh-ng"]).Select(protocol => (string[])
        [
            "env", $"NIX_SSHOPTS=-F {ConfigFile(bed)}", "nix", "copy", "--no-check-sigs",
            .. Option("--from", Store(bed, From, protocol)), .. Option("--to", Store(bed, To, protocol)), .. input,
        ])];

    public override string Statement(NixTestBed bed)
    {
        string[] words =
        [
            "Copy-NixClosure", .. Option("-From", Store(bed, From, Protocol)), .. Option("-To", Store(bed, To, Protocol)),
            "-SshConfigFile", $"'{ConfigFile(bed)}'", "-Path", "$paths", "-ErrorAction", "Stop",
        ];
        return string.Join(' ', words);
    }

    public override async Task<(int Paths, long Bytes)?> SizeAsync(NixTestBed bed, IReadOnlyList<string> input)
    {
        var sizes = (await bed.ExecAsync(From ?? bed.Client, ["sh", "-ec", "nix-store -qR \"$@\" | xargs nix-store -q --size", "sh", .. input])).Succeeded().Split('\n');
        return (sizes.Length, sizes.Sum(s => long.Parse(s, CultureInfo.InvariantCulture)));
    }

    public override async Task VerifyAsync(NixTestBed bed, IReadOnlyList<string> input) =>
        (await bed.ExecAsync(To ?? bed.Client, ["sh", "-ec", "nix-store -qR \"$@\" | xargs nix-store --verify-path", "sh", .. input])).Succeeded();

    public override async Task CleanAsync(NixTestBed bed, IReadOnlyList<string> input)
    {
        foreach (var node in new[] { To, From })
        {
            // Those that refer to others first: a long list is deleted in several calls.
            (await bed.ExecAsync(node ?? bed.Client, ["sh", "-ec", "nix-store -qR \"$@\" | tac | xargs nix-store --delete", "sh", .. input])).Succeeded();
            (await bed.ExecAsync(node ?? bed.Client, "sh", "-ec", $"rm -rf {_tinyFolders}*")).Succeeded();
        }
    }

    private static string TinyFiles(int count) =>
        $"cd $(mktemp -d {_tinyFolders}XXXXXX) && for i in $(seq {count}); do echo \"$1 $i\" > tiny-$i; done && nix-store --add *";

    private static string Files(int count, string size) =>
        $"cd $(mktemp -d) && for i in $(seq {count}); do head -c {size} /dev/urandom > file-$i; done && nix-store --add * && rm -r $PWD";

    private static string[] Option(string name, string? value) => value is null ? [] : [name, value];

    private string ConfigFile(NixTestBed bed) => RoundTrip == 0 ? bed.SshConfigFile : SlowLink.To(bed, _builder, RoundTrip).ConfigFile;

    private string? Store(NixTestBed bed, string? node, string protocol) =>
        node is null ? null : $"{protocol}://{(RoundTrip == 0 ? node : SlowLink.To(bed, node, RoundTrip).Host)}";
}
