using NixRemote.Tests.TestBed;

namespace NixRemote.Benchmarks;

/// <summary>From .drv paths to outputs that are valid in the client's store, built on all builders.</summary>
internal sealed class BuildCase : BenchmarkCase
{
    /// <summary>Makes a Nix expression of the goals from a text that no other run has.</summary>
    public required Func<string, string> Expression { get; init; }

    /// <summary>Many derivations that need nothing.</summary>
    public static BuildCase Wide(int count, string protocol) => new()
    {
        Name = $"wide-{count}",
        Protocol = protocol,
        Expression = nonce => $$"""
            builtins.genList (i: derivation {
              name = "wide-${toString i}"; system = builtins.currentSystem; builder = "/bin/sh";
              args = [ "-c" "echo {{nonce}} ${toString i} > $out" ];
            }) {{count}}
            """,
    };

    /// <summary>Derivations each of which needs the one before.</summary>
    public static BuildCase Chain(int count, string protocol) => new()
    {
        Name = $"chain-{count}",
        Protocol = protocol,
        Expression = nonce => $$"""
            builtins.foldl' (previous: i: derivation {
              name = "chain-${toString i}"; system = builtins.currentSystem; builder = "/bin/sh"; inherit previous;
              args = [ "-c" "echo {{nonce}} $previous > $out" ];
            }) "none" (builtins.genList (i: i) {{count}})
            """,
    };

    public override Task<IReadOnlyList<string>> PrepareAsync(NixTestBed bed) => bed.InstantiateAllAsync(Expression(Nonce.Next()));

    public override IReadOnlyList<IReadOnlyList<string>> StockCommands(NixTestBed bed, IReadOnlyList<string> input) =>
        [["nix-store", "--realise", .. input, "-j0", "--builders", "@" + Machines(bed)]];

    public override string Statement(NixTestBed bed) =>
        $"Invoke-NixRemoteBuild -DerivationPath $paths -Builder (Get-NixBuilder -Path '{Machines(bed)}') -ErrorAction Stop";

    public override async Task VerifyAsync(NixTestBed bed, IReadOnlyList<string> input)
    {
        var outputs = (await bed.ExecAsync(bed.Client, ["nix-store", "--query", "--outputs", .. input])).Succeeded().Split('\n');
        (await bed.ExecAsync(bed.Client, ["nix-store", "--verify-path", .. outputs])).Succeeded();
    }

    private string Machines(NixTestBed bed) => bed.MachinesFile(Protocol == "ssh" ? MachinesKind.Ssh : MachinesKind.SshNg);
}
