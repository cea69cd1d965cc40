using NixRemote.Tests.TestBed;

namespace NixRemote.Benchmarks;

/// <summary>From the client's store to the store of the builder with the newest Nix.</summary>
internal sealed class CopyCase : BenchmarkCase
{
    private const string _builder = "b234";

    /// <summary>The shell script that makes the paths on the client and prints them; <c>$1</c> is a text of this run only.</summary>
    public required string Script { get; init; }

    /// <summary>Many tiny paths.</summary>
    public static CopyCase Tiny(int count, string protocol) => new()
    {
        Name = $"copy-{count}",
        Protocol = protocol,
        Script = $"cd $(mktemp -d) && for i in $(seq {count}); do echo \"$1 $i\" > tiny-$i; done && nix-store --add * && rm -r $PWD",
    };

    /// <summary>One large path that does not compress.</summary>
    public static CopyCase Large(string name, int mebibytes, string protocol) => new()
    {
        Name = name,
        Protocol = protocol,
        Script = $"cd $(mktemp -d) && head -c {mebibytes}M /dev/urandom > large && nix-store --add large && rm -r $PWD",
    };

    public override async Task<IReadOnlyList<string>> PrepareAsync(NixTestBed bed) =>
        (await bed.ExecAsync(bed.Client, "sh", "-ec", Script, "sh", Nonce.Next())).Succeeded().Split('\n');

    public override IReadOnlyList<IReadOnlyList<string>> StockCommands(NixTestBed bed, IReadOnlyList<string> input) =>
        [.. new[] { "ssh", "ssh-ng" }.Select(protocol => (string[])["nix", "copy", "--no-check-sigs", "--to", $"{protocol}://{_builder}", .. input])];

    public override string Statement(NixTestBed bed) =>
        $"Copy-NixClosure -To '{Protocol}://{_builder}' -Path $paths -ErrorAction Stop";

    public override async Task VerifyAsync(NixTestBed bed, IReadOnlyList<string> input) =>
        (await bed.ExecAsync(_builder, ["nix-store", "--verify-path", .. input])).Succeeded();

    public override async Task CleanAsync(NixTestBed bed, IReadOnlyList<string> input)
    {
        foreach (var node in new[] { _builder, bed.Client })
        {
            (await bed.ExecAsync(node, ["nix-store", "--delete", .. input])).Succeeded();
        }
    }
}
