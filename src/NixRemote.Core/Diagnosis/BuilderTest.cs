using System.Text.RegularExpressions;
using NixRemote.Builders;
using NixRemote.Diagnosis.Checks;
using NixRemote.Stores;

namespace NixRemote.Diagnosis;

/// <summary>Finds out whether a builder can be used, what it is, and what is wrong with it.</summary>
public static partial class BuilderTest
{
    /// <summary>The checks, in their order.</summary>
    internal static IReadOnlyList<IBuilderCheck> Checks { get; } =
    [
        new ConfigurationCheck(),
        new NameResolutionCheck(),
        new TcpCheck(),
        new SshHandshakeCheck(),
        new HostKeyCheck(),
        new AuthenticationCheck(),
        new RemoteProgramCheck(),
        new CleanChannelCheck(),
        new ProtocolHandshakeCheck(),
        new TrustCheck(),
        new StoreCheck(),
        new SystemsAndFeaturesCheck(),
        new ClockCheck(),
        new FreeSpaceCheck(),
        new BuildCheck(),
    ];

    /// <summary>Makes the checks in order; those that make no sense after one that failed are skipped. What is wrong is a result, not an exception.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="stores">Opens its store.</param>
    /// <param name="open">What its entry says of how to open it.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="cancellationToken">Ends the test; nothing is left behind.</param>
    public static async Task<NixBuilderTestResult> RunAsync(
        NixBuilder builder, StoreFactory stores, StoreOpenOptions open, BuilderTestOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(stores);
        await using var examination = new BuilderExamination(builder, stores, open, options);
        var done = new List<NixBuilderCheck>();
        foreach (var check in Checks)
        {
            done.Add(done.Find(d => d.Result == BuilderCheckResult.Failed && d.Name <= check.Needs) is { } blocking
                ? NixBuilderCheck.Skipped(check.Name, $"Not tried, since {blocking.Name} failed.")
                : await RunAsync(check, examination, cancellationToken).ConfigureAwait(false));
        }

        return Judge(examination, done);
    }

    private static async Task<NixBuilderCheck> RunAsync(IBuilderCheck check, BuilderExamination examination, CancellationToken cancellationToken)
    {
        NixBuilderCheck result;
        try
        {
            result = await check.RunAsync(examination, cancellationToken).ConfigureAwait(false);
        }
        catch (NixRemoteException failure)
        {
            result = NixBuilderCheck.Failed(check.Name, failure);
        }

        if (result.Error?.ToException() is { } error)
        {
            error.Builder ??= examination.Builder.Name;
        }

        return result;
    }

    private static NixBuilderTestResult Judge(BuilderExamination examination, List<NixBuilderCheck> checks)
    {
        var worst = checks.Find(c => c.Result == BuilderCheckResult.Failed) ?? checks.Find(c => c.Result == BuilderCheckResult.Warning);
        var facts = examination.Report?.Facts;
        var (implementation, version) = Implementation(facts?.Version);
        return new NixBuilderTestResult
        {
            Builder = examination.Builder,
            Status = worst?.Result switch
            {
                BuilderCheckResult.Failed => BuilderTestStatus.Failed,
                BuilderCheckResult.Warning => BuilderTestStatus.Warning,
                _ => BuilderTestStatus.Passed,
            },
            Checks = checks,
            Reachable = Answer(BuilderCheckName.Tcp, BuilderCheckName.NameResolution),
            Authenticated = Answer(BuilderCheckName.Authentication, BuilderCheckName.Authentication),
            HostKey = examination.Session?.HostKeyFingerprint is { Length: > 0 } fingerprint ? fingerprint : null,
            Protocol = examination.StoreInfo?.Protocol,
            ProtocolVersion = examination.StoreInfo?.Version,
            Implementation = implementation,
            NixVersion = version ?? examination.StoreInfo?.NixVersion,
            Trusted = examination.Trust,
            Latency = examination.Latency,
            ConnectTime = examination.StoreInfo is null ? null : examination.ConnectTime,
            Facts = facts,
            Message = worst?.Message ?? "It can build.",
            RecommendedAction = worst?.RecommendedAction ?? "",
            Error = worst?.Result == BuilderCheckResult.Failed ? worst.Error : null,
        };

        bool? Answer(BuilderCheckName check, BuilderCheckName first) =>
            checks.Exists(c => c.Result == BuilderCheckResult.Failed && c.Name >= first && c.Name <= check) ? false
            : checks.Exists(c => c.Result == BuilderCheckResult.Passed && c.Name == check) ? true
            : null;
    }

    /// <summary>What a Nix is called, and its version, by what its program says of itself; nulls if it says something else.</summary>
    internal static (string? Name, string? Version) Implementation(string? line) =>
        Version().Match(line ?? "") is { Success: true } match ? (match.Groups["name"].Value, match.Groups["version"].Value) : (null, null);

    // "nix-store (Nix) 2.34.8", "nix-store (Lix, like Nix) 2.95.3", "nix-store (Determinate Nix 3.11.2) 2.31.1"
    [GeneratedRegex(@"^nix-store \((?<name>[^),]+?)( \d[\w.]*)?(,[^)]*)?\) (?<version>\S+)")]
    private static partial Regex Version();
}
